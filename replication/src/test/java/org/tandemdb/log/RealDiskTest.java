package org.tandemdb.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tandemdb.log.Entries.all;
import static org.tandemdb.log.Entries.entry;
import static org.tandemdb.log.Entries.get;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
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

  private static AbstractThrowableAssert<?, ? extends Throwable> refused(Path dir) {
    return assertThatThrownBy(
            () -> {
              try (SystemEnvironment environment = new SystemEnvironment("test", 1)) {
                LocalReplicationLog.open(dir, OPTIONS, environment, Runnable::run).close();
              }
            })
        .isInstanceOfSatisfying(
            TandemException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.LOG_UNREADABLE))
        .hasMessageContaining("the log's directory " + dir)
        .hasMessageContaining("Let 'log' name a directory that user ");
  }

  /** † It was taken for damage: replicas were lost for a moment, and outcomes could not be told. */
  @Test
  void whatBecomesDurableWhileTheEndIsReadIsNoDamage() throws Exception {
    int appends = 4000;
    ExecutorService writer = Executors.newSingleThreadExecutor();
    try (SystemEnvironment environment = new SystemEnvironment("test", 2);
        LocalReplicationLog log =
            LocalReplicationLog.open(
                temporary.resolve("log"), OPTIONS, environment, Runnable::run)) {
      get(log.newEpoch(0, new BackendId("a")));
      get(log.append(1, List.of(entry(1, 1, 10))));
      Future<?> appending =
          writer.submit(
              () -> {
                for (int i = 2; i <= appends; i++) {
                  get(log.append(1, List.of(entry(1, i, 10))));
                }
              });
      while (!appending.isDone()) {
        Position head = log.durableHead();
        assertThat(get(log.contains(head))).isTrue();
        assertThat(all(log, new Position(1, head.number() - 1))).isNotEmpty();
      }
      appending.get();
    } finally {
      writer.shutdown();
    }
  }

  @Test
  void aPathThatCannotBeADirectoryIsRefusedWithTheReason() throws IOException {
    Path file = Files.writeString(temporary.resolve("file"), "here already");
    refused(file).hasMessageContaining(file + ": a file, not a directory");
    Path deeper = file.resolve("deeper");
    refused(deeper).hasMessageContaining(deeper + ": Not a directory");
    assertThatThrownBy(() -> LocalReplicationLog.exists(file))
        .hasMessageContaining("cannot be read: " + file + ": not a directory");
    assertThat(LocalReplicationLog.exists(temporary.resolve("nothing"))).isFalse();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aPlaceWhereNothingCanBeCreatedIsRefusedWithTheReason() {
    Path nowhere = Path.of("/proc/tandem-log");
    refused(nowhere).hasMessageContaining("created: " + nowhere + ": no such file or directory");
  }

  /** It is not "in use by somebody else". */
  @Test
  void aLockThatCannotBeOpenedIsRefusedWithTheReason() throws IOException {
    Path lock = Files.createDirectories(temporary.resolve("log").resolve("lock"));
    refused(temporary.resolve("log")).hasMessageContaining("written: " + lock + ": Is a directory");
  }

  @Test
  void aMissingPermissionIsSaidInWords() {
    assertThat(DiskReason.of(new AccessDeniedException("/root/log")))
        .isEqualTo("/root/log: permission denied");
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
