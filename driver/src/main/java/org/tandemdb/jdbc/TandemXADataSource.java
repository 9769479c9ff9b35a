package org.tandemdb.jdbc;

import java.io.PrintWriter;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.logging.Logger;
import javax.sql.XAConnection;
import javax.sql.XADataSource;
import org.jspecify.annotations.Nullable;

/**
 * Says why there is none: an application server that is configured for XA gets the reason, and not
 * a class that is missing. A transaction that is prepared and not yet committed would hold its
 * locks across a failover, after which nobody could tell another server about it.
 */
public final class TandemXADataSource implements XADataSource {

  @Override
  public XAConnection getXAConnection() throws SQLException {
    throw new SQLFeatureNotSupportedException(
        "Tandem's driver does not take part in distributed (XA) transactions. Use "
            + TandemDataSource.class.getName()
            + " as a data source with local transactions; its COMMIT holds on every backend.",
        "0A000");
  }

  @Override
  public XAConnection getXAConnection(String user, String password) throws SQLException {
    return getXAConnection();
  }

  @Override
  public @Nullable PrintWriter getLogWriter() {
    return null;
  }

  @Override
  public void setLogWriter(@Nullable PrintWriter out) {}

  @Override
  public void setLoginTimeout(int seconds) {}

  @Override
  public int getLoginTimeout() {
    return 0;
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    throw Refusals.unsupported("java.util.logging; the driver logs through SLF4J");
  }
}
