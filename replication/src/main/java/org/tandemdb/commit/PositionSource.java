package org.tandemdb.commit;

import java.util.concurrent.atomic.AtomicLong;
import org.tandemdb.entry.Position;

/** Gives numbers, never one twice, whatever becomes of the entry; outlives epochs. */
public final class PositionSource {
  private final AtomicLong last;

  /**
   * @param head the log's last position: numbers go on above it
   */
  public PositionSource(Position head) {
    last = new AtomicLong(head.number());
  }

  public Position next(long epoch) {
    return new Position(epoch, last.incrementAndGet());
  }
}
