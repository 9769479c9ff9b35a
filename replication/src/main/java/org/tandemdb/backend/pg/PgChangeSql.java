package org.tandemdb.backend.pg;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
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
      case UPSERT -> upsert(rows);
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
    int index = 1;
    for (String text : ordered(rows, row)) {
      statement.setObject(index++, text, java.sql.Types.OTHER);
    }
  }

  /** A row's values in the order of its statement's parameters. */
  static List<@Nullable String> ordered(Change.Rows rows, Change.Row row) {
    if (rows.kind() != Change.Kind.UPDATE) {
      return row.texts();
    }
    // An UPDATE's SET stands before its WHERE, while rows begin with the key.
    int keys = rows.keyColumns().size();
    List<@Nullable String> ordered = new ArrayList<>(row.texts().size());
    ordered.addAll(row.texts().subList(keys, row.texts().size()));
    ordered.addAll(row.texts().subList(0, keys));
    return ordered;
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
   * All rows of an INSERT or DELETE in one statement, as the primary had them: rows that refer to
   * each other are checked at its end.
   */
  static String whole(Change.Rows rows) {
    return rows.kind() == Change.Kind.INSERT
        ? insert(rows, rows.values().size())
        : delete(rows, n -> "$" + (n + 1));
  }

  /** All rows of a DELETE; {@code value} writes the n-th key value, in the order of the rows. */
  static String delete(Change.Rows rows, IntFunction<String> value) {
    StringBuilder out = new StringBuilder("DELETE FROM ").append(name(rows.table()));
    list(out, " WHERE (", rows.keyColumns(), c -> quote(c.name()));
    out.append(") IN (VALUES ");
    int n = 0;
    for (int row = 0; row < rows.values().size(); row++) {
      String separator = row == 0 ? "(" : ", (";
      for (Change.Column key : rows.keyColumns()) {
        out.append(separator).append(value.apply(n++)).append("::").append(key.type().name());
        separator = ", ";
      }
      out.append(')');
    }
    return out.append(')').toString();
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
