package org.tandemdb.session;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
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
import org.tandemdb.plan.Plan.Template.Tagged.Part;

/**
 * What one transaction has written so far, in replication form. ROLLBACK TO SAVEPOINT drops what
 * came since. Owned by its session.
 */
public final class TransactionRecord {
  /** Stands for the transaction's clock until the marker's answer brings it. */
  private static final Value CLOCK = Value.ofText(new TypeRef("timestamptz"), "");

  /** A row, or a statement, on the heap, without what it holds; a guess, on the safe side. */
  private static final long CHANGE_BYTES = 64;

  /** A value, without its bytes or characters. */
  private static final long VALUE_BYTES = 56;

  private final long maxBytes;
  private final int stageThresholdBytes;
  private final int stageChunkBytes;
  private final int maxSavepointBytes;
  private final Supplier<Staging> stagings;
  private final List<Recorded> changes = new ArrayList<>();

  /** In the order they were set. A name may be there again: the newest hides the older ones. */
  private final List<Mark> savepoints = new ArrayList<>();

  private final Map<TableName, Used> sequences = new HashMap<>();

  /** Kept over ROLLBACK TO SAVEPOINT, as the server keeps what a sequence has given. */
  private final Map<TableName, Used> reserving = new HashMap<>();

  /** What the recorded changes take on the heap, estimated; more than they take in the log. */
  private long heldBytes;

  private @Nullable Staging staging;
  private Entry.@Nullable Staged staged;
  private boolean usesClock;
  private boolean exclusive;

  /** What held when tracing began; null while nothing is traced. */
  private @Nullable String traceBegun;

  private boolean wasTraced;

  /** What is recorded next may violate constraints until the end. */
  private boolean deferred;

  private boolean deferredOnCopies;

  /** The settings under which the first change is meant. */
  private Map<String, String> entrySettings = Map.of();

  /** Those under which the next one is, as a copy will have them. */
  private Map<String, String> settings = Map.of();

  /** Settings that are changed among the changes. */
  private final Set<String> changedSettings = new TreeSet<>();

  /**
   * @param maxBytes of the whole transaction; more is 54000
   * @param stageThresholdBytes what is kept in memory; more goes to the log ahead of the commit, as
   *     long as no savepoint could take it back
   * @param stageChunkBytes what goes there at a time; a single change may be larger
   * @param maxSavepointBytes what is kept in memory because of a savepoint; more is 54000
   * @param stagings makes the transaction's staging when it is needed first
   */
  public TransactionRecord(
      long maxBytes,
      int stageThresholdBytes,
      int stageChunkBytes,
      int maxSavepointBytes,
      Supplier<Staging> stagings) {
    this.maxBytes = maxBytes;
    this.stageThresholdBytes = stageThresholdBytes;
    this.stageChunkBytes = Math.min(stageChunkBytes, stageThresholdBytes);
    this.maxSavepointBytes = maxSavepointBytes;
    this.stagings = stagings;
  }

  public boolean isEmpty() {
    return changes.isEmpty() && staging == null;
  }

  /**
   * True if it has used numbers that the log does not cover yet: clients have seen them, also when
   * a savepoint took back the rows that they were drawn for.
   */
  public boolean mustReserve(Reservations reservations) {
    return sequences.entrySet().stream()
        .anyMatch(
            used ->
                reservations.isNearEnd(
                    used.getKey(), used.getValue().value, used.getValue().ascending));
  }

  public boolean hasExclusive() {
    return exclusive;
  }

  /**
   * True once a part is TRACED: what is written from then on is in its final rows, and nowhere
   * else, since they come last.
   */
  public boolean isTraced() {
    return traceBegun != null;
  }

  /** A part was TRACED, even if a savepoint took it back: numbers may have been drawn in it. */
  public boolean wasTraced() {
    return wasTraced;
  }

  /** What held when tracing began; null while nothing is traced. */
  public @Nullable String traceBegun() {
    return traceBegun;
  }

  /** Tracing is on. */
  public void traced(String begun) {
    traceBegun = begun;
    wasTraced = true;
  }

  /** The transaction ends: no savepoint takes anything back any more. */
  public void endTrace() {
    savepoints.clear();
  }

  /** Rows as they are at the end of a trace. */
  public void addFinal(Change.FinalRows rows) {
    long size = CHANGE_BYTES + bytes(rows.keys()) + bytes(rows.values());
    grow(size);
    record(rows, size);
    stageIfLarge();
  }

  private static long bytes(List<Change.Row> rows) {
    long size = 0;
    for (Change.Row row : rows) {
      size += CHANGE_BYTES;
      for (String text : row.texts()) {
        size += VALUE_BYTES + (text == null ? 0 : text.length());
      }
    }
    return size;
  }

  /** A sequence was used inside the database, up to {@code last}. */
  public void advanced(TableName sequence, long last, boolean ascending) {
    use(sequence, last, ascending);
  }

  /**
   * The settings under which what is recorded next is meant. Those of the first change are the
   * entry's; a change of them among the changes is one itself.
   */
  public void settings(Map<String, String> now) {
    if (isEmpty()) {
      entrySettings = Map.copyOf(now);
      changedSettings.clear();
    } else {
      for (Map.Entry<String, String> setting : new TreeMap<>(now).entrySet()) {
        if (!setting.getValue().equals(settings.get(setting.getKey()))) {
          change(
              setting.getKey(),
              "SELECT pg_catalog.set_config("
                  + literal(setting.getKey())
                  + ", "
                  + literal(setting.getValue())
                  + ", true)");
        }
      }
      for (String gone : new TreeSet<>(settings.keySet())) {
        if (!now.containsKey(gone)) {
          change(gone, byDefault(gone));
        }
      }
    }
    settings = Map.copyOf(now);
  }

  /**
   * What is recorded from here on may violate deferrable constraints until COMMIT. Copies defer all
   * of them then: what the primary has committed violates none.
   */
  public void deferConstraints() {
    deferred = true;
  }

  /** To be called before a change is recorded. */
  private void deferOnCopies() {
    if (deferred && !deferredOnCopies) {
      deferredOnCopies = true;
      String sql = "SET CONSTRAINTS ALL DEFERRED";
      long size = (long) CHANGE_BYTES + sql.length();
      grow(size);
      record(new Change.Statement(null, sql, List.of(), -1), size);
    }
  }

  /** The entry's own settings. */
  public Map<String, String> entrySettings() {
    return entrySettings;
  }

  private void change(String setting, String sql) {
    changedSettings.add(setting);
    long size = (long) CHANGE_BYTES + sql.length();
    grow(size);
    record(new Change.Statement(null, sql, List.of(), -1), size);
  }

  private static String byDefault(String setting) {
    return "SET LOCAL \"" + setting + "\" TO DEFAULT";
  }

  private static String literal(String text) {
    return "'" + text.replace("'", "''") + "'";
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
    deferOnCopies();
    if (write.template() instanceof Plan.Template.Verbatim verbatim) {
      addVerbatim(write, verbatim, parameters, rows);
    } else if (write.template() instanceof Plan.Template.Rows template) {
      Part part =
          new Part(
              write.table(), template.kind(), template.keyColumns(), template.columns(), List.of());
      addRows(write, texts -> part, rows, captured);
    } else if (write.template() instanceof Plan.Template.Tagged template) {
      addRows(write, texts -> part(template, texts), rows, captured);
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
    long size = (long) CHANGE_BYTES + verbatim.sql().length();
    for (Value value : values) {
      size += VALUE_BYTES + (value.bytes() == null ? 0 : value.bytes().remaining());
    }
    grow(size);
    record(new Change.Statement(write.table(), verbatim.sql(), values, rows), size);
    stageIfLarge();
  }

  private void addRows(
      Plan.Write write,
      Function<List<@Nullable String>, Part> partOf,
      long rows,
      Iterator<List<@Nullable String>> captured) {
    List<Change.Row> values = new ArrayList<>();
    Part current = null;
    long valuesBytes = 0;
    long count = 0;
    while (captured.hasNext()) {
      List<@Nullable String> texts = captured.next();
      Part part = partOf.apply(texts);
      if (current != null && !current.equals(part) && !values.isEmpty()) {
        record(rows(current, values), valuesBytes);
        values = new ArrayList<>();
        valuesBytes = 0;
      }
      current = part;
      long size = CHANGE_BYTES;
      for (String text : texts) {
        size += VALUE_BYTES + (text == null ? 0 : text.length());
      }
      grow(size);
      values.add(row(part, texts));
      valuesBytes += size;
      count++;
      for (Plan.SequenceUse use : write.sequences()) {
        use(use, texts.get(use.hiddenColumn()));
      }
      if (valuesBytes >= stageChunkBytes) {
        record(rows(part, values), valuesBytes);
        values = new ArrayList<>();
        valuesBytes = 0;
        stageIfLarge();
      }
    }
    if (rows >= 0 && count != rows) {
      throw new TandemException(
          ErrorCode.INTERNAL, "captured " + count + " rows where the command reports " + rows);
    }
    if (current != null && !values.isEmpty()) {
      record(rows(current, values), valuesBytes);
      stageIfLarge();
    }
  }

  private static Part part(Plan.Template.Tagged template, List<@Nullable String> texts) {
    String tag = texts.get(0);
    Part part = tag == null ? null : template.parts().get(tag);
    if (part == null) {
      throw new TandemException(ErrorCode.INTERNAL, "a row of the unknown part " + tag);
    }
    return part;
  }

  private static Change.Row row(Part part, List<@Nullable String> texts) {
    if (part.hidden().isEmpty()) {
      return new Change.Row(texts);
    }
    List<@Nullable String> own = new ArrayList<>(part.hidden().size());
    for (int place : part.hidden()) {
      own.add(texts.get(place));
    }
    return new Change.Row(own);
  }

  private void record(Change change, long size) {
    changes.add(new Recorded(change, size));
  }

  private static Change.Rows rows(Part part, List<Change.Row> values) {
    return new Change.Rows(part.kind(), part.table(), part.keyColumns(), part.columns(), values);
  }

  /** What a savepoint could take back is kept. */
  private void stageIfLarge() {
    boolean large = heldBytes >= (staging == null ? stageThresholdBytes : stageChunkBytes);
    if (!large || !savepoints.isEmpty()) {
      return;
    }
    Staging target = openStaging();
    chunks(usesClock ? resolved(target.clock()) : changes).forEach(target::write);
    changes.clear();
    heldBytes = 0;
  }

  private Staging openStaging() {
    Staging target = staging;
    if (target == null) {
      target = stagings.get();
      staging = target;
    }
    return target;
  }

  private List<List<Change>> chunks(List<Recorded> recorded) {
    List<List<Change>> chunks = new ArrayList<>();
    List<Change> chunk = new ArrayList<>();
    long size = 0;
    for (Recorded next : recorded) {
      if (!chunk.isEmpty() && size + next.bytes > stageChunkBytes) {
        chunks.add(chunk);
        chunk = new ArrayList<>();
        size = 0;
      }
      chunk.add(next.change);
      size += next.bytes;
    }
    if (!chunk.isEmpty()) {
      chunks.add(chunk);
    }
    return chunks;
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
    use(use.sequence(), value, use.ascending());
  }

  private void use(TableName sequence, long value, boolean ascending) {
    sequences.merge(
        sequence,
        new Used(value, ascending),
        (a, b) ->
            new Used(
                a.ascending ? Math.max(a.value, b.value) : Math.min(a.value, b.value),
                a.ascending));
  }

  /** What is in memory, estimated. */
  long heldBytes() {
    return heldBytes;
  }

  private void grow(long size) {
    heldBytes += size;
    long stagedBytes = staging == null ? 0 : staging.bytes();
    if (stagedBytes + heldBytes > maxBytes) {
      throw new TandemException(
          ErrorCode.TRANSACTION_TOO_LARGE, "more than " + maxBytes + " bytes were recorded");
    }
    if (!savepoints.isEmpty() && heldBytes > maxSavepointBytes) {
      throw new TandemException(
          ErrorCode.TRANSACTION_TOO_LARGE,
          "more than "
              + maxSavepointBytes
              + " bytes (max_savepoint_bytes) were recorded while a savepoint was set; release"
              + " savepoints earlier");
    }
  }

  public void addExclusive(Plan.Exclusive plan) {
    exclusive = true;
    long size = (long) CHANGE_BYTES + plan.logged().length();
    grow(size);
    record(new Change.Statement(null, plan.logged(), List.of(), -1), size);
  }

  public void savepoint(String name) {
    savepoints.add(
        new Mark(
            name, changes.size(), heldBytes, isTraced(), settings, deferred, deferredOnCopies));
  }

  public void rollbackTo(String name) {
    int index = newest(name);
    if (index < 0) {
      return;
    }
    Mark mark = savepoints.get(index);
    changes.subList(mark.changes, changes.size()).clear();
    heldBytes = mark.heldBytes;
    settings = mark.settings;
    deferred = mark.deferred;
    deferredOnCopies = mark.deferredOnCopies;
    if (!mark.traced) {
      traceBegun = null;
    }
    forgetFrom(index + 1);
  }

  public void release(String name) {
    int index = newest(name);
    if (index >= 0) {
      forgetFrom(index);
    }
  }

  private int newest(String name) {
    int index = savepoints.size() - 1;
    while (index >= 0 && !savepoints.get(index).name.equals(name)) {
      index--;
    }
    return index;
  }

  /** Savepoints nest: what was set later goes with it. */
  private void forgetFrom(int index) {
    savepoints.subList(index, savepoints.size()).clear();
  }

  /**
   * What the entry holds: the changes with the clock in its places, and the reservations that the
   * sequences used ask for. May be asked again, with the same answer.
   */
  public Entry.Body body(String clock, Reservations reservations) {
    List<Recorded> all = resolved(clock);
    for (String setting : changedSettings) {
      if (!entrySettings.containsKey(setting)) {
        // The entry's own are taken back by whoever applies it.
        all.add(
            new Recorded(
                new Change.Statement(null, byDefault(setting), List.of(), -1), CHANGE_BYTES));
      }
    }
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
          Change change = Reservations.change(sequence, used.value, used.ascending);
          all.add(new Recorded(change, CHANGE_BYTES));
        });
    if (staging == null && heldBytes < stageThresholdBytes) {
      List<Change> inline = new ArrayList<>(all.size());
      all.forEach(recorded -> inline.add(recorded.change));
      return new Entry.Inline(inline);
    }
    // What a savepoint held back until now is staged too: a batch of entries is bounded.
    if (staged == null) {
      staged = openStaging().finish(chunks(all));
    }
    return staged;
  }

  private List<Recorded> resolved(String clock) {
    List<Recorded> resolved = new ArrayList<>(changes);
    if (usesClock) {
      Value now = Value.ofText(new TypeRef("timestamptz"), clock);
      resolved.replaceAll(
          recorded ->
              recorded.change instanceof Change.Statement s
                  ? new Recorded(withClock(s, now), recorded.bytes)
                  : recorded);
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

  private record Mark(
      String name,
      int changes,
      long heldBytes,
      boolean traced,
      Map<String, String> settings,
      boolean deferred,
      boolean deferredOnCopies) {}

  private record Recorded(Change change, long bytes) {}
}
