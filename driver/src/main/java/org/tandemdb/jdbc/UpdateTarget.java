package org.tandemdb.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where the rows of an updatable ResultSet are, and the texts that change them there.
 *
 * @param table as it stands after UPDATE, INSERT INTO and DELETE FROM
 * @param only ONLY, or nothing
 * @param columns the table's column, quoted, of each of the result's; null for an expression
 * @param key indexes of the result's columns, from 0, that tell its rows apart
 */
record UpdateTarget(String table, String only, List<@Nullable String> columns, List<Integer> key)
    implements Updatability {

  /** The columns, and keys as the numbers of their columns, the primary one first. */
  private static final String TABLE =
      "SELECT n.nspname, c.relname, a.attnum, a.attname, a.attnotnull,"
          + " ARRAY(SELECT pg_catalog.array_to_string("
          + "(i.indkey::pg_catalog.int2[])[0:i.indnkeyatts - 1], ' ')"
          + " FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid"
          + " AND i.indpred IS NULL AND i.indexprs IS NULL"
          // The tables that inherit have keys of their own.
          + " AND (? OR c.relkind <> 'r' OR NOT EXISTS (SELECT 1 FROM pg_catalog.pg_inherits h"
          + " WHERE h.inhparent = c.oid))"
          + " ORDER BY i.indisprimary DESC, i.indexrelid)"
          + " FROM pg_catalog.pg_class c"
          + " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
          + " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid"
          + " WHERE c.oid = ? AND a.attnum > 0 AND NOT a.attisdropped";

  @Override
  public UpdateTarget target() {
    return this;
  }

  /**
   * To be asked as soon as the rows are there, on the link they came over: it alone knows the
   * numbers of its tables, and, in a transaction, which table is locked.
   *
   * @param sql what has selected them
   * @param vendors their description
   * @param most columns from the left that are the client's
   * @throws SQLException if the link fails
   */
  static Updatability of(Connection link, String sql, ResultSetMetaData vendors, int most)
      throws SQLException {
    Optional<SelectedTable> selected = SelectedTable.of(sql);
    if (selected.isEmpty()) {
      return Updatability.None.because(
          "its query has to select from one table, without WITH, grouping or UNION");
    }
    ResultOrigin origin;
    try {
      origin = ResultOrigin.of(vendors, most);
    } catch (ReflectiveOperationException e) {
      return Updatability.None.because(
          "PostgreSQL's driver, of this version, does not tell its table: " + e);
    }
    return origin.table() == 0
        ? Updatability.None.because("its columns are of no table, or of several")
        : of(link, origin, selected.get().only());
  }

  private static Updatability of(Connection link, ResultOrigin origin, boolean only)
      throws SQLException {
    String schema = "";
    String table = "";
    Map<Integer, String> names = new HashMap<>();
    Set<Integer> neverNull = new HashSet<>();
    String[] keys = {};
    try (PreparedStatement ask = link.prepareStatement(TABLE)) {
      ask.setBoolean(1, only);
      ask.setLong(2, origin.table());
      try (ResultSet rows = ask.executeQuery()) {
        while (rows.next()) {
          schema = rows.getString(1);
          table = rows.getString(2);
          names.put(rows.getInt(3), quoted(rows.getString(4)));
          if (rows.getBoolean(5)) {
            neverNull.add(rows.getInt(3));
          }
          keys = (String[]) rows.getArray(6).getArray();
        }
      }
    }
    if (names.isEmpty()) {
      return Updatability.None.because("its table is not there any more");
    }
    List<Integer> key = key(keys, neverNull, origin.attributes());
    if (key.isEmpty()) {
      return new Updatability.None(
          "No eligible primary or unique key found for table " + table + ".");
    }
    List<@Nullable String> columns = new ArrayList<>();
    for (int attribute : origin.attributes()) {
      columns.add(names.get(attribute));
    }
    return new UpdateTarget(
        quoted(schema) + "." + quoted(table), only ? "ONLY " : "", columns, key);
  }

  /** Of the first whose columns are all in the result, and never NULL. */
  private static List<Integer> key(String[] keys, Set<Integer> neverNull, List<Integer> selected) {
    for (String key : keys) {
      List<Integer> attributes = Stream.of(key.split(" ")).map(Integer::valueOf).toList();
      if (neverNull.containsAll(attributes) && selected.containsAll(attributes)) {
        return attributes.stream().map(selected::indexOf).toList();
      }
    }
    return List.of();
  }

  private static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  /** For the row of the key, whose values come after those of {@code changed} columns. */
  String update(List<Integer> changed) {
    String set =
        changed.stream().map(i -> columns.get(i) + " = ?").collect(Collectors.joining(", "));
    return "UPDATE " + only + table + " SET " + set + where() + " RETURNING " + list();
  }

  String insert(List<Integer> given) {
    String names = given.stream().map(columns::get).collect(Collectors.joining(", "));
    String markers = given.stream().map(i -> "?").collect(Collectors.joining(", "));
    return "INSERT INTO " + table + " (" + names + ") VALUES (" + markers + ") RETURNING " + list();
  }

  String delete() {
    return "DELETE FROM " + only + table + where();
  }

  String select() {
    return "SELECT " + list() + " FROM " + only + table + where();
  }

  private String where() {
    return key.stream()
        .map(i -> columns.get(i) + " = ?")
        .collect(Collectors.joining(" AND ", " WHERE ", ""));
  }

  /** As many columns as the result has. */
  private String list() {
    return columns.stream().map(c -> c == null ? "NULL" : c).collect(Collectors.joining(", "));
  }
}
