package org.tandemdb.jdbc;

import java.io.PrintWriter;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.logging.Logger;
import javax.sql.ConnectionPoolDataSource;
import javax.sql.PooledConnection;
import org.jspecify.annotations.Nullable;

/**
 * For application servers that pool connections themselves. A connection that is given back to the
 * pool is rolled back and reset: its statements are closed, autocommit is on again, and what was
 * SET is forgotten. Configure it before its first use; {@link #getPooledConnection} is thread-safe.
 */
public final class TandemConnectionPoolDataSource implements ConnectionPoolDataSource {
  private final TandemDataSource source;

  public TandemConnectionPoolDataSource() {
    this(new TandemDataSource());
  }

  TandemConnectionPoolDataSource(TandemDataSource source) {
    this.source = source;
  }

  public void setUrl(String url) {
    source.setUrl(url);
  }

  public String getUrl() {
    return source.getUrl();
  }

  public void setUser(String user) {
    source.setUser(user);
  }

  public String getUser() {
    return source.getUser();
  }

  public void setPassword(String password) {
    source.setPassword(password);
  }

  /** Any setting, or a vendor driver's own property. */
  public void setProperty(String key, String value) {
    source.setProperty(key, value);
  }

  @Override
  public PooledConnection getPooledConnection() throws SQLException {
    return new TandemPooledConnection(source.open());
  }

  @Override
  public PooledConnection getPooledConnection(String user, String password) throws SQLException {
    return new TandemPooledConnection(source.open(user, password));
  }

  @Override
  public @Nullable PrintWriter getLogWriter() {
    return source.getLogWriter();
  }

  @Override
  public void setLogWriter(@Nullable PrintWriter out) {
    source.setLogWriter(out);
  }

  @Override
  public void setLoginTimeout(int seconds) {
    source.setLoginTimeout(seconds);
  }

  @Override
  public int getLoginTimeout() {
    return source.getLoginTimeout();
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    return source.getParentLogger();
  }
}
