package org.tandemdb.jdbc;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.Properties;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A DataSource over {@link TandemDriver}, for pools and containers that set properties. Configure
 * it before its first use; {@link #getConnection} is thread-safe.
 */
public final class TandemDataSource implements DataSource {
  private final TandemDriver driver;
  private final Properties properties = new Properties();
  private String url = "";
  private @Nullable PrintWriter logWriter;
  private int loginTimeoutSeconds;

  public TandemDataSource() {
    this(new TandemDriver());
  }

  TandemDataSource(TandemDriver driver) {
    this.driver = driver;
  }

  public void setUrl(String url) {
    this.url = url;
  }

  public String getUrl() {
    return url;
  }

  public void setUser(String user) {
    properties.setProperty("user", user);
  }

  public String getUser() {
    return properties.getProperty("user", "");
  }

  public void setPassword(String password) {
    properties.setProperty("password", password);
  }

  /** Any setting, or a vendor driver's own property. */
  public void setProperty(String key, String value) {
    properties.setProperty(key, value);
  }

  @Override
  public Connection getConnection() throws SQLException {
    return open();
  }

  @Override
  public Connection getConnection(String username, String password) throws SQLException {
    return open(username, password);
  }

  TandemConnection open() throws SQLException {
    return connect(properties);
  }

  TandemConnection open(String username, String password) throws SQLException {
    Properties own = new Properties();
    own.putAll(properties);
    own.setProperty("user", username);
    own.setProperty("password", password);
    return connect(own);
  }

  private TandemConnection connect(Properties with) throws SQLException {
    TandemConnection connection = driver.open(url, with);
    if (connection == null) {
      throw Refusals.invalid("'url' of the TandemDataSource is not a jdbc:tandem: URL.");
    }
    return connection;
  }

  @Override
  public @Nullable PrintWriter getLogWriter() {
    return logWriter;
  }

  /** Kept for whoever asks; the driver logs through SLF4J. */
  @Override
  public void setLogWriter(@Nullable PrintWriter out) {
    logWriter = out;
  }

  /** Kept for whoever asks: {@code failover_patience} and {@code lease_timeout} bound the wait. */
  @Override
  public void setLoginTimeout(int seconds) {
    loginTimeoutSeconds = seconds;
  }

  @Override
  public int getLoginTimeout() {
    return loginTimeoutSeconds;
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    return driver.getParentLogger();
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    if (isWrapperFor(type)) {
      return type.cast(this);
    }
    throw Refusals.noUnwrap(type);
  }

  @Override
  public boolean isWrapperFor(Class<?> type) {
    return type.isInstance(this) && Wrappers.mayBeSeen(type);
  }
}
