package org.tandemdb.session;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.TableName;
import org.tandemdb.entry.TypeRef;
import org.tandemdb.entry.Value;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.plan.Plan;

/**
 * What one transaction has written so far, in replication form. ROLLBACK TO SAVEPOINT drops what
 * came since. Owned by its session.
 */
public final class TransactionRecord {
  /** Stands for the transaction's clock until the marker's answer brings it. */
  private static final Value CLOCK = Value.ofText(new TypeRef("timestamptz"), "");

  private final long maxBytes;
  private final int stageThresholdBytes;
  private final Supplier<Staging> stagings;
  private final List<Change> changes = new ArrayList<>();
  private final Map<String, Mark> savepoints = new LinkedHashMap<>();
  private final Map<TableName, Used> sequences = new HashMap<>();

  /** Kept over ROLLBACK TO SAVEPOINT, as the server keeps what a sequence has given. */
  private final Map<TableName, Used> reserving = new HashMap<>();

  private long bytes;
  private long heldBytes;
  private @Nullable Staging staging;
  private Entry.@Nullable Staged staged;
  private boolean usesClock;
  private boolean exclusive;

  /**
   * @param maxBytes of the whole transaction; more is 54000
   * @param stageThresholdBytes what is kept in memory; more goes to the log ahead of the commit, as
   *     long as no savepoint could take it back
   * @param stagings makes the transaction's staging when it is needed first
   */
  public TransactionRecord(long maxBytes, int stageThresholdBytes, Supplier<Staging> stagings) {
    this.maxBytes = maxBytes;
    this.stageThresholdBytes = stageThresholdBytes;
    this.stagings = stagings;
  }

  public boolean isEmpty() {
    return changes.isEmpty() && staging == null;
  }

  public boolean hasExclusive() {
    return exclusive;
  }

  public long bytes() {
    return bytes;
  }

  /** A write that changed no row is not recorded: there is nothing to do elsewhere. */
  public void add(
      Plan.Write write,
      List<Value> parameters,
      long rows,
      Iterator<List<@Nullable String>> captured) {
    if (rows == 0 && !captured.hasNext()) {
      return;
    }
    if (write.template() instanceof Plan.Template.Verbatim verbatim) {
      addVerbatim(write, verbatim, parameters, rows);
    } else {
      addRows(write, (Plan.Template.Rows) write.template(), rows, captured);
    }
  }

  private void addVerbatim(
      Plan.Write write, Plan.Template.Verbatim verbatim, List<Value> parameters, long rows) {
    List<Value> values = new ArrayList<>(verbatim.slots().size());
    for (Plan.Slot slot : verbatim.slots()) {
      if (slot instanceof Plan.Slot.Parameter parameter) {
        values.add(parameters.get(parameter.index()));
      } else {
        values.add(CLOCK);
        usesClock = true;
      }
    }
    int size = verbatim.sql().length();
    for (Value value : values) {
      size += value.bytes() == null ? 8 : value.bytes().remaining() + 8;
    }
    grow(size);
    changes.add(new Change.Statement(write.table(), verbatim.sql(), values, rows));
    stageIfLarge();
  }

  private void addRows(
      Plan.Write write,
      Plan.Template.Rows template,
      long rows,
      Iterator<List<@Nullable String>> captured) {
    List<Change.Row> values = new ArrayList<>();
    long count = 0;
    while (captured.hasNext()) {
      List<@Nullable String> texts = captured.next();
      int size = 32;
      for (String text : texts) {
        size += text == null ? 8 : text.length() * 2 + 8;
      }
      grow(size);
      values.add(new Change.Row(texts));
      count++;
      for (Plan.SequenceUse use : write.sequences()) {
        use(use, texts.get(use.hiddenColumn()));
      }
      if (heldBytes >= stageThresholdBytes && savepoints.isEmpty()) {
        changes.add(rows(write, template, values));
        values = new ArrayList<>();
        stageIfLarge();
      }
    }
    if (rows >= 0 && count != rows) {
      throw new TandemException(
          ErrorCode.INTERNAL, "captured " + count + " rows where the command reports " + rows);
    }
    if (!values.isEmpty()) {
      changes.add(rows(write, template, values));
      stageIfLarge();
    }
  }

  private static Change.Rows rows(
      Plan.Write write, Plan.Template.Rows template, List<Change.Row> values) {
    return new Change.Rows(
        template.kind(), write.table(), template.keyColumns(), template.columns(), values);
  }

  /** What a savepoint could take back is kept, whatever its size. */
  private void stageIfLarge() {
    if (heldBytes < stageThresholdBytes || !savepoints.isEmpty()) {
      return;
    }
    Staging target = staging;
    if (target == null) {
      target = stagings.get();
      staging = target;
    }
    target.write(usesClock ? resolved(target.clock()) : List.copyOf(changes));
    changes.clear();
    heldBytes = 0;
  }

  /** The transaction is over and not committed: the log may forget what it staged. */
  public void discard() {
    if (staging != null) {
      staging.discard();
    }
  }

  private void use(Plan.SequenceUse use, @Nullable String text) {
    if (text == null) {
      return;
    }
    long value;
    try {
      value = Long.parseLong(text);
    } catch (NumberFormatException e) {
      // A default built around nextval, a text say: it is the sequence that has moved, not this.
      return;
    }
    sequences.merge(
        use.sequence(),
        new Used(value, use.ascending()),
        (a, b) ->
            new Used(
                a.ascending ? Math.max(a.value, b.value) : Math.min(a.value, b.value),
                a.ascending));
  }

  private void grow(int size) {
    bytes += size;
    heldBytes += size;
    if (bytes > maxBytes) {
      throw new TandemException(
          ErrorCode.TRANSACTION_TOO_LARGE, "more than " + maxBytes + " bytes were recorded");
    }
  }

  public void addExclusive(Plan.Exclusive plan) {
    exclusive = true;
    grow(plan.logged().length());
    changes.add(new Change.Statement(null, plan.logged(), List.of(), -1));
  }

  public void savepoint(String name) {
    savepoints.remove(name);
    savepoints.put(name, new Mark(changes.size(), bytes, heldBytes));
  }

  public void rollbackTo(String name) {
    Mark mark = savepoints.get(name);
    if (mark == null) {
      return;
    }
    changes.subList(mark.changes, changes.size()).clear();
    bytes = mark.bytes;
    heldBytes = mark.heldBytes;
    forgetAfter(name, false);
  }

  public void release(String name) {
    forgetAfter(name, true);
  }

  /** Savepoints nest: what was set later goes with it. */
  private void forgetAfter(String name, boolean itToo) {
    boolean found = false;
    for (Iterator<String> names = savepoints.keySet().iterator(); names.hasNext(); ) {
      String next = names.next();
      if (next.equals(name)) {
        found = true;
        if (itToo) {
          names.remove();
        }
      } else if (found) {
        names.remove();
      }
    }
  }

  /**
   * What the entry holds: the changes with the clock in its places, and the reservations that the
   * sequences used ask for. May be asked again, with the same answer.
   */
  public Entry.Body body(String clock, Reservations reservations) {
    List<Change> all = resolved(clock);
    if (reserving.isEmpty()) {
      sequences.forEach(
          (sequence, used) -> {
            if (reservations.isNearEnd(sequence, used.value, used.ascending)) {
              long reserved = Reservations.beyond(used.value, used.ascending);
              reserving.put(sequence, new Used(reserved, used.ascending));
            }
          });
    }
    reserving.forEach(
        (sequence, used) -> {
          reservations.giving(sequence, used.value, used.ascending);
          all.add(Reservations.change(sequence, used.value, used.ascending));
        });
    Staging target = staging;
    if (target == null) {
      return new Entry.Inline(all);
    }
    if (staged == null) {
      staged = target.finish(all);
    }
    return staged;
  }

  private List<Change> resolved(String clock) {
    if (!usesClock) {
      return new ArrayList<>(changes);
    }
    Value now = Value.ofText(new TypeRef("timestamptz"), clock);
    List<Change> resolved = new ArrayList<>(changes.size() + 1);
    for (Change change : changes) {
      resolved.add(change instanceof Change.Statement s ? withClock(s, now) : change);
    }
    return resolved;
  }

  /** The entry is committed, and with it the reservations it carried. */
  public void committed(Reservations reservations) {
    reserving.forEach(
        (sequence, used) -> reservations.committed(sequence, used.value, used.ascending));
  }

  @SuppressWarnings("ReferenceEquality") // CLOCK is a token: a client's equal value is not it
  private static Change.Statement withClock(Change.Statement statement, Value now) {
    List<Value> values = new ArrayList<>(statement.parameters());
    values.replaceAll(value -> value == CLOCK ? now : value);
    return new Change.Statement(statement.table(), statement.sql(), values, statement.rows());
  }

  private record Used(long value, boolean ascending) {}

  private record Mark(int changes, long bytes, long heldBytes) {}
}
