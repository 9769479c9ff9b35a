package org.tandemdb.it.framework;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationVersion;
import org.flywaydb.core.api.migration.Context;
import org.flywaydb.core.api.migration.JavaMigration;
import org.flywaydb.core.api.output.MigrateResult;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Flyway migrates a cluster whose primary dies in the midst of a migration. */
class FlywayIT {

  /** Version 3: the primary is killed when the migration has done half of its work. */
  private static final class DiesOnce implements JavaMigration {
    private final Cluster cluster;
    private final AtomicInteger runs = new AtomicInteger();

    DiesOnce(Cluster cluster) {
      this.cluster = cluster;
    }

    @Override
    public MigrationVersion getVersion() {
      return MigrationVersion.fromVersion("3");
    }

    @Override
    public String getDescription() {
      return "pays";
    }

    @Override
    public Integer getChecksum() {
      return 3;
    }

    @Override
    public boolean canExecuteInTransaction() {
      return true;
    }

    @Override
    public void migrate(Context context) throws Exception {
      try (Statement statement = context.getConnection().createStatement()) {
        statement.execute("ALTER TABLE invoice ADD COLUMN paid_at timestamptz");
        if (runs.getAndIncrement() == 0) {
          cluster.crash();
        }
        statement.execute("UPDATE invoice SET state = 'paid', paid_at = now() WHERE id % 2 = 0");
      }
    }
  }

  /** CREATE INDEX CONCURRENTLY waits for the transaction that holds the lock, on any PostgreSQL. */
  private static String[] locations(boolean transactionalLock) {
    return transactionalLock
        ? new String[] {"classpath:framework/flyway"}
        : new String[] {"classpath:framework/flyway", "classpath:framework/flyway_alone"};
  }

  private static Flyway flyway(DataSource dataSource, DiesOnce dies, boolean transactionalLock) {
    return Flyway.configure()
        .dataSource(dataSource)
        .locations(locations(transactionalLock))
        .javaMigrations(dies)
        .configuration(
            Map.of("flyway.postgresql.transactional.lock", Boolean.toString(transactionalLock)))
        .load();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aMigrationThatACrashHasStoppedIsTakenBackAndRunsAgain(boolean transactionalLock)
      throws Exception {
    try (Cluster cluster = Cluster.create("flyway_" + transactionalLock)) {
      DataSource dataSource = cluster.dataSource();
      DiesOnce dies = new DiesOnce(cluster);
      assertThatThrownBy(() -> flyway(dataSource, dies, transactionalLock).migrate())
          .isInstanceOf(FlywayException.class)
          .matches(Retry::isTransactionLost, "40001 among its causes");
      assertThat(cluster.number("SELECT count(*) FROM invoice WHERE state = 'paid'")).isZero();

      // With a lock of the session the history is written in the migration's own transaction, and
      // may need a trigger that it gets by the first try.
      Retry retry = new Retry();
      MigrateResult second =
          retry.call(() -> flyway(dataSource, dies, transactionalLock).migrate());
      assertThat(retry.count()).isLessThanOrEqualTo(transactionalLock ? 0 : 1);
      assertThat(second.success).isTrue();
      assertThat(second.migrationsExecuted).isEqualTo(transactionalLock ? 2 : 3);
      assertThat(cluster.number("SELECT count(*) FROM invoice WHERE state = 'paid'")).isEqualTo(10);
      assertThat(cluster.number("SELECT count(*) FROM audit")).isEqualTo(10);
      assertThat(cluster.number("SELECT count(*) FROM open_invoice")).isEqualTo(20);

      Flyway third = flyway(dataSource, dies, transactionalLock);
      assertThat(third.migrate().migrationsExecuted).isZero();
      third.validate();
      assertThat(third.info().pending()).isEmpty();
      cluster.endsEqual(4);
    }
  }

  @Test
  void aSchemaThatIsThereIsTakenAsItsBaseline() throws Exception {
    try (Cluster cluster =
        Cluster.create("flyway_baseline", "CREATE TABLE old (id int PRIMARY KEY)")) {
      Flyway flyway =
          Flyway.configure()
              .dataSource(cluster.dataSource())
              .locations("classpath:framework/flyway")
              .baselineOnMigrate(true)
              .baselineVersion("0")
              .target("2")
              .load();
      assertThat(flyway.migrate().migrationsExecuted).isGreaterThanOrEqualTo(2);
      assertThat(flyway.info().current().getVersion()).isEqualTo(MigrationVersion.fromVersion("2"));
      cluster.endsEqual(5);
    }
  }
}
