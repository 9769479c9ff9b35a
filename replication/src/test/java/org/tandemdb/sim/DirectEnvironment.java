package org.tandemdb.sim;

import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;
import org.tandemdb.env.Disk;
import org.tandemdb.env.Environment;
import org.tandemdb.env.TaskScheduler;

/** Runs every task at once on its caller's thread; for tests of one component. */
public record DirectEnvironment(RandomGenerator random, Disk disk) implements Environment {
  @Override
  public long nanos() {
    return 0;
  }

  @Override
  public Instant now() {
    return Instant.EPOCH;
  }

  @Override
  public TaskScheduler scheduler() {
    return new TaskScheduler() {
      @Override
      public void execute(Runnable task) {
        task.run();
      }

      @Override
      public Cancellable schedule(Duration delay, Runnable task) {
        throw new UnsupportedOperationException("no time passes here");
      }
    };
  }
}
