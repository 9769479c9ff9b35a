package org.tandemdb.it.fuzz;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.tandemdb.it.workload.Comparison;

/** Are two copies equal? Nothing may write meanwhile. */
final class Copies {
  private static final String TICKETS =
      "SELECT to_regclass('public.ticket_id_seq') IS NULL OR to_regclass('public.ticket') IS NULL";

  /** A replica's sequence may stand still as long as what is reserved is kept beside it. */
  private static final String NEXT =
      "SELECT greatest((SELECT last_value FROM public.ticket_id_seq),"
          + " (SELECT max(reserved) FROM tandem.reservation"
          + " WHERE sequence_schema = 'public' AND sequence_name = 'ticket_id_seq'))"
          + " >= (SELECT coalesce(max(id), 0) FROM public.ticket)";

  private static final String TWICE =
      "SELECT count(*) = 0 FROM (SELECT 1 FROM public.ticket GROUP BY id HAVING count(*) > 1) t";

  private Copies() {}

  /** What differs: rows, definitions, and sequences that would hand out a number again. */
  static List<Problem> problems(Connection a, Connection b) throws SQLException {
    List<Problem> problems = new ArrayList<>();
    Comparison rows = Comparison.of(a, b);
    if (rows.differing() > 0) {
      problems.add(
          new Problem(
              "rows differ",
              rows.differing() + " rows\n  " + String.join("\n  ", rows.findings())));
    }
    List<String> definitions = Catalogs.differences(a, b);
    if (!definitions.isEmpty()) {
      problems.add(new Problem("catalogs differ", String.join("\n  ", definitions)));
    }
    for (Connection one : List.of(a, b)) {
      if (isTrue(one, TICKETS)) {
        continue;
      }
      if (!isTrue(one, NEXT)) {
        problems.add(
            new Problem(
                "sequence behind", "on the " + (one == a ? "first" : "second") + " server"));
      }
      if (!isTrue(one, TWICE)) {
        problems.add(new Problem("number twice", "in table ticket"));
      }
    }
    return problems;
  }

  private static boolean isTrue(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      return rows.next() && rows.getBoolean(1);
    }
  }
}
