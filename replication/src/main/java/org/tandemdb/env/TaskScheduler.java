package org.tandemdb.env;

import java.time.Duration;
import java.util.concurrent.Executor;

/** Runs tasks on the engine's own bounded threads. {@link #execute} runs as soon as possible. */
public interface TaskScheduler extends Executor {

  /** Runs {@code task} once after {@code delay}, unless cancelled before. */
  Cancellable schedule(Duration delay, Runnable task);

  /** A scheduled task that can be called off. Cancelling twice, or too late, does nothing. */
  interface Cancellable {
    void cancel();
  }
}
