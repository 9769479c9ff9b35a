package org.tandemdb.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tandemdb.config.Setting;
import org.tandemdb.session.ReadLevel;

/**
 * Section 5 on real servers: a lock that the engine knows nothing of makes the replica's applier
 * stand still, and transactions that are open on the primary send every read that may go there to
 * the replica.
 */
class ReadLevelsTest {
  private static final String READ = "SELECT v FROM t WHERE id = 1";
  private RunningEngine rig;
  private TestClient busyOne;
  private TestClient busyTwo;

  @BeforeEach
  void open(@TempDir Path directory) throws Exception {
    rig = new RunningEngine(2, directory, Map.of(Setting.MAX_APPLY_DELAY, "1h"));
    busyOne = rig.client();
    busyTwo = rig.client();
    busyOne.write("INSERT INTO t VALUES (101, 'open')");
    busyTwo.write("INSERT INTO t VALUES (102, 'open')");
  }

  @AfterEach
  void close() throws Exception {
    busyOne.close();
    busyTwo.close();
    rig.close();
  }

  /** Nothing is applied until it is closed; readers are not in its way. */
  private Connection theReplicaStandsStill() throws Exception {
    Connection connection = rig.direct(1);
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("LOCK TABLE t IN EXCLUSIVE MODE");
    }
    return connection;
  }

  private long readsOnReplica() {
    return rig.member(1).reads().get();
  }

  /** Section 5: a strong read is not answered by a replica that lacks what was acknowledged. */
  @Test
  void aStrongReadIsNotAnsweredFromAReplicaThatIsBehind() throws Exception {
    try (TestClient reader = rig.client();
        TestClient writer = rig.client()) {
      assertThat(reader.read(READ)).containsExactly("a");
      assertThat(readsOnReplica()).as("reads on the replica").isEqualTo(1);
      try (Connection lock = theReplicaStandsStill()) {
        for (int i = 0; i < 20; i++) {
          writer.run("UPDATE t SET v = 'new" + i + "' WHERE id = 1");
          assertThat(reader.read(READ)).containsExactly("new" + i);
        }
        assertThat(rig.servers.rows(1, READ)).containsExactly("a");
        assertThat(readsOnReplica()).isEqualTo(1);
      }
      rig.copiesAreEqual("t");
      assertThat(reader.read(READ)).containsExactly("new19");
      assertThat(readsOnReplica()).isEqualTo(2);
    }
  }

  /** Section 5: a session reads what it has committed itself, and what it has seen. */
  @Test
  void aSessionReadsItsOwnWritesAndNeverGoesBackBehindWhatItHasSeen() throws Exception {
    try (TestClient mine = rig.client();
        TestClient other = rig.client();
        TestClient seer = rig.client()) {
      for (TestClient client : new TestClient[] {mine, other, seer}) {
        client.session.consistency(new ReadLevel.Session());
      }
      try (Connection lock = theReplicaStandsStill()) {
        mine.run("UPDATE t SET v = 'new' WHERE id = 1");
        assertThat(mine.read(READ)).containsExactly("new");
        assertThat(other.read(READ)).as("of another session").containsExactly("a");
        // A look at the primary, and from then on nothing older.
        seer.session.consistency(new ReadLevel.Strong());
        assertThat(seer.read(READ)).containsExactly("new");
        seer.session.consistency(new ReadLevel.Session());
        assertThat(seer.read(READ)).containsExactly("new");
      }
    }
  }

  /** Section 5: who has seen something on a replica does not go back behind it either. */
  @Test
  void whatWasSeenOnAReplicaCountsForTheSession() throws Exception {
    try (TestClient writer = rig.client();
        TestClient reader = rig.client()) {
      writer.run("UPDATE t SET v = 'new' WHERE id = 1");
      rig.copiesAreEqual("t");
      reader.session.consistency(new ReadLevel.Eventual());
      assertThat(reader.read(READ)).containsExactly("new");
      assertThat(readsOnReplica()).isEqualTo(1);
      assertThat(reader.session.token().atLeast()).isEqualTo(rig.engine.log().durableHead());
    }
  }

  /** Section 5: {@code bounded} and {@code eventual} may be answered by the replica behind. */
  @Test
  void aBoundedReadIsOldOnlyWithinItsBoundAndAnEventualOneMayBe() throws Exception {
    try (TestClient writer = rig.client();
        TestClient bounded = rig.client();
        TestClient eventual = rig.client();
        Connection lock = theReplicaStandsStill()) {
      bounded.session.consistency(new ReadLevel.Bounded(Duration.ofSeconds(2)));
      eventual.session.consistency(new ReadLevel.Eventual());
      writer.run("UPDATE t SET v = 'new' WHERE id = 1");
      long acknowledged = System.nanoTime();
      assertThat(eventual.read(READ)).containsExactly("a");
      boolean old = true;
      while (old) {
        long began = System.nanoTime();
        old = bounded.read(READ).contains("a");
        if (old) {
          assertThat(Duration.ofNanos(began - acknowledged)).isLessThan(Duration.ofSeconds(2));
        }
      }
      assertThat(bounded.read(READ)).containsExactly("new");
      assertThat(eventual.read(READ)).containsExactly("a");
    }
  }
}
