package org.tandemdb.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** What a client asks of the executions of its statement. One thread at a time. */
abstract class StatementSettings implements Statement {
  private final ResultKind kind;
  private int fetchSize;
  private int fetchDirection = ResultSet.FETCH_FORWARD;
  private int maxFieldSize;
  private long maxRows;
  private int timeoutSeconds;
  private boolean closeOnCompletion;
  private boolean poolable;
  private boolean escapes = true;

  StatementSettings(ResultKind kind, int fetchSize) {
    this.kind = kind;
    this.fetchSize = fetchSize;
  }

  abstract void checkOpen() throws SQLException;

  /** Settings are given to the next vendor statement, so the present one has to go. */
  abstract void renew() throws SQLException;

  final ResultKind kind() {
    return kind;
  }

  /** Escapes of JDBC are translated. */
  final boolean escapes() {
    return escapes;
  }

  @Override
  public void setFetchSize(int fetchRows) throws SQLException {
    checkOpen();
    if (fetchRows < 0) {
      throw Refusals.invalid("Fetch size must not be negative.");
    }
    if (fetchRows != fetchSize) {
      fetchSize = fetchRows;
      renew();
    }
  }

  @Override
  public int getFetchSize() {
    return fetchSize;
  }

  @Override
  public void setMaxRows(int max) throws SQLException {
    setLargeMaxRows(max);
  }

  @Override
  public void setLargeMaxRows(long max) throws SQLException {
    checkOpen();
    if (max < 0) {
      throw Refusals.invalid("The maximum of rows must not be negative.");
    }
    if (max != maxRows) {
      maxRows = max;
      renew();
    }
  }

  @Override
  public int getMaxRows() {
    return (int) Math.min(Integer.MAX_VALUE, maxRows);
  }

  @Override
  public long getLargeMaxRows() {
    return maxRows;
  }

  @Override
  public void setQueryTimeout(int seconds) throws SQLException {
    checkOpen();
    if (seconds < 0) {
      throw Refusals.invalid("Query timeout must not be negative.");
    }
    timeoutSeconds = seconds;
  }

  @Override
  public int getQueryTimeout() {
    return timeoutSeconds;
  }

  @Override
  public void setEscapeProcessing(boolean enable) throws SQLException {
    if (escapes != enable) {
      escapes = enable;
      renew();
    }
  }

  @Override
  public void closeOnCompletion() {
    closeOnCompletion = true;
  }

  @Override
  public boolean isCloseOnCompletion() {
    return closeOnCompletion;
  }

  @Override
  public void setPoolable(boolean on) {
    poolable = on;
  }

  @Override
  public boolean isPoolable() {
    return poolable;
  }

  @Override
  public void setCursorName(String name) throws SQLException {
    checkOpen(); // as PostgreSQL's own driver: there are no positioned updates to need it
  }

  @Override
  public void setFetchDirection(int direction) throws SQLException {
    checkOpen();
    if (direction != ResultSet.FETCH_FORWARD
        && direction != ResultSet.FETCH_REVERSE
        && direction != ResultSet.FETCH_UNKNOWN) {
      throw Refusals.invalid("Invalid fetch direction constant: " + direction + ".");
    }
    fetchDirection = direction;
  }

  @Override
  public int getFetchDirection() {
    return fetchDirection;
  }

  @Override
  public int getMaxFieldSize() {
    return maxFieldSize;
  }

  @Override
  public void setMaxFieldSize(int max) throws SQLException {
    checkOpen();
    if (max < 0) {
      throw Refusals.invalid("The maximum field size must be a value greater than or equal to 0.");
    }
    if (max != maxFieldSize) {
      maxFieldSize = max;
      renew();
    }
  }

  @Override
  public int getResultSetType() {
    return kind.type();
  }

  @Override
  public int getResultSetConcurrency() {
    return kind.concurrency();
  }

  @Override
  public int getResultSetHoldability() {
    return kind.holdability();
  }
}
