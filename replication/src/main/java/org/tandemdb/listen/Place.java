package org.tandemdb.listen;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * Where {@link Notifications} run: an event loop or a thread of their own, with the way to the
 * primary.
 *
 * @param <N> a notification, as the front end has it
 */
public interface Place<N> {

  /**
   * Does {@code work} with the link that is on the primary now: the same one each time, until it is
   * lost. Waits for a primary, within bounds. The stage completes where {@link #execute} runs.
   */
  CompletionStage<Void> onPrimary(Function<Ear<N>, CompletionStage<Void>> work);

  /** Runs {@code task} later, one at a time. */
  void execute(Runnable task);

  /** The same after {@code delay}. */
  void schedule(Duration delay, Runnable task);

  /** Nothing is listened to: the link may go. It is not used again as it is. */
  default void rest() {}
}
