package org.tandemdb.listen;

import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * Where clients say what they listen to.
 *
 * @param <N> a notification, as the front end has it
 */
public interface Channels<N> {

  /**
   * Complete when whatever is committed from now on is heard. Fails if nobody listens on a primary;
   * {@code who} is then to give the channel up by {@link #keepOnly}.
   */
  CompletionStage<Void> listen(String channel, Listener<N> who);

  /** {@code who} listens to nothing but {@code channels}. */
  void keepOnly(Listener<N> who, Set<String> channels);

  /** A client that listens. Told where the source of notifications runs; must not block. */
  interface Listener<N> {
    /**
     * @param notification to be read, not kept, where it is a buffer
     */
    void notified(String channel, N notification);

    /** Something may have been notified that nobody heard. */
    void missed();
  }
}
