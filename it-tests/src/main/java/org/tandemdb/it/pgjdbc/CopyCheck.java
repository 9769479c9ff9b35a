package org.tandemdb.it.pgjdbc;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.tandemdb.it.fuzz.Catalogs;
import org.tandemdb.it.workload.Comparison;

/** Are both copies equal, when nothing writes any more: rows, definitions, sequences? */
final class CopyCheck {
  /** What a server has handed out, and what it will not hand out again after a failover. */
  private static final String SEQUENCES =
      "SELECT format('%I.%I', s.schemaname, s.sequencename), coalesce(s.last_value, s.start_value),"
          + " greatest(coalesce(s.last_value, s.start_value), r.reserved) FROM pg_sequences s"
          + " LEFT JOIN tandem.reservation r ON r.sequence_schema = s.schemaname"
          + " AND r.sequence_name = s.sequencename"
          + " WHERE s.schemaname <> 'tandem' AND s.increment_by > 0 AND NOT s.cycle";

  private CopyCheck() {}

  private record Sequence(long last, long safe) {}

  /**
   * @return what differs; empty if nothing does
   */
  static List<String> differences(String firstUrl, String secondUrl) throws SQLException {
    List<String> differences = new ArrayList<>();
    try (Connection first = DriverManager.getConnection(firstUrl);
        Connection second = DriverManager.getConnection(secondUrl)) {
      Comparison rows = Comparison.of(first, second);
      if (rows.differing() > 0) {
        differences.add(rows.differing() + " rows differ, the first of them:");
        differences.addAll(rows.findings());
      }
      differences.addAll(Catalogs.differences(first, second));
      Map<String, Sequence> ones = sequences(first);
      Map<String, Sequence> others = sequences(second);
      ones.forEach(
          (name, one) -> {
            Sequence other = others.getOrDefault(name, one);
            if (one.safe() < other.last() || other.safe() < one.last()) {
              differences.add("the sequence " + name + ": " + one + ", " + other);
            }
          });
    }
    return differences;
  }

  private static Map<String, Sequence> sequences(Connection connection) throws SQLException {
    Map<String, Sequence> sequences = new TreeMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(SEQUENCES)) {
      while (rows.next()) {
        sequences.put(rows.getString(1), new Sequence(rows.getLong(2), rows.getLong(3)));
      }
    }
    return sequences;
  }
}
