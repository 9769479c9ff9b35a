package org.tandemdb.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tandemdb.engine.Outcomes.Outcome;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Format;
import org.tandemdb.entry.Position;
import org.tandemdb.entry.TableName;
import org.tandemdb.entry.TypeRef;
import org.tandemdb.entry.Value;
import org.tandemdb.log.AppendOutcome;
import org.tandemdb.log.LocalReplicationLog;
import org.tandemdb.log.LogOptions;
import org.tandemdb.session.TransactionToken;
import org.tandemdb.sim.DirectEnvironment;
import org.tandemdb.sim.SimDisk;

/** What a log tells of transactions whose clients hold a token. */
class OutcomesTest {
  private final DirectEnvironment environment =
      new DirectEnvironment(new Random(8), new SimDisk(new Random(7)));
  private LocalReplicationLog log;
  private Outcomes outcomes;
  private long number;

  @BeforeEach
  void open() throws Exception {
    reopen();
    log.newEpoch(0, new BackendId("a")).toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  /** Without entries in memory. */
  private void reopen() {
    LogOptions options =
        LogOptions.defaults().withSegmentBytes(64 << 10).withMaxBytes(1 << 20).withCacheBytes(0);
    log = LocalReplicationLog.open(Path.of("/log"), options, environment, Runnable::run);
    outcomes = new Outcomes(log, environment, Duration.ofSeconds(20));
  }

  @AfterEach
  void close() {
    log.close();
  }

  private Position append(Optional<UUID> token, int bytes) throws Exception {
    Position position = new Position(1, ++number);
    Entry entry =
        new Entry(
            position,
            number,
            0,
            Map.of(),
            new Entry.Inline(
                List.of(
                    new Change.Statement(
                        new TableName("public", "t"),
                        "INSERT INTO t VALUES ($1)",
                        List.of(
                            new Value(
                                new TypeRef("bytea"),
                                Format.BINARY,
                                ByteBuffer.wrap(new byte[bytes]))),
                        1))),
            token);
    assertThat(log.append(1, List.of(entry)).toCompletableFuture().get(20, TimeUnit.SECONDS))
        .isInstanceOf(AppendOutcome.Durable.class);
    return position;
  }

  private Outcome of(TransactionToken token) throws Exception {
    return outcomes
        .of(TransactionToken.parse(token.toString()))
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
  }

  @Test
  void anEntryWithTheTokenIsTheProofThatItIsCommitted() throws Exception {
    append(Optional.empty(), 10);
    TransactionToken token = outcomes.next();
    append(Optional.empty(), 10);
    Position position = append(Optional.of(token.id()), 10);
    append(Optional.of(outcomes.next().id()), 10);
    assertThat(of(token)).isEqualTo(new Outcome("committed", Optional.of(position), ""));
  }

  /** † Else a client would repeat what is committed a moment later. */
  @Test
  void asLongAsItsSessionMayCommitNobodyIsToldThatItDidNot() throws Exception {
    TransactionToken token = outcomes.next();
    assertThat(of(token).word()).isEqualTo("in progress");
    append(Optional.empty(), 10);
    outcomes.over(token);
    assertThat(of(token).word()).isEqualTo("not committed");
  }

  /** † Below the log's truncation the answer is "unknown", not "not committed". */
  @Test
  void whatTheLogHasForgottenIsUnknown() throws Exception {
    TransactionToken token = outcomes.next();
    TransactionToken found = outcomes.next();
    outcomes.over(token);
    for (int i = 0; i < 12; i++) {
      append(Optional.empty(), 20_000);
    }
    append(Optional.of(found.id()), 10);
    assertThat(of(token).word()).isEqualTo("not committed");
    log.truncateBelow(new Position(1, 10)).toCompletableFuture().get(20, TimeUnit.SECONDS);
    assertThat(log.status().first()).isNotEqualTo(Position.NONE);
    assertThat(of(token).word()).isEqualTo("unknown");
    assertThat(of(found).word()).as("it is still there").isEqualTo("committed");
  }

  @Test
  void whatIsLookedForMayBeFarBack() throws Exception {
    TransactionToken token = outcomes.next();
    append(Optional.of(token.id()), 10);
    for (int i = 0; i < 3000; i++) {
      append(Optional.empty(), 10);
    }
    log.close();
    reopen();
    assertThat(of(token).word()).isEqualTo("committed");
  }

  @Test
  void anotherClustersTokenIsNotAnswered() {
    TransactionToken token = new TransactionToken(new UUID(1, 2), Position.NONE, new UUID(3, 4));
    assertThatThrownBy(() -> of(token))
        .hasMessageContaining("not of a transaction of this cluster");
  }

  @Test
  void whatIsNoTokenIsSaidToBeNone() {
    for (String text : List.of("", "x", "00000000-1-2-3", "0000000g-1-2-" + "0".repeat(32))) {
      assertThatThrownBy(() -> TransactionToken.parse(text))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
