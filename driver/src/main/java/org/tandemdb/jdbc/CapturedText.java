package org.tandemdb.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.TypeRef;

/**
 * Reads a captured value as the server's own text.
 *
 * <p>pgjdbc asks for binary results once a statement is prepared at the server, and its text of
 * those is not the server's for every type: of bytea it is Java's name of an array, timetz loses
 * its zone, arrays lose their lower bounds. Only types whose text is known to come out equal in
 * value may be read from such a statement; {@link #needsTextResults} tells.
 */
enum CapturedText {
  PLAIN {
    @Override
    @Nullable String read(ResultSet rows, int column) throws SQLException {
      return rows.getString(column);
    }
  },
  BYTEA {
    @Override
    @Nullable String read(ResultSet rows, int column) throws SQLException {
      byte[] bytes = rows.getBytes(column);
      return bytes == null ? null : "\\x" + HexFormat.of().formatHex(bytes);
    }
  };

  private static final Set<String> SAME_FROM_BINARY =
      Set.of(
          "bool",
          "int2",
          "int4",
          "int8",
          "float4",
          "float8",
          "numeric",
          "text",
          "varchar",
          "bpchar",
          "name",
          "uuid",
          "date",
          "time",
          "timestamp",
          "timestamptz",
          "json",
          "jsonb",
          "bytea");

  abstract @Nullable String read(ResultSet rows, int column) throws SQLException;

  static CapturedText of(TypeRef type) {
    return type.name().equals("bytea") ? BYTEA : PLAIN;
  }

  /** True if the statement must not become one that answers in binary. */
  static boolean needsTextResults(List<Change.Column> hidden) {
    for (int i = 0; i < hidden.size(); i++) {
      if (!SAME_FROM_BINARY.contains(hidden.get(i).type().name())) {
        return true;
      }
    }
    return false;
  }
}
