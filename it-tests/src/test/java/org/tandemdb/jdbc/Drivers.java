package org.tandemdb.jdbc;

import java.sql.Driver;
import java.time.Duration;
import java.util.function.BiFunction;
import javax.sql.DataSource;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.config.ClusterConfig;
import org.tandemdb.engine.Engine;
import org.tandemdb.engine.pg.PgEngines;
import org.tandemdb.env.Environment;

/** Drivers whose engine ends with its last connection, and may be put together otherwise. */
public final class Drivers {
  private Drivers() {}

  /** As an application has it, without the lingering. */
  public static Driver plain() {
    return over(PgEngines::open);
  }

  /** With engines that {@code assembly} opens. */
  public static Driver over(BiFunction<ClusterConfig, Environment, Engine<JdbcLink>> assembly) {
    return new TandemDriver(
        new EngineRegistry(config -> EmbeddedEngine.open(config, assembly::apply), Duration.ZERO));
  }

  /** What {@code driver} connects to, for pools and frameworks. */
  public static DataSource dataSource(Driver driver, String url) {
    TandemDataSource source = new TandemDataSource((TandemDriver) driver);
    source.setUrl(url);
    return source;
  }
}
