package org.tandemdb.log;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;

/**
 * The newest durable entries, decoded, so that an applier that keeps up never touches the disk: it
 * holds every entry after {@link #floor}. Bounded by bytes; the oldest go first. Thread-safe.
 */
final class RecentEntries {
  /**
   * What an entry, a change, a row and a value take on the heap beside their encoded bytes; guesses
   * on the safe side. Captured rows of small values take ten times what they take in the log.
   */
  private static final long ENTRY_BYTES = 300;

  private static final long CHANGE_BYTES = 100;
  private static final long ROW_BYTES = 64;
  private static final long VALUE_BYTES = 56;

  private final long maxBytes;
  private Slot[] ring = new Slot[64];
  private int start;
  private int count;
  private long bytes;
  private Position floor;

  RecentEntries(long maxBytes, Position head) {
    this.maxBytes = maxBytes;
    this.floor = head;
  }

  synchronized void add(Entry entry, int encodedBytes) {
    if (count == ring.length) {
      Slot[] larger = new Slot[2 * ring.length];
      for (int i = 0; i < count; i++) {
        larger[i] = slot(i);
      }
      ring = larger;
      start = 0;
    }
    long heapBytes = heapBytes(entry, encodedBytes);
    ring[(start + count) % ring.length] = new Slot(entry, encodedBytes, heapBytes);
    count++;
    bytes += heapBytes;
    while (bytes > maxBytes) {
      Slot oldest = slot(0);
      floor = oldest.entry.position();
      bytes -= oldest.heapBytes;
      ring[start] = Slot.NONE;
      start = (start + 1) % ring.length;
      count--;
    }
  }

  private static long heapBytes(Entry entry, int encodedBytes) {
    long bytes = (long) ENTRY_BYTES + encodedBytes;
    if (entry.body() instanceof Entry.Inline inline) {
      for (Change change : inline.changes()) {
        bytes += CHANGE_BYTES;
        if (change instanceof Change.Rows rows) {
          int values = rows.keyColumns().size() + rows.columns().size();
          bytes += rows.values().size() * (ROW_BYTES + values * VALUE_BYTES);
        } else if (change instanceof Change.Statement statement) {
          bytes += statement.parameters().size() * VALUE_BYTES;
        }
      }
    }
    return bytes;
  }

  /** Everything at or below this must be read from the segments. */
  synchronized Position floor() {
    return floor;
  }

  /**
   * Entries after {@code from} and at or below {@code limit}, at least one if there is one, else at
   * most {@code maxBytes}; empty when some of them are no longer here.
   */
  synchronized Optional<List<Entry>> after(Position from, Position limit, long maxBytes) {
    if (floor.isAfter(from)) {
      return Optional.empty();
    }
    List<Entry> found = new ArrayList<>();
    long taken = 0;
    for (int i = firstAfter(from); i < count; i++) {
      Slot slot = slot(i);
      taken += slot.encodedBytes;
      if (slot.entry.position().isAfter(limit) || (!found.isEmpty() && taken > maxBytes)) {
        break;
      }
      found.add(slot.entry);
    }
    return Optional.of(found);
  }

  /** Whether the entry at {@code position} exists; empty when that is not known here. */
  synchronized Optional<Boolean> contains(Position position) {
    if (!position.isAfter(floor)) {
      return Optional.empty();
    }
    int i = firstAfter(position) - 1;
    return Optional.of(i >= 0 && slot(i).entry.position().equals(position));
  }

  private int firstAfter(Position from) {
    int low = 0;
    int high = count;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (slot(middle).entry.position().isAfter(from)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  private Slot slot(int index) {
    return ring[(start + index) % ring.length];
  }

  private record Slot(Entry entry, int encodedBytes, long heapBytes) {
    static final Slot NONE =
        new Slot(
            new Entry(Position.NONE, 0, 0, java.util.Map.of(), new Entry.Inline(List.of())), 0, 0);
  }
}
