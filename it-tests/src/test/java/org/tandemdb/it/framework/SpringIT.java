package org.tandemdb.it.framework;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.springframework.dao.CannotAcquireLockException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.SimpleJdbcInsert;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.retry.RetryCallback;
import org.springframework.retry.RetryContext;
import org.springframework.retry.RetryListener;
import org.springframework.retry.support.RetryTemplate;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionSystemException;
import org.springframework.transaction.support.TransactionTemplate;

/** Spring's JdbcTemplate and transactions over a pool, with its own translation of errors. */
class SpringIT {
  private static final String[] TABLES = {
    "CREATE TABLE account (id int PRIMARY KEY, balance numeric NOT NULL DEFAULT 100)",
    "CREATE TABLE transfer (id bigserial PRIMARY KEY, source int REFERENCES account,"
        + " target int REFERENCES account, amount numeric NOT NULL, at timestamptz DEFAULT now())",
    "INSERT INTO account SELECT generate_series(1, 10)"
  };

  private static RetryTemplate retries(AtomicInteger again) {
    return RetryTemplate.builder()
        .maxAttempts(5)
        .fixedBackoff(10)
        .retryOn(TransientDataAccessException.class)
        .withListener(
            new RetryListener() {
              @Override
              public <T, E extends Throwable> void onError(
                  RetryContext context, RetryCallback<T, E> callback, Throwable throwable) {
                again.incrementAndGet();
              }
            })
        .build();
  }

  @Test
  void transfersSurviveACrashAndAreCountedOnce() throws Exception {
    AtomicInteger again = new AtomicInteger();
    RetryTemplate retries = retries(again);
    try (Cluster cluster = Cluster.create("spring", TABLES);
        HikariDataSource pool = cluster.pool(6)) {
      JdbcTemplate jdbc = new JdbcTemplate(pool);
      // It translates what COMMIT throws, too.
      JdbcTransactionManager transactions = new JdbcTransactionManager(pool);
      TransactionTemplate writing = new TransactionTemplate(transactions);
      TransactionTemplate reading = new TransactionTemplate(transactions);
      reading.setReadOnly(true);
      reading.setIsolationLevel(TransactionDefinition.ISOLATION_REPEATABLE_READ);
      int rounds;
      try (Clients clients =
          Clients.start(
              4,
              (client, round) -> {
                int source = 1 + (client + round) % 9;
                retries.execute(
                    context -> writing.execute(status -> transfers(jdbc, source, source + 1)));
                retries.execute(context -> reading.execute(status -> nothingIsLost(jdbc)));
                assertThat(jdbc.queryForObject("SELECT count(*) FROM account", Long.class))
                    .isEqualTo(10);
              })) {
        clients.awaitMore(40);
        cluster.crash();
        clients.awaitMore(40);
        rounds = clients.stop();
      }
      assertThat(cluster.number("SELECT count(*) FROM transfer")).isEqualTo(rounds);
      assertThat(cluster.number("SELECT sum(balance) FROM account")).isEqualTo(1000);
      cluster.endsEqual(2);
    }
  }

  private static boolean transfers(JdbcTemplate jdbc, int source, int target) {
    // In the order of their keys, so that nobody waits for each other.
    jdbc.queryForList(
        "SELECT id FROM account WHERE id IN (?, ?) ORDER BY id FOR UPDATE", source, target);
    jdbc.update("UPDATE account SET balance = balance - 1 WHERE id = ?", source);
    jdbc.update("UPDATE account SET balance = balance + 1 WHERE id = ?", target);
    Number id =
        new SimpleJdbcInsert(jdbc)
            .withTableName("transfer")
            .usingColumns("source", "target", "amount")
            .usingGeneratedKeyColumns("id")
            .executeAndReturnKey(Map.of("source", source, "target", target, "amount", 1));
    assertThat(id.longValue()).isPositive();
    return true;
  }

  /** Two statements, one snapshot. */
  private static boolean nothingIsLost(JdbcTemplate jdbc) {
    List<Integer> sums =
        List.of(
            one(jdbc, "SELECT sum(balance) FROM account"),
            one(jdbc, "SELECT sum(balance) FROM account"));
    assertThat(sums).containsOnly(1000);
    return true;
  }

  private static Integer one(JdbcTemplate jdbc, String sql) {
    Integer value = jdbc.queryForObject(sql, Integer.class);
    return value == null ? 0 : value;
  }

  @Test
  void errorsAreWhatSpringCallsThem() throws Exception {
    try (Cluster cluster = Cluster.create("spring_errors", TABLES);
        HikariDataSource pool = cluster.pool(3)) {
      JdbcTemplate jdbc = new JdbcTemplate(pool);
      assertThatThrownBy(() -> jdbc.update("INSERT INTO account VALUES (1)"))
          .isInstanceOf(DuplicateKeyException.class)
          .hasMessageContaining("account_pkey");
      assertThatThrownBy(() -> jdbc.execute("PREPARE TRANSACTION 'x'"))
          .isInstanceOf(InvalidDataAccessApiUsageException.class);

      TransactionTemplate reading = new TransactionTemplate(new JdbcTransactionManager(pool));
      reading.setReadOnly(true);
      assertThatThrownBy(
              () -> reading.execute(status -> jdbc.update("DELETE FROM transfer WHERE id = 0")))
          .hasMessageContaining("read-only transaction");

      TransactionTemplate writing = new TransactionTemplate(new JdbcTransactionManager(pool));
      assertThatThrownBy(
              () -> writing.execute(status -> diesInTheMidst(cluster, jdbc, "in a statement")))
          .isInstanceOf(TransientDataAccessException.class)
          .isInstanceOf(CannotAcquireLockException.class);
      assertThatThrownBy(() -> writing.execute(status -> diesInTheMidst(cluster, jdbc, "")))
          .as("at COMMIT")
          .isInstanceOf(TransientDataAccessException.class);

      // The older transaction manager calls any error of COMMIT the same, and nothing retries it.
      TransactionTemplate older = new TransactionTemplate(new DataSourceTransactionManager(pool));
      assertThatThrownBy(() -> older.execute(status -> diesInTheMidst(cluster, jdbc, "")))
          .isInstanceOf(TransactionSystemException.class)
          .matches(Retry::isTransactionLost);
      assertThat(cluster.number("SELECT count(*) FROM transfer")).isZero();
      cluster.endsEqual(2);
    }
  }

  /** The primary dies before COMMIT, or before a statement that comes first. */
  private static boolean diesInTheMidst(Cluster cluster, JdbcTemplate jdbc, String further) {
    jdbc.update("INSERT INTO transfer (source, target, amount) VALUES (1, 2, 3)");
    try {
      cluster.crash();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    if (!further.isEmpty()) {
      jdbc.update("UPDATE account SET balance = 0 WHERE id = 1");
    }
    return true;
  }

  /** Autocommit SELECTs and READ ONLY transactions are balanced; all others run on the primary. */
  @Test
  void readOnlyTransactionsReachTheReplica() throws Exception {
    try (Cluster cluster = Cluster.create("spring_reads", TABLES);
        HikariDataSource pool = cluster.pool(4)) {
      JdbcTemplate jdbc = new JdbcTemplate(pool);
      TransactionTemplate writing = new TransactionTemplate(new JdbcTransactionManager(pool));
      TransactionTemplate reading = new TransactionTemplate(new JdbcTransactionManager(pool));
      reading.setReadOnly(true);
      cluster.awaitEverything();
      long before = cluster.readsOnReplica();
      for (int i = 0; i < 10; i++) {
        writing.execute(status -> one(jdbc, "SELECT count(*) FROM account"));
      }
      assertThat(cluster.readsOnReplica()).as("read-write transactions").isEqualTo(before);
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        Thread thread =
            new Thread(
                () -> {
                  for (int j = 0; j < 50; j++) {
                    reading.execute(status -> one(jdbc, "SELECT count(*) FROM account"));
                  }
                });
        threads.add(thread);
        thread.start();
      }
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(cluster.readsOnReplica()).as("READ ONLY ones").isGreaterThan(before);
    }
  }
}
