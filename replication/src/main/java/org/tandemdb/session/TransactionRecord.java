package org.tandemdb.session;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tandemdb.entry.Change;
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
  private final List<Change> changes = new ArrayList<>();
  private final Map<String, Mark> savepoints = new LinkedHashMap<>();
  private final Map<TableName, Used> sequences = new HashMap<>();

  /** Kept over ROLLBACK TO SAVEPOINT, as the server keeps what a sequence has given. */
  private final Map<TableName, Used> reserving = new HashMap<>();

  private long bytes;
  private boolean usesClock;
  private boolean exclusive;

  public TransactionRecord(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  public boolean isEmpty() {
    return changes.isEmpty();
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
  }

  private void addRows(
      Plan.Write write,
      Plan.Template.Rows template,
      long rows,
      Iterator<List<@Nullable String>> captured) {
    List<Change.Row> values = new ArrayList<>();
    while (captured.hasNext()) {
      List<@Nullable String> texts = captured.next();
      int size = 32;
      for (String text : texts) {
        size += text == null ? 8 : text.length() * 2 + 8;
      }
      grow(size);
      values.add(new Change.Row(texts));
      for (Plan.SequenceUse use : write.sequences()) {
        use(use, texts.get(use.hiddenColumn()));
      }
    }
    if (values.size() != rows) {
      throw new TandemException(
          ErrorCode.INTERNAL,
          "captured " + values.size() + " rows where the command reports " + rows);
    }
    changes.add(
        new Change.Rows(
            template.kind(), write.table(), template.keyColumns(), template.columns(), values));
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
    savepoints.put(name, new Mark(changes.size(), bytes));
  }

  public void rollbackTo(String name) {
    Mark mark = savepoints.get(name);
    if (mark == null) {
      return;
    }
    changes.subList(mark.changes, changes.size()).clear();
    bytes = mark.bytes;
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
   * The changes with the clock in its places, and with the reservations that the sequences used ask
   * for.
   */
  public List<Change> changes(String clock, Reservations reservations) {
    Value now = Value.ofText(new TypeRef("timestamptz"), clock);
    List<Change> resolved = new ArrayList<>(changes.size() + 1);
    for (Change change : changes) {
      resolved.add(usesClock && change instanceof Change.Statement s ? withClock(s, now) : change);
    }
    sequences.forEach(
        (sequence, used) -> {
          if (reservations.isNearEnd(sequence, used.value, used.ascending)) {
            long reserved = Reservations.beyond(used.value, used.ascending);
            resolved.add(Reservations.change(sequence, reserved, used.ascending));
            reserving.put(sequence, new Used(reserved, used.ascending));
          }
        });
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

  private record Mark(int changes, long bytes) {}
}
