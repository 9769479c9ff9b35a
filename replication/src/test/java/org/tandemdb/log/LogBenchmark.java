package org.tandemdb.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;
import org.tandemdb.entry.TableName;
import org.tandemdb.entry.TypeRef;
import org.tandemdb.entry.Value;
import org.tandemdb.env.SystemEnvironment;

/**
 * How many appends of about 200 bytes are durable in a second, beside what the disk can do at all.
 * Arguments: a directory on the disk in question, and seconds per measurement.
 */
final class LogBenchmark {
  private static final AtomicLong NUMBER = new AtomicLong();

  private LogBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    Path dir = Files.createTempDirectory(Path.of(arguments[0]), "log-benchmark");
    long nanos = Long.parseLong(arguments[1]) * 1_000_000_000L;
    System.out.printf("entry: %d bytes%n", EntryCodec.encode(entry(1)).length);
    codec();
    for (int round = 0; round < 2; round++) {
      System.out.printf("raw write+fdatasync: %.0f/s%n", rawSyncs(dir.resolve("raw"), nanos));
      System.out.printf("1 client, own thread: %.0f/s%n", appends(dir, 1, true, nanos));
      System.out.printf("1 client, writer thread: %.0f/s%n", appends(dir, 1, false, nanos));
      System.out.printf("64 clients, writer thread: %.0f/s%n", appends(dir, 64, false, nanos));
    }
    try (var files = Files.walk(dir)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private static Entry entry(long number) {
    TableName table = new TableName("public", "accounts");
    return new Entry(
        new Position(1, number),
        number,
        1_700_000_000_000L,
        Map.of(),
        new Entry.Inline(
            List.of(
                new Change.Statement(
                    table,
                    "UPDATE accounts SET balance = $1, changed_at = $2, note = $3 WHERE id = $4",
                    List.of(
                        Value.ofText(new TypeRef("int8"), "123456"),
                        Value.ofText(new TypeRef("timestamptz"), "2026-01-01 00:00:00+00"),
                        Value.ofText(new TypeRef("text"), "a note"),
                        Value.ofText(new TypeRef("int8"), "4711")),
                    1))));
  }

  private static void codec() throws IOException {
    Entry entry = entry(1);
    for (int round = 0; round < 3; round++) {
      long start = System.nanoTime();
      long sum = 0;
      int n = 500_000;
      for (int i = 0; i < n; i++) {
        sum += EntryCodec.encode(entry).length;
      }
      long encoded = System.nanoTime();
      byte[] bytes = EntryCodec.encode(entry);
      for (int i = 0; i < n; i++) {
        sum += EntryCodec.decode(ByteBuffer.wrap(bytes)).createdAtMillis();
      }
      long decoded = System.nanoTime();
      System.out.printf(
          "encode %d ns, decode %d ns (%d)%n",
          (encoded - start) / n, (decoded - encoded) / n, sum % 10);
    }
  }

  private static double rawSyncs(Path file, long nanos) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      ByteBuffer zeros = ByteBuffer.allocateDirect(1 << 20);
      for (int i = 0; i < 64; i++) {
        channel.write(zeros.clear());
      }
      channel.force(true);
      ByteBuffer record = ByteBuffer.allocateDirect(232);
      long start = System.nanoTime();
      long n = 0;
      while (System.nanoTime() - start < nanos) {
        channel.write(record.clear(), n * 232 % (60 << 20));
        channel.force(false);
        n++;
      }
      return n * 1e9 / (System.nanoTime() - start);
    }
  }

  private static double appends(Path dir, int clients, boolean direct, long nanos)
      throws Exception {
    Path logDir = dir.resolve("log-" + NUMBER.incrementAndGet());
    ExecutorService writer = Executors.newSingleThreadExecutor();
    AtomicLong done = new AtomicLong();
    Object order = new Object();
    long[] next = new long[1];
    long begun;
    try (SystemEnvironment environment = new SystemEnvironment("bench", 1);
        LocalReplicationLog log =
            LocalReplicationLog.open(
                logDir, LogOptions.defaults(), environment, direct ? Runnable::run : writer)) {
      log.newEpoch(0, new BackendId("a")).toCompletableFuture().get();
      List<Thread> threads = new ArrayList<>();
      begun = System.nanoTime();
      for (int i = 0; i < clients; i++) {
        Thread thread =
            new Thread(
                () -> {
                  while (System.nanoTime() - begun < nanos) {
                    java.util.concurrent.CompletableFuture<AppendOutcome> outcome;
                    synchronized (order) {
                      outcome = log.append(1, List.of(entry(++next[0]))).toCompletableFuture();
                    }
                    if (!(outcome.join() instanceof AppendOutcome.Durable)) {
                      throw new IllegalStateException(outcome.join().toString());
                    }
                    done.incrementAndGet();
                  }
                });
        threads.add(thread);
        thread.start();
      }
      for (Thread thread : threads) {
        thread.join();
      }
      return done.get() * 1e9 / (System.nanoTime() - begun);
    } finally {
      writer.shutdown();
    }
  }
}
