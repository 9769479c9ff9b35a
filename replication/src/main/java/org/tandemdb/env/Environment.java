package org.tandemdb.env;

import java.time.Instant;
import java.util.random.RandomGenerator;

/**
 * Everything non-deterministic the engine uses. The real one is {@link SystemEnvironment}; the
 * simulator brings its own, so that a run is a function of its seed. Thread-safe.
 */
public interface Environment {

  /** Monotonic time in nanoseconds; only differences mean anything. */
  long nanos();

  /** Wall-clock time, for what people read. Never used to decide. */
  Instant now();

  /** Randomness, not for secrets. */
  RandomGenerator random();

  /** Runs tasks now or later. */
  TaskScheduler scheduler();

  /** The disk below the log. */
  Disk disk();
}
