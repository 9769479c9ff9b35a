package org.tandemdb.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.session.EngineSession.CommitResult;
import org.tandemdb.session.SessionExecutor;

/** The engine over two real servers. */
class EngineTest {

  @Test
  void whatIsCommittedIsOnBothServers(@TempDir Path directory) throws Exception {
    try (TwoServers servers = new TwoServers(2, directory);
        Engine<JdbcLink> engine = servers.open();
        TestClient client =
            new TestClient(engine, new SessionExecutor(servers.environment.scheduler()))) {
      assertThat(
              client.run(
                  "CREATE TABLE orders (id bigserial PRIMARY KEY, item text NOT NULL, at timestamptz DEFAULT now())"))
          .isInstanceOf(CommitResult.Committed.class);
      assertThat(client.run("INSERT INTO orders (item) VALUES ('pen'), ('ink')"))
          .isInstanceOf(CommitResult.Committed.class);
      assertThat(client.run("UPDATE orders SET item = 'paper' WHERE id = 1"))
          .isInstanceOf(CommitResult.Committed.class);
      assertThat(client.run("UPDATE orders SET item = item || '!' WHERE id < 10"))
          .isInstanceOf(CommitResult.Committed.class);
      var position =
          ((CommitResult.Committed) client.run("DELETE FROM orders WHERE id = 2")).position();
      engine
          .appliedEverywhere(position.orElseThrow())
          .toCompletableFuture()
          .get(10, java.util.concurrent.TimeUnit.SECONDS);
      assertThat(client.read("SELECT item FROM orders ORDER BY id")).containsExactly("paper!");
      assertThat(engine.cluster().members()).allMatch(m -> m.note().isEmpty());
      String all = "SELECT * FROM orders ORDER BY id";
      assertThat(servers.rows(0, all)).hasSize(1).isEqualTo(servers.rows(1, all));
    }
  }
}
