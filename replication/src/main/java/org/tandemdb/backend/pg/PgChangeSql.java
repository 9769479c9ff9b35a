package org.tandemdb.backend.pg;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.TableName;

/** The statement that applies a change: its own text, or one keyed statement for each row. */
final class PgChangeSql {
  /** As a number of rows: one array for each column, whatever their length. */
  static final int ARRAYS = 0;

  /** By the names of the catalog, and by those of {@code format_type}. */
  private static final Set<String> PLAIN_TYPES =
      Set.of(
          "bool",
          "boolean",
          "int2",
          "smallint",
          "int4",
          "integer",
          "int8",
          "bigint",
          "numeric",
          "float4",
          "real",
          "float8",
          "double precision",
          "text",
          "varchar",
          "character varying",
          "bytea",
          "uuid",
          "json",
          "jsonb",
          "date",
          "timestamp",
          "timestamp without time zone",
          "timestamptz",
          "timestamp with time zone",
          "interval");

  private PgChangeSql() {}

  static String of(Change change) {
    if (change instanceof Change.Statement statement) {
      return statement.sql();
    }
    if (change instanceof Change.FinalRows rows) {
      return rows.keys().isEmpty() ? insert(rows.inserts(), 1) : deleteFinal(rows, 1);
    }
    return several((Change.Rows) change, 1);
  }

  /**
   * Deletes {@code count} rows, of this table alone: rows of those that inherit from it have
   * changes of their own.
   *
   * @param count or {@link #ARRAYS}
   */
  static String deleteFinal(Change.FinalRows rows, int count) {
    String sql = "DELETE FROM ONLY " + name(rows.table());
    return count == 1 ? sql + where(rows.keyColumns()) : sql + in(rows.keyColumns(), count);
  }

  /**
   * Changes {@code count} rows; their parameters follow one another.
   *
   * @param count or {@link #ARRAYS}
   */
  static String several(Change.Rows rows, int count) {
    return switch (rows.kind()) {
      case INSERT -> insert(rows, count);
      case UPDATE -> count == 1 ? update(rows) : updateSeveral(rows, count);
      case UPSERT -> upsert(rows);
      case DELETE ->
          "DELETE FROM "
              + name(rows.table())
              + (count == 1 ? where(rows.keyColumns()) : in(rows.keyColumns(), count));
    };
  }

  /** Whether {@link #ARRAYS} can be asked for: elements of an array are separated by a comma. */
  static boolean fitArrays(List<Change.Column> keys, List<Change.Column> columns) {
    return Stream.concat(keys.stream(), columns.stream())
        .allMatch(column -> PLAIN_TYPES.contains(column.type().name()));
  }

  /** An array of the n-th values of these rows, as the server reads one. */
  static String array(List<Change.Row> rows, int n) {
    StringBuilder out = new StringBuilder(rows.size() * 12).append('{');
    for (Change.Row row : rows) {
      if (out.length() > 1) {
        out.append(',');
      }
      String value = row.texts().get(n);
      if (value == null) {
        out.append("NULL");
      } else {
        out.append('"').append(value.replace("\\", "\\\\").replace("\"", "\\\"")).append('"');
      }
    }
    return out.append('}').toString();
  }

  /**
   * Inserts {@code count} rows, or {@link #ARRAYS} of them; their parameters follow one another.
   */
  static String insert(Change.Rows rows, int count) {
    StringBuilder out = new StringBuilder("INSERT INTO ").append(name(rows.table()));
    list(out, " (", rows.columns(), c -> quote(c.name()));
    out.append(") OVERRIDING SYSTEM VALUE ");
    if (count == ARRAYS) {
      out.append("SELECT * FROM ");
    }
    return out.append(source(rows.columns(), count)).toString();
  }

  /** VALUES of so many rows, or a table of arrays; parameters row by row. */
  private static String source(List<Change.Column> columns, int count) {
    StringBuilder out = new StringBuilder();
    int n = 1;
    if (count == ARRAYS) {
      String separator = "unnest(";
      for (Change.Column column : columns) {
        out.append(separator).append(parameter(n++, column)).append("[]");
        separator = ", ";
      }
      return out.append(')').toString();
    }
    out.append("VALUES ");
    for (int row = 0; row < count; row++) {
      String separator = row == 0 ? "(" : ", (";
      for (Change.Column column : columns) {
        out.append(separator).append(parameter(n++, column));
        separator = ", ";
      }
      out.append(')');
    }
    return out.toString();
  }

  /**
   * By primary key: whether the row is there may not matter, but any other conflict is an error.
   */
  private static String upsert(Change.Rows rows) {
    List<Change.Column> all = new ArrayList<>(rows.keyColumns());
    all.addAll(rows.columns());
    StringBuilder out = new StringBuilder("INSERT INTO ").append(name(rows.table()));
    list(out, " (", all, c -> quote(c.name()));
    out.append(") OVERRIDING SYSTEM VALUE VALUES ");
    list(out, "(", all, c -> parameter(all.indexOf(c) + 1, c));
    list(out, ") ON CONFLICT (", rows.keyColumns(), c -> quote(c.name()));
    list(
        out,
        ") DO UPDATE SET ",
        rows.columns(),
        c -> quote(c.name()) + " = EXCLUDED." + quote(c.name()));
    return out.toString();
  }

  private static void list(
      StringBuilder out,
      String before,
      List<Change.Column> columns,
      Function<Change.Column, String> text) {
    String separator = before;
    for (Change.Column column : columns) {
      out.append(separator).append(text.apply(column));
      separator = ", ";
    }
  }

  /**
   * All rows of a DELETE in one statement with their values written in: rows that refer to each
   * other can only go together.
   *
   * @param value writes the n-th key value, in the order of the rows
   */
  static String deleteTogether(Change.Rows rows, IntFunction<String> value) {
    StringBuilder out = new StringBuilder("DELETE FROM ").append(name(rows.table()));
    list(out, " WHERE (", rows.keyColumns(), c -> quote(c.name()));
    out.append(") IN (VALUES ");
    int n = 0;
    for (int row = 0; row < rows.values().size(); row++) {
      String separator = row == 0 ? "(" : ", (";
      for (Change.Column key : rows.keyColumns()) {
        out.append(separator).append(value.apply(n++)).append("::").append(cast(key.type().name()));
        separator = ", ";
      }
      out.append(')');
    }
    return out.append(')').toString();
  }

  private static String in(List<Change.Column> keys, int count) {
    StringBuilder out = new StringBuilder();
    list(out, " WHERE (", keys, c -> quote(c.name()));
    out.append(") IN (").append(count == ARRAYS ? "SELECT * FROM " : "");
    return out.append(source(keys, count)).append(')').toString();
  }

  private static String update(Change.Rows rows) {
    StringBuilder out = new StringBuilder("UPDATE ").append(name(rows.table()));
    String separator = " SET ";
    int n = rows.keyColumns().size() + 1;
    for (Change.Column column : rows.columns()) {
      out.append(separator).append(quote(column.name())).append(" = ");
      out.append(parameter(n++, column));
      separator = ", ";
    }
    return out.append(where(rows.keyColumns())).toString();
  }

  /** Names of the values' columns cannot be those of the table: the n-th is v.n. */
  private static String updateSeveral(Change.Rows rows, int count) {
    List<Change.Column> all = new ArrayList<>(rows.keyColumns());
    all.addAll(rows.columns());
    StringBuilder out = new StringBuilder("UPDATE ").append(name(rows.table())).append(" AS t");
    String separator = " SET ";
    int n = rows.keyColumns().size() + 1;
    for (Change.Column column : rows.columns()) {
      out.append(separator).append(quote(column.name())).append(" = v.\"").append(n++).append('"');
      separator = ", ";
    }
    out.append(count == ARRAYS ? " FROM " : " FROM (").append(source(all, count));
    separator = count == ARRAYS ? " AS v (" : ") AS v (";
    for (int i = 1; i <= all.size(); i++) {
      out.append(separator).append('"').append(i).append('"');
      separator = ", ";
    }
    separator = ") WHERE ";
    n = 1;
    for (Change.Column key : rows.keyColumns()) {
      out.append(separator).append("t.").append(quote(key.name())).append(" = v.\"");
      out.append(n++).append('"');
      separator = " AND ";
    }
    return out.toString();
  }

  private static String where(List<Change.Column> keys) {
    StringBuilder out = new StringBuilder();
    String separator = " WHERE ";
    int n = 1;
    for (Change.Column key : keys) {
      out.append(separator).append(quote(key.name())).append(" = ").append(parameter(n++, key));
      separator = " AND ";
    }
    return out.toString();
  }

  /** Text of the column's own type, so that the server reads it as it wrote it. */
  private static String parameter(int n, Change.Column column) {
    return "$" + n + "::" + cast(column.type().name());
  }

  /** Unquoted, bit would be bit(1), and cut what is longer to its first digit. */
  private static String cast(String type) {
    return type.equals("bit") || type.startsWith("bit[")
        ? "pg_catalog.\"bit\"" + type.substring(3)
        : type;
  }

  private static String name(TableName table) {
    return quote(table.schema()) + "." + quote(table.name());
  }

  static String quote(String identifier) {
    return '"' + identifier.replace("\"", "\"\"") + '"';
  }
}
