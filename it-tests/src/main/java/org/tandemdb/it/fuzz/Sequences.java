package org.tandemdb.it.fuzz;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Brings the sequences of a plain database to where another's are. */
interface Sequences {
  /** Does it now. */
  void follow();

  /** Sequences that only one of them has stay as they are. */
  static void copy(Connection from, Connection to) throws SQLException {
    List<String> names = new ArrayList<>();
    try (Statement statement = to.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences")) {
      while (rows.next()) {
        names.add(rows.getString(1));
      }
    }
    try (Statement ask = from.createStatement();
        Statement set = to.createStatement()) {
      for (String name : names) {
        try (ResultSet there = ask.executeQuery("SELECT to_regclass('" + name + "') IS NULL")) {
          there.next();
          if (there.getBoolean(1)) {
            continue;
          }
        }
        try (ResultSet last = ask.executeQuery("SELECT last_value, is_called FROM " + name)) {
          last.next();
          set.execute(
              "SELECT setval('" + name + "', " + last.getLong(1) + ", " + last.getBoolean(2) + ")");
        }
      }
    }
  }
}
