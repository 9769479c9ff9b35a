package org.tandemdb.entry;

/**
 * An entry's place in the log. Numbers never repeat, whatever becomes of the entry, and grow across
 * epochs too; gaps are legal.
 *
 * @param epoch the term of the primary that gave it, 0 only in {@link #NONE}
 * @param number grows with every position given, 0 only in {@link #NONE}
 */
public record Position(long epoch, long number) implements Comparable<Position> {

  /** Before every entry: what an empty backend holds. */
  public static final Position NONE = new Position(0, 0);

  public Position {
    if (epoch < 0 || number < 0) {
      throw new IllegalArgumentException("position out of range: " + epoch + "/" + number);
    }
  }

  @Override
  public int compareTo(Position other) {
    int byEpoch = Long.compare(epoch, other.epoch);
    return byEpoch != 0 ? byEpoch : Long.compare(number, other.number);
  }

  public boolean isAfter(Position other) {
    return compareTo(other) > 0;
  }

  public static Position max(Position a, Position b) {
    return a.compareTo(b) >= 0 ? a : b;
  }

  /** {@code epoch/number}, as shown to operators. */
  @Override
  public String toString() {
    return epoch + "/" + number;
  }
}
