package org.tandemdb.jdbc;

import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeoutException;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.config.ConnectSpec;
import org.tandemdb.config.Setting;
import org.tandemdb.config.SettingType;
import org.tandemdb.config.TandemUrl;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.session.EngineSession;
import org.tandemdb.session.SessionExecutor;

/**
 * The driver for {@code jdbc:tandem:} URLs, found by {@link DriverManager}. See {@link TandemUrl}
 * for the URL and {@code docs/configuration.md} for all settings. Thread-safe.
 */
public final class TandemDriver implements Driver {
  static final String NAME = "Tandem JDBC Driver";
  static final int MAJOR = 0;
  static final int MINOR = 1;

  /** Of the classes that the application has to bring. */
  private static final String VENDOR_PACKAGE = "org/postgresql/";

  private static final Duration LINGER = Duration.ofSeconds(5);

  /** One engine per cluster and JVM, whoever made the driver object. */
  private static final EngineRegistry ENGINES = new EngineRegistry(EmbeddedEngine::open, LINGER);

  static {
    try {
      DriverManager.registerDriver(new TandemDriver());
    } catch (SQLException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final EngineRegistry engines;

  /** For DriverManager and the service loader. */
  public TandemDriver() {
    this(ENGINES);
  }

  TandemDriver(EngineRegistry engines) {
    this.engines = engines;
  }

  @Override
  public boolean acceptsURL(String url) {
    return url.startsWith(TandemUrl.PREFIX);
  }

  @Override
  public @Nullable Connection connect(@Nullable String url, @Nullable Properties given)
      throws SQLException {
    if (url == null) {
      throw Refusals.invalid("url is null");
    }
    Properties info = given == null ? new Properties() : given;
    if (!ProxyUrl.matches(url)) {
      return open(url, info);
    }
    try {
      return ProxiedConnection.open(ProxyUrl.parse(url, info));
    } catch (RuntimeException e) {
      throw SqlErrors.of(e);
    }
  }

  @Nullable TandemConnection open(String url, Properties info) throws SQLException {
    if (!acceptsURL(url)) {
      return null;
    }
    try {
      return open(url, TandemUrl.parse(url, info));
    } catch (RuntimeException e) {
      throw SqlErrors.of(e);
    } catch (NoClassDefFoundError e) {
      if (String.valueOf(e.getMessage()).startsWith(VENDOR_PACKAGE)) {
        throw SqlErrors.of(
            ErrorCode.CONFIGURATION,
            "PostgreSQL's own driver (org.postgresql:postgresql, 42.7 or later) is not on the class"
                + " path",
            e);
      }
      throw e;
    }
  }

  private TandemConnection open(String url, ConnectSpec spec) throws SQLException {
    VendorSettings settings = VendorSettings.of(spec.cluster());
    EngineRegistry.Shared engine = engines.acquire(spec.cluster());
    boolean opened = false;
    try {
      SessionSource source = engine.source();
      SessionExecutor executor = new SessionExecutor(ForkJoinPool.commonPool());
      EngineSession<JdbcLink> session = source.open(spec.user(), spec.password(), executor);
      if (!spec.user().isEmpty()) {
        login(session, executor, source.waitLimit());
      }
      InsertCombiner inserts = source.inserts(spec.user(), spec.password()).orElse(null);
      TandemConnection connection =
          new TandemConnection(
              new ClientSession(source, session, executor, inserts),
              TandemUrl.withoutSecrets(url),
              settings,
              () -> {
                if (inserts != null) {
                  source.insertsUnused(spec.user(), spec.password());
                }
                engine.release();
              });
      opened = true;
      return connection;
    } finally {
      if (!opened) {
        engine.release();
      }
    }
  }

  /** Tandem's own role has logged in when the engine was opened; others do that here. */
  private static void login(
      EngineSession<JdbcLink> session, SessionExecutor executor, Duration limit)
      throws SQLException {
    boolean loggedIn = false;
    try {
      executor.call(session::login, limit);
      loggedIn = true;
    } catch (TimeoutException e) {
      throw SqlErrors.of(ErrorCode.NO_BACKEND, "no answer to the login within " + limit, e);
    } catch (RuntimeException e) {
      throw SqlErrors.of(e);
    } finally {
      if (!loggedIn) {
        session.close();
      }
    }
  }

  /** Values of secrets are left out. */
  @Override
  public DriverPropertyInfo[] getPropertyInfo(@Nullable String url, @Nullable Properties info) {
    String from = url == null ? "" : url;
    Map<Setting, String> inUrl = TandemUrl.given(from);
    return TandemUrl.settings().stream()
        .map(setting -> describe(setting, from, inUrl, info))
        .toArray(DriverPropertyInfo[]::new);
  }

  private static DriverPropertyInfo describe(
      Setting setting, String url, Map<Setting, String> inUrl, @Nullable Properties info) {
    String given = info == null ? null : info.getProperty(setting.key());
    String value = given != null ? given : inUrl.getOrDefault(setting, setting.defaultText());
    boolean secret = setting.type() == SettingType.SECRET;
    DriverPropertyInfo described =
        new DriverPropertyInfo(setting.key(), secret ? setting.defaultText() : value);
    described.description = setting.doc();
    described.required = setting.isRequired() && !TandemUrl.namesFile(url);
    if (!setting.choices().isEmpty()) {
      described.choices = setting.choices().toArray(String[]::new);
    }
    return described;
  }

  @Override
  public int getMajorVersion() {
    return MAJOR;
  }

  @Override
  public int getMinorVersion() {
    return MINOR;
  }

  @Override
  public boolean jdbcCompliant() {
    return false;
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    throw Refusals.unsupported("java.util.logging; the driver logs through SLF4J");
  }
}
