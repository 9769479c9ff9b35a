package org.tandemdb.engine;

import java.util.Comparator;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.tandemdb.entry.TableName;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.plan.DrawnText;

/**
 * What {@code currval} and {@code lastval} are to one session. A session of the server's knows them
 * itself, as long as everything has run there: on the link of the session's writes. What was drawn
 * elsewhere is kept here and spliced into the texts that ask: by INSERTs that shared a transaction
 * with others, and on a link that was lost.
 *
 * <p>Values that only a link knew are gone with it, and asking is 55000, as in a new session. Where
 * it cannot be told whether the link or this knows better, asking is refused. Owned by the session.
 */
final class DrawnNumbers {
  private static final int MOST = 1000;

  private static final Comparator<TableName> ORDER =
      Comparator.comparing(TableName::schema).thenComparing(TableName::name);

  /** What was drawn on the link, where that is certain: kept for the next link. */
  private final Map<TableName, Long> here = new TreeMap<>(ORDER);

  /** What was drawn since elsewhere. */
  private final Map<TableName, Long> elsewhere = new TreeMap<>(ORDER);

  /** What the link may know of, be it old. */
  private final Set<TableName> hereEver = new HashSet<>();

  /** Of those elsewhere: the link may have drawn since. */
  private final Set<TableName> doubtful = new HashSet<>();

  /** The link may have drawn any of them. */
  private boolean allDoubtful;

  private @Nullable Object link;
  private boolean lastIsHere = true;
  private @Nullable Long last;
  private boolean lastDoubtful;

  /** What follows runs on {@code now}. */
  @SuppressWarnings("ReferenceEquality")
  void on(Object now) {
    if (link == now) {
      return;
    }
    if (link != null) {
      elsewhere.putAll(here);
      here.clear();
      hereEver.clear();
      lastIsHere = lastIsHere && last == null;
      lastDoubtful = false;
      doubtful.clear();
      allDoubtful = false;
    }
    link = now;
  }

  /** True if nothing is lost where the session goes on with another link. */
  boolean mayLeave() {
    return here.keySet().containsAll(hereEver)
        && (hereEver.isEmpty() || !lastIsHere || last != null);
  }

  /** The link is given back: another session may draw on it. */
  void left() {
    on(new Object());
  }

  void drawn(TableName sequence, long value) {
    if (here.size() < MOST) {
      here.put(sequence, value);
    }
    hereEver.add(sequence);
    elsewhere.remove(sequence);
    doubtful.remove(sequence);
    lastIsHere = true;
    last = value;
    lastDoubtful = false;
  }

  /** The link may have drawn a value, which it alone knows. */
  void maybeDrawn(TableName sequence) {
    here.remove(sequence);
    hereEver.add(sequence);
    if (elsewhere.containsKey(sequence)) {
      doubtful.add(sequence);
    }
    lastDoubtful |= !lastIsHere;
    last = lastIsHere ? null : last;
  }

  void drawnElsewhere(TableName sequence, long value) {
    here.remove(sequence);
    if (elsewhere.size() < MOST) {
      elsewhere.put(sequence, value);
    }
    doubtful.remove(sequence);
    lastIsHere = false;
    last = value;
    lastDoubtful = false;
  }

  /** A statement may have drawn anything, inside the database. */
  void traced() {
    here.clear();
    last = lastIsHere ? null : last;
    allDoubtful |= !elsewhere.isEmpty();
    lastDoubtful |= !lastIsHere;
  }

  /**
   * The trace has ended: it used these and no others. One that the link did not know of before, it
   * knows best now, or asking for it in the trace would have failed.
   */
  void used(Set<TableName> sequences) {
    boolean fresh = hereEver.isEmpty();
    if (allDoubtful) {
      allDoubtful = false;
      for (TableName sequence : sequences) {
        if (hereEver.contains(sequence)) {
          maybeDrawn(sequence);
        } else {
          elsewhere.remove(sequence);
        }
      }
    }
    hereEver.addAll(sequences);
    if (sequences.isEmpty()) {
      lastDoubtful = false;
    } else if (fresh) {
      lastIsHere = true;
      last = null;
      lastDoubtful = false;
    }
  }

  /** A statement has failed, or was taken back: the link knows what it had drawn by then. */
  void unsure() {
    here.clear();
    last = lastIsHere ? null : last;
  }

  void forget() {
    here.clear();
    hereEver.clear();
    elsewhere.clear();
    doubtful.clear();
    allDoubtful = false;
    lastIsHere = true;
    last = null;
    lastDoubtful = false;
  }

  /**
   * {@code sql} as the link is to run it.
   *
   * @throws TandemException 0A000 if it asks for what is not known
   */
  String text(String sql, boolean question) {
    if ((elsewhere.isEmpty() && lastIsHere) || !DrawnText.mayCall(sql)) {
      return sql;
    }
    if (allDoubtful || lastDoubtful || !doubtful.isEmpty()) {
      throw new TandemException(
          ErrorCode.STATEMENT_REFUSED,
          "currval or lastval is not known: INSERTs of this session have run in several sessions of"
              + " the server, some with values of their own. Use INSERT ... RETURNING");
    }
    return DrawnText.of(
        sql, question, elsewhere, lastIsHere ? Optional.empty() : Optional.ofNullable(last));
  }
}
