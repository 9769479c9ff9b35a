package org.tandemdb.log;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Format;
import org.tandemdb.entry.Position;
import org.tandemdb.entry.StageId;
import org.tandemdb.entry.TableName;
import org.tandemdb.entry.TypeRef;
import org.tandemdb.entry.Value;

/** Entries for tests, and a way to wait for results with a deadline. */
final class Entries {
  private Entries() {}

  static Entry entry(long epoch, long number, int bytes) {
    byte[] data = new byte[bytes];
    new Random(number).nextBytes(data);
    Value value = new Value(new TypeRef("bytea"), Format.BINARY, ByteBuffer.wrap(data));
    return new Entry(
        new Position(epoch, number),
        number,
        number,
        Map.of("TimeZone", "UTC"),
        new Entry.Inline(
            List.of(
                new Change.Statement(
                    new TableName("public", "t"),
                    "INSERT INTO t VALUES ($1)",
                    List.of(value),
                    1))));
  }

  static Entry staged(long epoch, long number, StageId stage, int chunks) {
    return new Entry(
        new Position(epoch, number), number, number, Map.of(), new Entry.Staged(stage, chunks, 1));
  }

  static List<Change> chunk(long seed, int bytes) {
    return ((Entry.Inline) entry(1, seed, bytes).body()).changes();
  }

  static <T> T get(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
    } catch (java.util.concurrent.ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new AssertionError(e);
    } catch (InterruptedException | java.util.concurrent.TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  /** Everything after {@code from}. */
  static List<Entry> all(ReplicationLog log, Position from) {
    List<Entry> all = new java.util.ArrayList<>();
    try (LogCursor cursor = log.tail(from, 20_000)) {
      for (List<Entry> some = get(cursor.next(log.durableHead()));
          !some.isEmpty();
          some = get(cursor.next(log.durableHead()))) {
        all.addAll(some);
      }
    }
    return all;
  }
}
