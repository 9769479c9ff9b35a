package org.tandemdb.listen;

import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * A link of Tandem's own on the primary, which listens. Equal to itself alone; used where {@link
 * Place#execute} runs.
 *
 * @param <N> a notification, as the front end has it
 */
public interface Ear<N> {

  /** Says who hears what comes from now on; once, before anything else. */
  void open(Receiver<N> receiver);

  /** LISTEN, as a transaction of its own. Listening twice is listening. */
  CompletionStage<Void> listen(Set<String> channels);

  /** UNLISTEN, also of what is not listened to. */
  CompletionStage<Void> unlisten(Set<String> channels);

  /** Told where {@link Place#execute} runs. */
  interface Receiver<N> {
    void notified(String channel, N notification);

    /** The link is gone. */
    void closed();
  }
}
