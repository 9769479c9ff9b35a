package org.tandemdb.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import org.tandemdb.plan.Plan;

/**
 * The rows that a COPY has just brought in, read from their table: first at its end, where nearly
 * all are, and then, for those that found room elsewhere, from its beginning. Used by the owner of
 * the link.
 */
final class ReadBackRows implements Iterator<List<@Nullable String>> {
  private final Connection link;
  private final Plan.Write write;
  private final Plan.ReadBack queries;
  private final String number;
  private final long page;
  private final long count;
  private CapturedRows rows;
  private Statement statement;
  private boolean atHead;
  private long read;

  /**
   * @param page the table's pages before the COPY
   * @param count rows that the server has taken
   */
  ReadBackRows(
      Connection link,
      Plan.Write write,
      Plan.ReadBack queries,
      String number,
      long page,
      long count)
      throws SQLException {
    this.link = link;
    this.write = write;
    this.queries = queries;
    this.number = number;
    // The page that was the last had room, as a rule.
    this.page = Math.max(0, page - 1);
    this.count = count;
    this.statement = link.createStatement();
    this.rows = open(queries.tail(number, this.page));
  }

  private CapturedRows open(String sql) throws SQLException {
    statement.close();
    statement = link.createStatement(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY);
    statement.setFetchSize(CapturedRows.FIRST_ROWS);
    return new CapturedRows(statement.executeQuery(sql), write.capture(), true);
  }

  @Override
  public boolean hasNext() {
    if (rows.hasNext()) {
      return true;
    }
    if (atHead || read >= count || page == 0) {
      return false;
    }
    atHead = true;
    try {
      rows = open(queries.head(number, page));
    } catch (SQLException e) {
      throw new CapturedRows.ReadFailure(e);
    }
    return rows.hasNext();
  }

  @Override
  public List<@Nullable String> next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    read++;
    return rows.next();
  }

  /** True if as many rows were read as the server has taken. */
  boolean isComplete() throws SQLException {
    boolean complete = read == count && !hasNext();
    statement.close();
    return complete;
  }
}
