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
    return connect(properties);
  }

  @Override
  public Connection getConnection(String username, String password) throws SQLException {
    Properties own = new Properties();
    own.putAll(properties);
    own.setProperty("user", username);
    own.setProperty("password", password);
    return connect(own);
  }

  private Connection connect(Properties with) throws SQLException {
    Connection connection = driver.connect(url, with);
    if (connection == null) {
      throw Refusals.invalid("'url' of the TandemDataSource is not a jdbc:tandem: URL.");
    }
    return connection;
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
