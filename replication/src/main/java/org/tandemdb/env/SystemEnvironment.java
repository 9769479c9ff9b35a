package org.tandemdb.env;

import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;

/** The machine's own clock, threads and disk. Thread-safe; closing it ends its threads. */
public final class SystemEnvironment implements Environment, AutoCloseable {
  private final Clock clock = Clock.systemUTC();
  private final SystemScheduler scheduler;
  private final Disk disk = new SystemDisk();

  /**
   * @param name prefix of the threads' names
   * @param threads 1 to 256; tasks may block on the disk
   */
  public SystemEnvironment(String name, int threads) {
    scheduler = new SystemScheduler(name, threads);
  }

  @Override
  public long nanos() {
    return System.nanoTime();
  }

  @Override
  public Instant now() {
    return clock.instant();
  }

  @Override
  public RandomGenerator random() {
    return ThreadLocalRandom.current();
  }

  @Override
  public TaskScheduler scheduler() {
    return scheduler;
  }

  @Override
  public Disk disk() {
    return disk;
  }

  @Override
  public void close() {
    scheduler.close();
  }
}
