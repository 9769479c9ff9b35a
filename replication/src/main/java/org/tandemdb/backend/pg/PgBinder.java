package org.tandemdb.backend.pg;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PGobject;
import org.tandemdb.entry.TypeRef;
import org.tandemdb.entry.Value;

/** Binds logged values with the types that the primary's client gave them. */
final class PgBinder {

  private PgBinder() {}

  static void bind(PreparedStatement statement, int index, Value value) throws SQLException {
    bind(statement, index, value.type(), value.text());
  }

  /** The common types without an object in between; the others as text of their type. */
  static void bind(PreparedStatement statement, int index, TypeRef type, @Nullable String text)
      throws SQLException {
    switch (type.name()) {
      case "int4" -> {
        if (text == null) {
          statement.setNull(index, Types.INTEGER);
        } else {
          statement.setInt(index, Integer.parseInt(text));
        }
      }
      case "int8" -> {
        if (text == null) {
          statement.setNull(index, Types.BIGINT);
        } else {
          statement.setLong(index, Long.parseLong(text));
        }
      }
      case "varchar" -> {
        if (text == null) {
          statement.setNull(index, Types.VARCHAR);
        } else {
          statement.setString(index, text);
        }
      }
      case "unknown" -> {
        if (text == null) {
          statement.setNull(index, Types.NULL);
        } else {
          statement.setObject(index, text, Types.OTHER);
        }
      }
      default -> {
        PGobject object = new PGobject();
        object.setType(type.name());
        object.setValue(text);
        statement.setObject(index, object);
      }
    }
  }
}
