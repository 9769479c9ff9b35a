package org.tandemdb.it.workload;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Compares two databases table by table and row by row, all columns, as the server prints them.
 * Nothing may write meanwhile.
 *
 * @param tables compared
 * @param rows in the first database
 * @param differing rows that are in one database and not in the other; a row that differs counts
 *     twice
 * @param findings the first of them
 */
public record Comparison(int tables, long rows, long differing, List<String> findings) {
  private static final int FINDINGS_KEPT = 10;
  private static final int FETCH_ROWS = 2000;

  /** Reads both to the end; leaves both connections with a transaction rolled back. */
  public static Comparison of(Connection first, Connection second) throws SQLException {
    TreeSet<String> tables = new TreeSet<>(tables(first));
    TreeSet<String> others = new TreeSet<>(tables(second));
    List<String> findings = new ArrayList<>();
    long differing = 0;
    TreeSet<String> all = new TreeSet<>(tables);
    all.addAll(others);
    long rows = 0;
    for (String table : all) {
      if (!tables.contains(table) || !others.contains(table)) {
        differing++;
        findings.add(table + " is only in the " + (tables.contains(table) ? "first" : "second"));
        continue;
      }
      Merge merge = new Merge(table, findings);
      merge.run(first, second);
      rows += merge.rows;
      differing += merge.differing;
    }
    return new Comparison(all.size(), rows, differing, List.copyOf(findings));
  }

  private static List<String> tables(Connection connection) throws SQLException {
    List<String> tables = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet result =
            statement.executeQuery(
                "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c"
                    + " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE (c.relkind = 'r'"
                    + " OR (c.relkind = 'm' AND c.relispopulated))"
                    + " AND n.nspname NOT IN ('tandem', 'information_schema')"
                    + " AND n.nspname !~ '^pg_'")) {
      while (result.next()) {
        tables.add(result.getString(1));
      }
    }
    return tables;
  }

  private static final class Merge {
    private final String table;
    private final List<String> findings;
    private long rows;
    private long differing;

    Merge(String table, List<String> findings) {
      this.table = table;
      this.findings = findings;
    }

    void run(Connection first, Connection second) throws SQLException {
      try (Rows left = new Rows(first, table);
          Rows right = new Rows(second, table)) {
        String a = left.next();
        String b = right.next();
        while (a != null || b != null) {
          int order = a == null ? 1 : b == null ? -1 : compare(a, b);
          rows += order <= 0 ? 1 : 0;
          if (order < 0) {
            differs("first", String.valueOf(a));
          } else if (order > 0) {
            differs("second", String.valueOf(b));
          }
          a = order <= 0 ? left.next() : a;
          b = order >= 0 ? right.next() : b;
        }
      }
    }

    /** Like COLLATE "C": by code point, which is not how Java compares beyond the first plane. */
    private static int compare(String a, String b) {
      int n = Math.min(a.length(), b.length());
      for (int i = 0; i < n; i = a.offsetByCodePoints(i, 1)) {
        int order = Integer.compare(a.codePointAt(i), b.codePointAt(i));
        if (order != 0) {
          return order;
        }
      }
      return Integer.compare(a.length(), b.length());
    }

    private void differs(String where, String row) {
      differing++;
      if (findings.size() < FINDINGS_KEPT) {
        findings.add(table + ", only in the " + where + ": " + row);
      }
    }
  }

  private static final class Rows implements AutoCloseable {
    private final Connection connection;
    private final Statement statement;
    private final ResultSet result;

    Rows(Connection connection, String table) throws SQLException {
      this.connection = connection;
      connection.setAutoCommit(false);
      statement = connection.createStatement();
      statement.execute("SET LOCAL TimeZone = 'UTC'; SET LOCAL extra_float_digits = 3");
      statement.setFetchSize(FETCH_ROWS);
      // The whole row, and never a column that has the alias's name.
      String row = "ROW(r.*)::text";
      result =
          statement.executeQuery(
              "SELECT " + row + " FROM " + table + " r ORDER BY " + row + " COLLATE \"C\"");
    }

    @Nullable String next() throws SQLException {
      return result.next() ? result.getString(1) : null;
    }

    @Override
    public void close() throws SQLException {
      statement.close();
      connection.rollback();
      connection.setAutoCommit(true);
    }
  }
}
