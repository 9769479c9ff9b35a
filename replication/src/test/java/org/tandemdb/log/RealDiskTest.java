package org.tandemdb.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tandemdb.log.Entries.all;
import static org.tandemdb.log.Entries.entry;
import static org.tandemdb.log.Entries.get;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;
import org.tandemdb.env.SystemEnvironment;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;

class RealDiskTest {
  private static final LogOptions OPTIONS =
      LogOptions.defaults().withSegmentBytes(1 << 20).withMaxBytes(64 << 20).withCacheBytes(0);

  @TempDir Path temporary = Path.of("unset");

  /** Entries hold data and secrets. */
  @Test
  void filesAreForTheOwnerOnlyAndSegmentsTakeTheirSpaceAtOnce() throws IOException {
    Path dir = temporary.resolve("log");
    try (SystemEnvironment environment = new SystemEnvironment("test", 1);
        LocalReplicationLog log =
            LocalReplicationLog.open(dir, OPTIONS, environment, Runnable::run)) {
      assertThat(log.isOwner()).isTrue();
      assertThat(mode(dir)).isEqualTo("rwx------");
      try (Stream<Path> files = Files.list(dir)) {
        assertThat(files.toList()).hasSize(4).allMatch(f -> mode(f).equals("rw-------"));
      }
      Path segment = dir.resolve("0000000000000001.log");
      assertThat(Files.size(segment)).isEqualTo(1 << 20);
      assertThatThrownBy(() -> LocalReplicationLog.open(dir, OPTIONS, environment, Runnable::run))
          .isInstanceOfSatisfying(
              TandemException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_OWNER))
          .hasMessageContaining("process " + ProcessHandle.current().pid());
    }
  }

  private static String mode(Path file) {
    try {
      return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** An application's thread may be interrupted while it commits: that is no disk failure. */
  @Test
  void anInterruptOfTheCallerHarmsNeitherTheAppendNorTheLog() {
    try (SystemEnvironment environment = new SystemEnvironment("test", 1);
        LocalReplicationLog log =
            LocalReplicationLog.open(
                temporary.resolve("log"), OPTIONS, environment, Runnable::run)) {
      get(log.newEpoch(0, new BackendId("a")));
      Thread.currentThread().interrupt();
      CompletionStage<AppendOutcome> first = log.append(1, List.of(entry(1, 1, 10)));
      assertThat(Thread.interrupted()).isTrue();
      assertThat(get(first)).isEqualTo(new AppendOutcome.Durable());
      assertThat(get(log.append(1, List.of(entry(1, 2, 10)))))
          .isEqualTo(new AppendOutcome.Durable());
    }
  }

  @Test
  void appendsThatArriveTogetherAreAllDurableAndInOrder() throws Exception {
    ExecutorService writer = Executors.newSingleThreadExecutor();
    Path dir = temporary.resolve("log");
    List<Entry> expected = new ArrayList<>();
    try (SystemEnvironment environment = new SystemEnvironment("test", 1)) {
      try (LocalReplicationLog log = LocalReplicationLog.open(dir, OPTIONS, environment, writer)) {
        get(log.newEpoch(0, new BackendId("a")));
        List<CompletionStage<AppendOutcome>> outcomes = new ArrayList<>();
        for (int i = 1; i <= 3000; i++) {
          expected.add(entry(1, i, 1500));
          outcomes.add(log.append(1, List.of(expected.get(i - 1))));
        }
        for (CompletionStage<AppendOutcome> outcome : outcomes) {
          assertThat(get(outcome)).isEqualTo(new AppendOutcome.Durable());
        }
        assertThat(all(log, Position.NONE)).isEqualTo(expected);
      }
      try (LocalReplicationLog log = LocalReplicationLog.open(dir, OPTIONS, environment, writer)) {
        assertThat(all(log, Position.NONE)).isEqualTo(expected);
      }
    } finally {
      writer.shutdown();
    }
  }
}
