package org.tandemdb.backend.pg;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.TableName;

/** The statement that applies a change: its own text, or one keyed statement for each row. */
final class PgChangeSql {

  private PgChangeSql() {}

  static String of(Change change) {
    if (change instanceof Change.Statement statement) {
      return statement.sql();
    }
    if (change instanceof Change.FinalRows rows) {
      return rows.keys().isEmpty() ? insert(rows.inserts(), 1) : deleteFinal(rows);
    }
    Change.Rows rows = (Change.Rows) change;
    return switch (rows.kind()) {
      case INSERT -> insert(rows, 1);
      case UPDATE -> update(rows);
      case DELETE -> "DELETE FROM " + name(rows.table()) + where(rows.keyColumns(), 0);
    };
  }

  /** Of this table alone: rows of those that inherit from it have changes of their own. */
  static String deleteFinal(Change.FinalRows rows) {
    return "DELETE FROM ONLY " + name(rows.table()) + where(rows.keyColumns(), 0);
  }

  /** Parameters are numbered in the order of {@link Change.Row#texts}. */
  static void bindRow(PreparedStatement statement, Change.Rows rows, Change.Row row)
      throws SQLException {
    int keys = rows.keyColumns().size();
    int columns = rows.kind() == Change.Kind.DELETE ? 0 : rows.columns().size();
    int index = 1;
    // An UPDATE's SET stands before its WHERE, while rows begin with the key.
    for (int i = 0; i < columns; i++) {
      statement.setObject(index++, row.texts().get(keys + i), java.sql.Types.OTHER);
    }
    for (int i = 0; i < keys; i++) {
      statement.setObject(index++, row.texts().get(i), java.sql.Types.OTHER);
    }
  }

  /** Inserts {@code count} rows; their parameters follow one another. */
  static String insert(Change.Rows rows, int count) {
    StringBuilder out = new StringBuilder("INSERT INTO ").append(name(rows.table()));
    String separator = " (";
    for (Change.Column column : rows.columns()) {
      out.append(separator).append(quote(column.name()));
      separator = ", ";
    }
    out.append(") OVERRIDING SYSTEM VALUE VALUES ");
    int n = 1;
    for (int row = 0; row < count; row++) {
      separator = row == 0 ? "(" : ", (";
      for (Change.Column column : rows.columns()) {
        out.append(separator).append(parameter(n++, column));
        separator = ", ";
      }
      out.append(')');
    }
    return out.toString();
  }

  private static String update(Change.Rows rows) {
    StringBuilder out = new StringBuilder("UPDATE ").append(name(rows.table())).append(" SET ");
    int n = 1;
    for (Change.Column column : rows.columns()) {
      out.append(n == 1 ? "" : ", ")
          .append(quote(column.name()))
          .append(" = ")
          .append(parameter(n++, column));
    }
    return out.append(where(rows.keyColumns(), rows.columns().size())).toString();
  }

  private static String where(List<Change.Column> keys, int before) {
    StringBuilder out = new StringBuilder(" WHERE ");
    int n = before + 1;
    for (Change.Column key : keys) {
      out.append(n == before + 1 ? "" : " AND ")
          .append(quote(key.name()))
          .append(" = ")
          .append(parameter(n++, key));
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
