package org.tandemdb.session;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.tandemdb.backend.Reservation;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.TableName;
import org.tandemdb.entry.TypeRef;
import org.tandemdb.entry.Value;

/**
 * How far values of each sequence are covered by the log: after a failover the new primary starts
 * above, so that no value is handed out twice. A transaction that comes near the end of what is
 * covered carries the next stretch in its entry; replicas keep it in {@code tandem.reservation}.
 *
 * <p>The primary must have it as well: a crash may take the tail of its own commits, its sequences'
 * advances among them, and when it comes back the log returns the rows, not the advances. It gets
 * what {@link #given} says before its watermark passes the entry that carried it. Thread-safe.
 */
public final class Reservations {
  /** Values covered ahead. */
  private static final long STRETCH = 1024;

  private final ConcurrentHashMap<TableName, Long> covered = new ConcurrentHashMap<>();

  /** Of all entries ever built here, logged or not: reserving too much costs a gap. */
  private final ConcurrentHashMap<TableName, Reservation> given = new ConcurrentHashMap<>();

  /** The value is used: true if the entry has to carry a reservation. */
  boolean isNearEnd(TableName sequence, long value, boolean ascending) {
    Long end = covered.get(sequence);
    return end == null || (ascending ? value > end - STRETCH / 2 : value < end + STRETCH / 2);
  }

  /** The stretch beyond {@code value}. */
  static long beyond(long value, boolean ascending) {
    return ascending
        ? (value > Long.MAX_VALUE - STRETCH ? Long.MAX_VALUE : value + STRETCH)
        : (value < Long.MIN_VALUE + STRETCH ? Long.MIN_VALUE : value - STRETCH);
  }

  /** What replicas apply. Merges by direction, so that two in any order leave the further one. */
  static Change change(TableName sequence, long reserved, boolean ascending) {
    String merge = ascending ? "greatest" : "least";
    return new Change.Statement(
        Reservation.TABLE,
        "INSERT INTO tandem.reservation AS r VALUES ($1, $2, $3) "
            + "ON CONFLICT (sequence_schema, sequence_name) DO UPDATE SET reserved = "
            + merge
            + "(r.reserved, excluded.reserved)",
        List.of(
            Value.ofText(new TypeRef("varchar"), sequence.schema()),
            Value.ofText(new TypeRef("varchar"), sequence.name()),
            Value.ofText(new TypeRef("int8"), Long.toString(reserved))),
        1);
  }

  /** An entry that carries it is about to be logged. */
  void giving(TableName sequence, long reserved, boolean ascending) {
    given.merge(sequence, new Reservation(sequence, reserved, ascending), Reservation::further);
  }

  /** The furthest reservation of each sequence that any entry so far has carried. */
  public List<Reservation> given() {
    return List.copyOf(given.values());
  }

  /** The entry that carried it is committed. */
  void committed(TableName sequence, long reserved, boolean ascending) {
    covered.merge(sequence, reserved, (a, b) -> ascending ? Math.max(a, b) : Math.min(a, b));
  }

  /** A sequence may have been dropped, or set: nothing is known any more. */
  public void forget() {
    covered.clear();
  }
}
