package org.tandemdb.jdbc;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URLDecoder;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tandemdb.error.ErrorCode;

/**
 * A connection of PostgreSQL's own driver to a proxy, with what the proxy reports beside rows. The
 * vendor's classes are looked up, so that this driver needs none of them. Owned by whoever owns the
 * connection.
 */
final class VendorConnection {
  private static final String DRIVER = "org.postgresql.Driver";
  private static final String CONNECTION = "org.postgresql.PGConnection";
  private static final String NOTIFICATION = "org.postgresql.PGNotification";
  private static final String INNER_CONNECTION = "org.postgresql.core.BaseConnection";

  static final String TOKEN = "tandem.transaction_token";
  private static final String SETTINGS = "tandem.session_settings";
  private static final String CHANNELS = "tandem.session_channels";
  private static final String PINNED = "tandem.session_pinned";

  /** What a server says that ends the connection; a proxy says 57P01 of temporary tables, too. */
  private static final List<String> ENDED = List.of("57P01", "57P02", "57P03", "57P05");

  private static final int LOOK_SECONDS = 2;

  /** These are what a session is, and no values. */
  private static final Map<String, String> IDENTITIES =
      Map.of("session_authorization", "SET SESSION AUTHORIZATION ", "role", "SET ROLE ");

  private final Connection connection;
  private final Method parameterStatus;
  private final Method transactionState;
  private final Method notifications;

  /** The vendor's own, which what is looked up is asked of. */
  private final Object vendors;

  private VendorConnection(
      Connection connection, Method parameterStatus, Method transactionState, Method notifications)
      throws SQLException {
    this.connection = connection;
    this.parameterStatus = parameterStatus;
    this.transactionState = transactionState;
    this.notifications = notifications;
    // Now: later it may be closed, and is asked all the same.
    this.vendors = connection.unwrap(transactionState.getDeclaringClass());
  }

  /** Connects once; the proxy reports from then on. */
  static VendorConnection open(ProxyUrl url) throws SQLException {
    Connection connection = driver(url).connect(url.vendorUrl(), url.vendorProperties());
    if (connection == null) {
      throw SqlErrors.of(
          ErrorCode.CONFIGURATION, "PostgreSQL's own driver does not take " + url.shown(), null);
    }
    try {
      VendorConnection opened =
          new VendorConnection(
              connection,
              method(connection, CONNECTION, "getParameterStatus", String.class),
              method(connection, INNER_CONNECTION, "getTransactionState"),
              method(connection, CONNECTION, "getNotifications", int.class));
      opened.report(url);
      return opened;
    } catch (SQLException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  private static Driver driver(ProxyUrl url) throws SQLException {
    try {
      return DriverManager.getDriver(url.vendorUrl());
    } catch (SQLException notRegistered) {
      try {
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        return (Driver) Class.forName(DRIVER, true, loader).getConstructor().newInstance();
      } catch (ReflectiveOperationException e) {
        throw SqlErrors.of(
            ErrorCode.CONFIGURATION,
            "PostgreSQL's own driver (org.postgresql:postgresql, 42.7 or later) is not on the class"
                + " path",
            e);
      }
    }
  }

  private static Method method(
      Connection connection, String type, String name, Class<?>... parameters) throws SQLException {
    try {
      return Class.forName(type, false, connection.getClass().getClassLoader())
          .getMethod(name, parameters);
    } catch (ReflectiveOperationException e) {
      throw SqlErrors.of(
          ErrorCode.CONFIGURATION,
          "PostgreSQL's own driver 42.7 or later is needed, " + connection.getClass() + " is not",
          e);
    }
  }

  private void report(ProxyUrl url) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET tandem.report_session = on");
      if (url.consistency().isPresent()) {
        statement.execute("SET tandem.consistency = '" + url.consistency().get() + "'");
      }
    }
    if (token().isEmpty()) {
      throw SqlErrors.of(
          ErrorCode.CONFIGURATION,
          "what answers there is not a Tandem proxy: use jdbc:postgresql:// for a server",
          null);
    }
  }

  Connection connection() {
    return connection;
  }

  /** Names the transaction that is open or comes next; empty where nothing was told. */
  String token() {
    return parameter(TOKEN);
  }

  /** What would be lost with the connection, in words; as it was after the last transaction. */
  String pinned() {
    return parameter(PINNED);
  }

  /** What the session had set; as it was after the last transaction. */
  Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    for (String one : parameter(SETTINGS).split("&", -1)) {
      int equals = one.indexOf('=');
      if (equals > 0) {
        settings.put(
            URLDecoder.decode(one.substring(0, equals), UTF_8),
            URLDecoder.decode(one.substring(equals + 1), UTF_8));
      }
    }
    return settings;
  }

  /** What the session listened to; as it was after the last transaction. */
  List<String> channels() {
    return Stream.of(parameter(CHANNELS).split("&", -1))
        .filter(one -> !one.isEmpty())
        .map(one -> URLDecoder.decode(one, UTF_8))
        .toList();
  }

  /**
   * What has been notified. Nothing, at once, while a transaction is open.
   *
   * @param timeoutMillis for the first one; below 0 for not at all
   */
  List<NotificationApi.Notification> notifications(int timeoutMillis) throws SQLException {
    List<NotificationApi.Notification> all = new ArrayList<>();
    Object some = ProxiedConnection.invoked(notifications, vendors, new Object[] {timeoutMillis});
    for (Object one : some instanceof Object[] array ? array : new Object[0]) {
      all.add(
          new NotificationApi.Notification(
              String.valueOf(ask(one, "getName")),
              String.valueOf(ask(one, "getParameter")),
              ask(one, "getPID") instanceof Integer pid ? pid : 0));
    }
    return all;
  }

  private @Nullable Object ask(Object notification, String name) throws SQLException {
    return ProxiedConnection.invoked(
        method(connection, NOTIFICATION, name), notification, new Object[0]);
  }

  private String parameter(String name) {
    Object value = invoke(parameterStatus, name);
    return value == null ? "" : value.toString();
  }

  /** As far as the last answer told. */
  boolean inTransaction() {
    return !"IDLE".equals(String.valueOf(invoke(transactionState)));
  }

  private @Nullable Object invoke(Method method, Object... arguments) {
    try {
      return method.invoke(vendors, arguments);
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException(e); // both read what is in memory
    }
  }

  /** True if this connection is of no use any more. */
  boolean isLost(SQLException failure) throws SQLException {
    if (connection.isClosed()) {
      return true;
    }
    String state = String.valueOf(failure.getSQLState());
    boolean suspicious =
        ENDED.contains(state)
            || (state.startsWith("08") && !state.equals(ErrorCode.OUTCOME_UNKNOWN.sqlState()));
    return suspicious && !connection.isValid(LOOK_SECONDS);
  }

  /** Gives a fresh session what another one had set, and listened to. */
  void restore(Map<String, String> settings, List<String> channels) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String channel : channels) {
        statement.execute("LISTEN \"" + channel.replace("\"", "\"\"") + '"');
      }
      for (Map.Entry<String, String> one : settings.entrySet()) {
        if (one.getKey().equals("tandem.consistency")) {
          statement.execute("SET tandem.consistency = '" + one.getValue() + "'");
        } else if (!IDENTITIES.containsKey(one.getKey())) {
          set(one.getKey(), one.getValue());
        }
      }
      // Last: others may be settings that only the user who has connected may change.
      for (String identity : List.of("session_authorization", "role")) {
        String who = settings.get(identity);
        if (who != null && !who.isEmpty()) {
          statement.execute(
              IDENTITIES.get(identity)
                  + (who.equals("none") ? "NONE" : '"' + who.replace("\"", "\"\"") + '"'));
        }
      }
    }
  }

  /** A list is one text here, as it is where it comes from. */
  private void set(String name, String value) throws SQLException {
    try (PreparedStatement set =
        connection.prepareStatement(
            "SELECT set_config('" + name.replace("'", "''") + "', ?, false)")) {
      set.setString(1, value);
      set.execute();
    }
  }

  /**
   * What became of a transaction, as {@code SHOW TANDEM OUTCOME} says it; asked outside of any
   * transaction, so that a question that fails does not stand in the way of the next one.
   */
  Optional<String> outcome(String token) throws SQLException {
    if (token.isEmpty()) {
      return Optional.empty();
    }
    boolean manual = !connection.getAutoCommit();
    try (Statement statement = connection.createStatement()) {
      if (inTransaction()) {
        statement.execute("ROLLBACK");
      }
      if (manual) {
        connection.setAutoCommit(true);
      }
      try (ResultSet row = statement.executeQuery("SHOW TANDEM OUTCOME '" + token + "'")) {
        return row.next() ? Optional.of(String.valueOf(row.getString(1))) : Optional.empty();
      }
    } finally {
      if (manual && !connection.isClosed()) {
        connection.setAutoCommit(false);
      }
    }
  }
}
