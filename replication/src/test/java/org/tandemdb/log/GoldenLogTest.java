package org.tandemdb.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tandemdb.log.Entries.all;
import static org.tandemdb.log.Entries.get;
import static org.tandemdb.log.EntryCodecTest.CHANGES;
import static org.tandemdb.log.EntryCodecTest.STAGE;
import static org.tandemdb.log.EntryCodecTest.inline;
import static org.tandemdb.log.EntryCodecTest.staged;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Position;
import org.tandemdb.env.SystemEnvironment;

/** A log that format version 1 wrote, checked in: every later program must read it. */
class GoldenLogTest {
  private static final UUID CLUSTER = new UUID(0x1234, 0x5678);
  private static final LogOptions OPTIONS =
      LogOptions.defaults()
          .withSegmentBytes(64 << 10)
          .withMaxBytes(1 << 20)
          .withCluster(CLUSTER)
          .withCacheBytes(0);

  @TempDir Path temporary = Path.of("unset");

  @Test
  void aLogOfVersionOneIsRead() throws IOException {
    for (String name : List.of("state", "0000000000000001.log")) {
      try (InputStream in = getClass().getResourceAsStream("/log-v1/" + name)) {
        Files.copy(Objects.requireNonNull(in, name), temporary.resolve(name));
      }
    }
    try (SystemEnvironment environment = new SystemEnvironment("golden", 1);
        LocalReplicationLog log =
            LocalReplicationLog.open(temporary, OPTIONS, environment, Runnable::run)) {
      assertThat(log.info())
          .isEqualTo(
              new ReplicationLog.LogInfo(CLUSTER, 1, "alpha", Position.NONE, new Position(1, 9)));
      assertThat(all(log, Position.NONE)).containsExactly(inline(1), inline(2), staged(9));
      assertThat(get(log.readStage(STAGE, 0))).isEqualTo(CHANGES);
      assertThat(get(log.readStage(STAGE, 1))).isEqualTo(CHANGES.subList(0, 1));
    }
  }

  /** Wrote the golden files; kept to show what is in them. Arguments: an empty directory. */
  public static void main(String[] arguments) {
    try (SystemEnvironment environment = new SystemEnvironment("golden", 1);
        LocalReplicationLog log =
            LocalReplicationLog.open(Path.of(arguments[0]), OPTIONS, environment, Runnable::run)) {
      get(log.newEpoch(0, new BackendId("alpha")));
      get(log.append(1, List.of(inline(1), inline(2))));
      get(log.stage(STAGE, EntryCodec.encodeChanges(CHANGES)));
      get(log.stage(STAGE, EntryCodec.encodeChanges(CHANGES.subList(0, 1))));
      get(log.append(1, List.of(staged(9))));
    }
  }
}
