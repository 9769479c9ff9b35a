package org.tandemdb.it.framework;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.util.Date;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.quartz.Job;
import org.quartz.JobBuilder;
import org.quartz.JobDetail;
import org.quartz.JobExecutionContext;
import org.quartz.JobExecutionException;
import org.quartz.Scheduler;
import org.quartz.SimpleScheduleBuilder;
import org.quartz.Trigger;
import org.quartz.TriggerBuilder;
import org.quartz.impl.SchedulerRepository;
import org.quartz.impl.StdSchedulerFactory;
import org.quartz.utils.ConnectionProvider;
import org.quartz.utils.DBConnectionManager;

/** Two clustered schedulers share their job store through a crash of the primary. */
class QuartzIT {
  private static final String SOURCE = "tandem";
  private static final int TRIGGERS = 4;
  private static final int FIRINGS = 12;
  private static final Duration EVERY = Duration.ofMillis(250);
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final AtomicInteger RUNS = new AtomicInteger();

  private static final String TWICE =
      "SELECT string_agg(f::text, ' ' ORDER BY id) FROM fired f WHERE EXISTS (SELECT FROM fired o"
          + " WHERE (o.trigger, o.due) = (f.trigger, f.due) AND o.id <> f.id)";

  /** What jobs write to; set by the one test. */
  private static volatile @Nullable DataSource target;

  /** Writes down that it was fired, once. */
  public static final class Fired implements Job {
    @Override
    public void execute(JobExecutionContext context) throws JobExecutionException {
      DataSource source = target;
      if (source == null) {
        throw new JobExecutionException("no target");
      }
      try (Connection connection = source.getConnection();
          PreparedStatement insert =
              connection.prepareStatement(
                  "INSERT INTO fired (trigger, due, instance) VALUES (?, ?, ?)")) {
        insert.setString(1, context.getTrigger().getKey().getName());
        insert.setTimestamp(2, new Timestamp(context.getScheduledFireTime().getTime()));
        insert.setString(3, context.getScheduler().getSchedulerInstanceId());
        insert.executeUpdate(); // autocommit: run again by the driver
        RUNS.incrementAndGet();
      } catch (Exception e) {
        throw new JobExecutionException(e);
      }
    }
  }

  private static String tables() throws IOException {
    try (InputStream script =
        QuartzIT.class.getResourceAsStream("/org/quartz/impl/jdbcjobstore/tables_postgres.sql")) {
      assertThat(script).as("Quartz's own script").isNotNull();
      return script == null ? "" : new String(script.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static Scheduler scheduler(String instance) throws Exception {
    Properties properties = new Properties();
    properties.setProperty("org.quartz.scheduler.instanceName", "clustered");
    properties.setProperty("org.quartz.scheduler.instanceId", instance);
    properties.setProperty("org.quartz.scheduler.skipUpdateCheck", "true");
    properties.setProperty("org.quartz.scheduler.dbFailureRetryInterval", "200");
    properties.setProperty("org.quartz.threadPool.class", "org.quartz.simpl.SimpleThreadPool");
    properties.setProperty("org.quartz.threadPool.threadCount", "3");
    properties.setProperty("org.quartz.jobStore.class", "org.quartz.impl.jdbcjobstore.JobStoreTX");
    properties.setProperty(
        "org.quartz.jobStore.driverDelegateClass",
        "org.quartz.impl.jdbcjobstore.PostgreSQLDelegate");
    properties.setProperty("org.quartz.jobStore.dataSource", SOURCE);
    properties.setProperty("org.quartz.jobStore.isClustered", "true");
    // Without it two instances may take one firing, on any database: selected by both, taken, fired
    // and put back by the one, then taken by the other.
    properties.setProperty("org.quartz.jobStore.acquireTriggersWithinLock", "true");
    properties.setProperty("org.quartz.jobStore.clusterCheckinInterval", "500");
    properties.setProperty("org.quartz.jobStore.dbRetryInterval", "200");
    // In one JVM two of a name would be one.
    StdSchedulerFactory factory = new StdSchedulerFactory(properties);
    Scheduler scheduler = factory.getScheduler();
    SchedulerRepository.getInstance().remove(scheduler.getSchedulerName());
    return scheduler;
  }

  private static void schedule(Scheduler scheduler) throws Exception {
    Date start = new Date(System.currentTimeMillis() + 300);
    for (int i = 0; i < TRIGGERS; i++) {
      JobDetail job =
          JobBuilder.newJob(Fired.class)
              .withIdentity("job " + i)
              .usingJobData("what", "is stored as bytes")
              .storeDurably()
              .build();
      Trigger trigger =
          TriggerBuilder.newTrigger()
              .withIdentity("trigger " + i)
              .startAt(start)
              .withSchedule(
                  SimpleScheduleBuilder.simpleSchedule()
                      .withIntervalInMilliseconds(EVERY.toMillis())
                      .withRepeatCount(FIRINGS - 1)
                      .withMisfireHandlingInstructionIgnoreMisfires())
              .build();
      scheduler.scheduleJob(job, trigger);
    }
  }

  @Test
  void everyFiringIsCountedOnce() throws Exception {
    try (Cluster cluster =
            Cluster.create(
                "quartz",
                "CREATE TABLE fired (id bigserial PRIMARY KEY, trigger text, due timestamptz,"
                    + " instance text)");
        HikariDataSource pool = cluster.pool(12)) {
      cluster.execute(tables());
      target = pool;
      DBConnectionManager.getInstance().addConnectionProvider(SOURCE, provider(pool));
      Scheduler first = scheduler("first");
      Scheduler second = scheduler("second");
      assertThat(first).isNotSameAs(second);
      try {
        schedule(first);
        first.start();
        second.start();
        awaitFired(cluster, TRIGGERS * FIRINGS / 3);
        cluster.crash();
        awaitFired(cluster, TRIGGERS * FIRINGS);
      } finally {
        first.shutdown(true);
        second.shutdown(true);
        target = null;
      }
      assertThat(cluster.text(TWICE)).as("what was fired twice").isEmpty();
      assertThat(cluster.number("SELECT count(*) FROM fired")).isEqualTo(TRIGGERS * FIRINGS);
      assertThat(cluster.number("SELECT count(DISTINCT (trigger, due)) FROM fired"))
          .isEqualTo(TRIGGERS * FIRINGS);
      assertThat(RUNS.get()).isEqualTo(TRIGGERS * FIRINGS);
      assertThat(cluster.number("SELECT count(*) FROM qrtz_triggers")).isZero();
      assertThat(cluster.number("SELECT count(*) FROM qrtz_job_details")).isEqualTo(TRIGGERS);
      cluster.endsEqual(12);
    }
  }

  private static ConnectionProvider provider(DataSource source) {
    return new ConnectionProvider() {
      @Override
      public Connection getConnection() throws SQLException {
        return source.getConnection();
      }

      @Override
      public void shutdown() {}

      @Override
      public void initialize() {}
    };
  }

  private static void awaitFired(Cluster cluster, int firings) throws SQLException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (cluster.number("SELECT count(*) FROM fired") < firings) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError(
            "fired: " + cluster.number("SELECT count(*) FROM fired") + " of " + firings);
      }
      LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
    }
  }
}
