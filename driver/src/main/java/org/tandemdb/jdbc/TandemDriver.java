package org.tandemdb.jdbc;

import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.ForkJoinPool;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.config.ConnectSpec;
import org.tandemdb.config.Setting;
import org.tandemdb.config.SettingType;
import org.tandemdb.config.TandemUrl;
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
  public @Nullable Connection connect(String url, Properties info) throws SQLException {
    return open(url, info);
  }

  @Nullable TandemConnection open(String url, Properties info) throws SQLException {
    if (!acceptsURL(url)) {
      return null;
    }
    try {
      return open(url, TandemUrl.parse(url, info));
    } catch (RuntimeException e) {
      throw SqlErrors.of(e);
    }
  }

  private TandemConnection open(String url, ConnectSpec spec) {
    VendorSettings settings = VendorSettings.of(spec.cluster());
    EngineRegistry.Shared engine = engines.acquire(spec.cluster());
    boolean opened = false;
    try {
      SessionSource source = engine.source();
      SessionExecutor executor = new SessionExecutor(ForkJoinPool.commonPool());
      EngineSession<JdbcLink> session = source.open(spec.user(), spec.password(), executor);
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

  @Override
  public DriverPropertyInfo[] getPropertyInfo(String url, @Nullable Properties info) {
    return TandemUrl.settings().stream()
        .map(setting -> describe(setting, info))
        .toArray(DriverPropertyInfo[]::new);
  }

  private static DriverPropertyInfo describe(Setting setting, @Nullable Properties info) {
    String given = info == null ? null : info.getProperty(setting.key());
    boolean secret = setting.type() == SettingType.SECRET;
    DriverPropertyInfo described =
        new DriverPropertyInfo(
            setting.key(), given != null && !secret ? given : setting.defaultText());
    described.description = setting.doc();
    described.required = setting == Setting.LOG;
    if (setting == Setting.COMMIT) {
      described.choices = new String[] {"durable", "applied"};
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
