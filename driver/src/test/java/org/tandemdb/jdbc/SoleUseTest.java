package org.tandemdb.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A thread that finds another in its connection waits, and not for ever. */
@Timeout(60)
final class SoleUseTest {
  private final FakeEngine engine = new FakeEngine(Postgres.server());
  private final CompletableFuture<Void> gate = new CompletableFuture<>();
  private TandemConnection connection = engine.connect();
  private CompletableFuture<Void> other = new CompletableFuture<>();

  @AfterEach
  void end() throws Exception {
    gate.complete(null);
    other.get(20, TimeUnit.SECONDS);
    connection.close();
  }

  /** Another thread is in until the gate opens. */
  private void occupy() throws SQLException {
    SoleUse use = connection.session().use();
    other =
        CompletableFuture.runAsync(
            () -> {
              try {
                use.enter();
                gate.join();
                use.leave();
              } catch (SQLException e) {
                throw new AssertionError(e);
              }
            });
    while (!use.isBusyElsewhere()) {
      LockSupport.parkNanos(1_000_000);
    }
  }

  private static void isInUse(SQLException e) {
    assertThat(e.getSQLState()).isEqualTo("55P03");
    assertThat(e.getMessage()).contains("Another thread", "Nothing was done");
  }

  @Test
  void aStatementWaitsNoLongerThanItsQueryTimeout() throws SQLException {
    Statement statement = connection.createStatement();
    statement.setQueryTimeout(1);
    occupy();
    assertThatThrownBy(() -> statement.executeQuery("SELECT 1"))
        .isInstanceOfSatisfying(SQLException.class, SoleUseTest::isInUse);
  }

  @Test
  void everythingWaitsNoLongerThanTheNetworkTimeout() throws SQLException {
    connection.setNetworkTimeout(Runnable::run, 100);
    Statement statement = connection.createStatement();
    occupy();
    assertThatThrownBy(() -> statement.executeQuery("SELECT 1"))
        .isInstanceOfSatisfying(SQLException.class, SoleUseTest::isInUse);
    assertThatThrownBy(() -> connection.setAutoCommit(false))
        .isInstanceOfSatisfying(SQLException.class, SoleUseTest::isInUse);
  }

  @Test
  void withoutEitherItWaitsAsLongAsTheEngineMayTake() throws SQLException {
    connection.close();
    engine.waitLimit = Duration.ofMillis(300);
    connection = engine.connect();
    occupy();
    assertThatThrownBy(() -> connection.setReadOnly(true))
        .isInstanceOfSatisfying(SQLException.class, SoleUseTest::isInUse);
  }

  @Test
  void anInterruptedThreadGetsItsTurnAndStaysInterrupted() throws Exception {
    Statement statement = connection.createStatement();
    occupy();
    CompletableFuture<Boolean> waiter = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try (ResultSet rows = statement.executeQuery("SELECT 1")) {
                waiter.complete(rows.next() && Thread.currentThread().isInterrupted());
              } catch (SQLException e) {
                waiter.completeExceptionally(e);
              }
            });
    thread.start();
    thread.interrupt();
    while (thread.getState() != Thread.State.TIMED_WAITING || thread.isInterrupted()) {
      LockSupport.parkNanos(1_000_000);
    }
    gate.complete(null);
    assertThat(waiter.get(20, TimeUnit.SECONDS)).isTrue();
  }
}
