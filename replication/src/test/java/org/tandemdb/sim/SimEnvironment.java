package org.tandemdb.sim;

import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;
import org.tandemdb.env.Disk;
import org.tandemdb.env.Environment;
import org.tandemdb.env.TaskScheduler;

/** What one process of the simulation sees: the common clock, its own tasks, its own disk. */
final class SimEnvironment implements Environment, TaskScheduler {
  private final Simulation sim;
  private final SimProcess process;
  private final Disk disk;
  private final RandomGenerator random;

  SimEnvironment(Simulation sim, SimProcess process, Disk disk) {
    this.sim = sim;
    this.process = process;
    this.disk = disk;
    this.random = sim.random().split();
  }

  @Override
  public long nanos() {
    return sim.nanos();
  }

  @Override
  public Instant now() {
    return Instant.EPOCH.plusNanos(sim.nanos());
  }

  @Override
  public RandomGenerator random() {
    return random;
  }

  @Override
  public TaskScheduler scheduler() {
    return this;
  }

  @Override
  public Disk disk() {
    return disk;
  }

  /** Threads start when they start: which of two tasks comes first is the seed's affair. */
  @Override
  public void execute(Runnable task) {
    long micros = sim.oneIn(20) ? 2_000 : 40;
    sim.after(Duration.ofNanos(sim.random().nextLong(micros * 1000)), process, task);
  }

  @Override
  public Cancellable schedule(Duration delay, Runnable task) {
    Simulation.Task scheduled = sim.after(delay, process, task);
    return scheduled::cancel;
  }
}
