package org.tandemdb.it.framework;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Threads that do the same again and again, until they are stopped or one of them fails. */
final class Clients implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final long POLL_NANOS = Duration.ofMillis(2).toNanos();

  private final AtomicInteger done = new AtomicInteger();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean stopped;

  /** What a client does once. */
  interface Step {
    /**
     * @param client from 0
     * @param round from 0, of this client
     */
    void run(int client, int round) throws Exception;
  }

  private Clients() {}

  static Clients start(int count, Step step) {
    Clients clients = new Clients();
    for (int i = 0; i < count; i++) {
      int client = i;
      Thread thread = new Thread(() -> clients.work(client, step), "client-" + i);
      thread.setDaemon(true);
      clients.threads.add(thread);
      thread.start();
    }
    return clients;
  }

  private void work(int client, Step step) {
    try {
      for (int round = 0; !stopped; round++) {
        step.run(client, round);
        done.incrementAndGet();
      }
    } catch (Throwable e) {
      failure.compareAndSet(null, e);
    }
  }

  /** Waits until that many more steps are done. */
  void awaitMore(int steps) {
    int enough = done.get() + steps;
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (done.get() < enough) {
      check();
      if (System.nanoTime() > deadline) {
        throw new AssertionError("no progress at " + done.get() + " of " + enough + where());
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  private String where() {
    StringBuilder stacks = new StringBuilder();
    for (Thread thread : threads) {
      stacks.append('\n').append(thread.getName());
      for (StackTraceElement element : thread.getStackTrace()) {
        stacks.append("\n  ").append(element);
      }
    }
    return stacks.toString();
  }

  private void check() {
    Throwable e = failure.get();
    if (e != null) {
      throw new AssertionError("a client failed: " + e, e);
    }
  }

  /** How many steps were done in all. */
  int stop() throws InterruptedException {
    stopped = true;
    for (Thread thread : threads) {
      thread.join(LIMIT.toMillis());
      if (thread.isAlive()) {
        throw new AssertionError("does not end:" + where());
      }
    }
    check();
    return done.get();
  }

  @Override
  public void close() {
    stopped = true;
  }
}
