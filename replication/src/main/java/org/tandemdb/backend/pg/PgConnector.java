package org.tandemdb.backend.pg;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.postgresql.Driver;

/**
 * Opens plain connections to one backend. Every one has {@code synchronous_commit=off}: the log is
 * the durable copy, and markers tell what a crash has lost.
 */
final class PgConnector {
  private final VendorProperties vendorProperties;
  private final Duration connectTimeout;
  private final String linkOptions;

  /**
   * @param linkOptions see {@link PgBackend#linkOptions}
   * @throws org.tandemdb.error.TandemException CONFIGURATION for a property that links cannot have
   */
  PgConnector(
      String url,
      Map<String, String> vendorProperties,
      Duration connectTimeout,
      String linkOptions) {
    this.vendorProperties = VendorProperties.of(url, vendorProperties);
    this.connectTimeout = connectTimeout;
    this.linkOptions = linkOptions;
  }

  /**
   * @param socketTimeout bounds every answer; zero for none (client work may take long)
   */
  Connection open(String user, String password, String purpose, Duration socketTimeout)
      throws SQLException {
    // A secret in a query's text could be read by its client's other sessions.
    return open(user, password, purpose, socketTimeout, "extended");
  }

  /** For appliers, which send many statements as one text. */
  Connection openSimple(String user, String password, String purpose) throws SQLException {
    return open(user, password, purpose, Duration.ZERO, "simple");
  }

  private Connection open(
      String user, String password, String purpose, Duration socketTimeout, String queryMode)
      throws SQLException {
    Properties properties = vendorProperties.forLink();
    properties.setProperty("preferQueryMode", queryMode);
    properties.setProperty("user", user);
    if (!password.isEmpty()) {
      properties.setProperty("password", password);
    }
    String seconds = Long.toString(Math.max(1, connectTimeout.toSeconds()));
    properties.putIfAbsent("connectTimeout", seconds);
    properties.putIfAbsent("loginTimeout", seconds);
    properties.putIfAbsent("tcpKeepAlive", "true");
    if (socketTimeout.isZero()) {
      // A read with a time-out would make the socket non-blocking; loginTimeout bounds this one.
      properties.putIfAbsent("sslResponseTimeout", "0");
      properties.putIfAbsent("socketFactory", PlainSockets.class.getName());
    }
    properties.putIfAbsent("ApplicationName", purpose);
    if (!socketTimeout.isZero()) {
      properties.setProperty(
          "socketTimeout", Long.toString(Math.max(1, socketTimeout.toSeconds())));
    }
    String options = properties.getProperty("options", "");
    // "$user" would be Tandem's own schema for a role of that name, and its tables nobody's.
    String path = user.equals("tandem") ? " -c search_path=public" : "";
    properties.setProperty("options", (linkOptions + path + " " + options).trim());
    Connection connection = new Driver().connect(vendorProperties.url(), properties);
    if (connection == null) {
      throw new SQLException("not a PostgreSQL URL: " + vendorProperties.url(), "08001");
    }
    return connection;
  }
}
