package org.tandemdb.jdbc;

import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.entry.Value;
import org.tandemdb.plan.Plan;

/**
 * The elements of a batch of one prepared statement, which travel together. Where nothing but
 * counts has to come back, the vendor's driver does not wait for the answer to one before it sends
 * the next; INSERTs of one row, of which values have to come back, are made one statement of many
 * rows.
 */
interface Pipeline {
  /** Elements that are on their way, and in memory as values, at a time. */
  int PORTION = 1000;

  /** Most rows of one statement, as a power of two: few texts, which are then prepared. */
  int MAX_POWER = 7;

  /** Most parameters of one statement: half of what the protocol allows. */
  int MAX_PARAMETERS = 1 << 14;

  static boolean fits(Plan plan) {
    return isCounted(plan) || InsertCombiner.fits(plan);
  }

  /** True if what is logged of an element is its text with its parameters. */
  static boolean isCounted(Plan plan) {
    return plan instanceof Plan.Write write
        && write.template() instanceof Plan.Template.Verbatim
        && !write.capture().isCapturing()
        && write.capture().clientColumns() == 0
        && write.readBack().isEmpty()
        && (write.template().insertsOneRow() || !isInsert(write.sqlForPrimary()));
  }

  /**
   * The vendor's driver may send several INSERTs as one, of which it counts each as done, and not
   * its rows.
   */
  private static boolean isInsert(String sql) {
    List<String> words = StatementText.scan(sql).words();
    return !words.isEmpty() && words.get(0).equals("INSERT");
  }

  int size();

  /** The client's limit for a portion; 0 for none. */
  int timeoutSeconds();

  /** The parameters of one element as the server receives them. */
  List<Value> parameters(int element) throws SQLException;

  /**
   * Runs elements {@code from} up to {@code to}, which is not among them.
   *
   * @return their counts
   */
  long[] run(JdbcLink link, String sql, int from, int to) throws SQLException;

  /**
   * Runs elements {@code from} up to {@code to} as one statement.
   *
   * @param sql with the parameters of as many elements
   * @return what was captured of each, columns in order
   * @throws CapturedRows.ReadFailure if they ran, and what came of it cannot be read
   */
  List<List<@Nullable String>> runRows(JdbcLink link, String sql, int from, int to)
      throws SQLException;
}
