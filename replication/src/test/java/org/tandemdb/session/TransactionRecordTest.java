package org.tandemdb.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.TableName;
import org.tandemdb.entry.TypeRef;
import org.tandemdb.entry.Value;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.fake.FakeLog;
import org.tandemdb.log.EntryCodec;
import org.tandemdb.plan.Form;
import org.tandemdb.plan.Plan;

/**
 * Section 3.2: what a transaction records, takes back, and sends to the log ahead of its commit.
 */
class TransactionRecordTest {
  private static final TableName TABLE = new TableName("public", "t");
  private static final int THRESHOLD = 1000;
  private final FakeLog log = new FakeLog();
  private final Reservations reservations = new Reservations();
  private final TransactionRecord record = record(1_000_000);

  private TransactionRecord record(long maxBytes) {
    return new TransactionRecord(
        maxBytes,
        THRESHOLD,
        THRESHOLD,
        1_000_000,
        () ->
            new Staging(log, new UUID(1, 2), () -> CompletableFuture.completedFuture("the clock")));
  }

  private static Plan.Write verbatim(String sql, Plan.Slot... slots) {
    return new Plan.Write(
        "",
        Form.VERBATIM,
        TABLE,
        sql,
        Plan.CaptureSpec.NONE,
        new Plan.Template.Verbatim(sql, List.of(slots)),
        List.of());
  }

  private static Plan.Write captured() {
    List<Change.Column> key = List.of(new Change.Column("id", new TypeRef("int4")));
    List<Change.Column> columns = List.of(new Change.Column("v", new TypeRef("text")));
    return new Plan.Write(
        "",
        Form.CAPTURED,
        TABLE,
        "UPDATE t",
        new Plan.CaptureSpec(0, List.of(key.get(0), columns.get(0))),
        new Plan.Template.Rows(Change.Kind.UPDATE, key, columns),
        List.of());
  }

  private void write(String sql) {
    record.add(verbatim(sql), List.of(), 1, Collections.emptyIterator());
  }

  private List<String> recorded() {
    return texts(((Entry.Inline) record.body("now", reservations)).changes());
  }

  private static List<String> texts(List<Change> changes) {
    return changes.stream()
        .map(c -> c instanceof Change.Statement s ? s.sql() : ((Change.Rows) c).values().toString())
        .toList();
  }

  private static Iterator<List<@Nullable String>> rows(int count, int bytes) {
    List<List<@Nullable String>> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      rows.add(List.of(Integer.toString(i), "x".repeat(bytes)));
    }
    return rows.iterator();
  }

  /** Section 3.2: a write that changed no row is not recorded. */
  @Test
  void whatChangedNoRowIsNotRecorded() {
    record.add(verbatim("UPDATE none"), List.of(), 0, Collections.emptyIterator());
    record.add(captured(), List.of(), 0, rows(0, 0));
    assertThat(record.isEmpty()).isTrue();
    assertThat(record.heldBytes()).isZero();
    write("one");
    assertThat(record.isEmpty()).isFalse();
  }

  /** Section 3.2: ROLLBACK TO SAVEPOINT drops what was recorded since, and the savepoint stays. */
  @Test
  void rollbackToDropsWhatCameSinceAndKeepsTheSavepoint() {
    write("one");
    record.savepoint("s");
    long bytes = record.heldBytes();
    write("two");
    record.add(captured(), List.of(), 3, rows(3, 10));
    record.rollbackTo("s");
    assertThat(record.heldBytes()).isEqualTo(bytes);
    assertThat(recorded()).containsExactly("one");
    write("three");
    record.rollbackTo("s");
    write("four");
    assertThat(recorded()).containsExactly("one", "four");
  }

  /** Savepoints nest: what was set later is gone after a rollback to, or release of, an earlier. */
  @Test
  void whatWasSetLaterGoesWithAnEarlierSavepoint() {
    write("one");
    record.savepoint("outer");
    write("two");
    record.savepoint("inner");
    write("three");
    record.rollbackTo("outer");
    write("four");
    write("five");
    // The server refuses this one; if it were still known, "five" would be dropped.
    record.rollbackTo("inner");
    assertThat(recorded()).containsExactly("one", "four", "five");
    record.savepoint("inner");
    record.release("outer");
    write("six");
    record.rollbackTo("inner");
    record.rollbackTo("outer");
    assertThat(recorded()).containsExactly("one", "four", "five", "six");
  }

  /** A number that a client has seen is covered by the log, also if no row with it is left. */
  @Test
  void aNumberThatWasDrawnBeforeASavepointWasRolledBackToIsReserved() {
    Change.Column id = new Change.Column("id", new TypeRef("int8"));
    TableName sequence = new TableName("public", "t_id_seq");
    record.savepoint("s");
    record.add(
        new Plan.Write(
            "",
            Form.CAPTURED,
            TABLE,
            "INSERT INTO t",
            new Plan.CaptureSpec(0, List.of(id)),
            new Plan.Template.Rows(Change.Kind.INSERT, List.of(), List.of(id)),
            List.of(new Plan.SequenceUse(sequence, 0, true, true))),
        List.of(),
        1,
        List.of(List.<@Nullable String>of("7")).iterator());
    record.rollbackTo("s");
    assertThat(record.isEmpty()).isTrue();
    assertThat(record.mustReserve(reservations)).isTrue();
    assertThat(recorded()).singleElement().asString().contains("tandem.reservation");
    record.committed(reservations);
    assertThat(record.mustReserve(reservations)).isFalse();
  }

  /** A released savepoint keeps what was recorded, also against an earlier one that is kept. */
  @Test
  void releaseKeepsWhatWasRecordedAndTheEarlierSavepoint() {
    record.savepoint("outer");
    write("one");
    record.savepoint("inner");
    write("two");
    record.release("inner");
    assertThat(recorded()).containsExactly("one", "two");
    record.rollbackTo("outer");
    assertThat(record.isEmpty()).isTrue();
  }

  /** A name that is set again hides the older one until the newer is released, as on the server. */
  @Test
  void aSavepointThatIsSetAgainHidesTheOlderUntilItIsReleased() {
    record.savepoint("s");
    write("one");
    record.savepoint("other");
    write("two");
    record.savepoint("s");
    write("three");
    record.rollbackTo("s");
    assertThat(recorded()).containsExactly("one", "two");
    write("four");
    record.release("s");
    assertThat(recorded()).containsExactly("one", "two", "four");
    record.rollbackTo("other");
    assertThat(recorded()).containsExactly("one");
    record.rollbackTo("s");
    assertThat(record.isEmpty()).isTrue();
  }

  /** † A rollback to before the trace began takes it back; one to a later savepoint does not. */
  @Test
  void whatIsTracedIsTakenBackWithTheSavepointBeforeIt() {
    write("one");
    record.savepoint("before");
    record.traced("begun");
    record.savepoint("within");
    record.rollbackTo("within");
    assertThat(record.traceBegun()).isEqualTo("begun");
    record.rollbackTo("before");
    assertThat(record.isTraced()).isFalse();
    assertThat(record.wasTraced()).isTrue();
    record.traced("again");
    record.release("before");
    assertThat(record.traceBegun()).isEqualTo("again");
  }

  /** At the end of a trace no savepoint holds anything back. */
  @Test
  void finalRowsComeLastAndAreStagedWhereTheyAreMany() {
    record.savepoint("s");
    write("one");
    record.traced("begun");
    record.endTrace();
    for (int i = 0; i < 3; i++) {
      record.addFinal(finalRow(Integer.toString(i), 900));
    }
    assertThat(log.chunks).isNotEmpty();
    assertThat(record.body("now", reservations)).isInstanceOf(Entry.Staged.class);
  }

  @Test
  void aSequenceThatAloneWasUsedIsReserved() {
    TableName sequence = new TableName("public", "s");
    record.traced("begun");
    record.endTrace();
    assertThat(record.mustReserve(reservations)).isFalse();
    record.advanced(sequence, 7, true);
    assertThat(record.isEmpty()).isTrue();
    assertThat(record.mustReserve(reservations)).isTrue();
    assertThat(recorded()).hasSize(1);
    record.committed(reservations);
    TransactionRecord next = record(1_000_000);
    next.advanced(sequence, 8, true);
    assertThat(next.mustReserve(reservations)).isFalse();
  }

  private static Change.FinalRows finalRow(String key, int bytes) {
    List<Change.Column> columns = List.of(new Change.Column("id", new TypeRef("text")));
    return new Change.FinalRows(
        TABLE,
        columns,
        columns,
        List.of(new Change.Row(List.of(key))),
        List.of(new Change.Row(List.of(key + "x".repeat(bytes)))),
        1);
  }

  /** Section 7: what is larger than the threshold goes to the log ahead of the commit, in order. */
  @Test
  void whatOutgrowsTheThresholdIsStagedInOrder() {
    String most = "a".repeat(THRESHOLD - 200);
    String rest = "b".repeat(200);
    write(most);
    assertThat(log.chunks).isEmpty();
    write(rest);
    assertThat(log.chunks).hasSize(2);
    assertThat(record.isEmpty()).isFalse();
    write("c");
    Entry.Body body = record.body("now", reservations);
    assertThat(body)
        .isInstanceOfSatisfying(Entry.Staged.class, s -> assertThat(s.chunks()).isEqualTo(3));
    assertThat(log.chunks.stream().map(c -> texts(decoded(c))).toList())
        .containsExactly(List.of(most), List.of(rest), List.of("c"));
    assertThat(record.body("later", reservations)).as("asked again").isEqualTo(body);
    assertThat(log.chunks).hasSize(3);
  }

  private static List<Change> decoded(ByteBuffer chunk) {
    try {
      return EntryCodec.decodeChanges(chunk.duplicate());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Section 7: captured rows are staged while they come in; none is lost or doubled between. */
  @Test
  void capturedRowsAreStagedWhileTheyComeIn() {
    record.add(captured(), List.of(), -1, rows(100, 100));
    assertThat(log.chunks).hasSizeGreaterThan(10);
    record.body("now", reservations);
    List<Change.Row> all =
        log.chunks.stream()
            .flatMap(c -> decoded(c).stream())
            .flatMap(c -> ((Change.Rows) c).values().stream())
            .toList();
    assertThat(all).extracting(r -> r.texts().get(0)).hasSize(100).doesNotHaveDuplicates();
    assertThat(all.get(99).texts().get(0)).isEqualTo("99");
  }

  /** Section 7: what a savepoint could take back is kept in memory, whatever its size. */
  @Test
  void nothingIsStagedThatASavepointCouldTakeBack() {
    write("one");
    record.savepoint("s");
    write("a".repeat(THRESHOLD));
    record.add(captured(), List.of(), 100, rows(100, 100));
    assertThat(log.chunks).isEmpty();
    record.rollbackTo("s");
    assertThat(recorded()).containsExactly("one");
    write("b".repeat(THRESHOLD));
    record.release("s");
    assertThat(log.chunks).isEmpty();
    write("two");
    assertThat(log.chunks.stream().flatMap(c -> texts(decoded(c)).stream()).toList())
        .containsExactly("one", "b".repeat(THRESHOLD), "two");
  }

  /** What was taken back no longer counts towards the threshold. */
  @Test
  void whatWasTakenBackDoesNotMakeTheRestLarge() {
    record.savepoint("s");
    write("a".repeat(THRESHOLD - 100));
    record.rollbackTo("s");
    record.release("s");
    write("b".repeat(200));
    assertThat(log.chunks).isEmpty();
  }

  /** What was staged before a savepoint stays, and counts, when that is rolled back to. */
  @Test
  void whatWasStagedBeforeASavepointIsNotTakenBack() {
    write("a".repeat(THRESHOLD));
    assertThat(log.chunks).hasSize(1);
    record.savepoint("s");
    write("two");
    record.rollbackTo("s");
    assertThat(record.isEmpty()).isFalse();
    write("three");
    record.body("now", reservations);
    assertThat(log.chunks.stream().map(c -> texts(decoded(c))).toList())
        .containsExactly(List.of("a".repeat(THRESHOLD)), List.of("three"));
  }

  /** A staged change cannot wait for the marker's clock: it is asked for, and the same. */
  @Test
  void theClockIsInItsPlacesStagedOrNot() {
    Plan.Write clocked =
        verbatim(
            "INSERT INTO t VALUES ($1, $2)",
            new Plan.Slot.Parameter(0),
            new Plan.Slot.Clock(new TypeRef("timestamptz")));
    // Looks like what stands for the clock, and is the client's.
    Value own = Value.ofText(new TypeRef("timestamptz"), "");
    record.add(clocked, List.of(own), 1, Collections.emptyIterator());
    assertThat(parameters(((Entry.Inline) record.body("now", reservations)).changes()))
        .containsExactly(own, Value.ofText(new TypeRef("timestamptz"), "now"));
    write("a".repeat(THRESHOLD));
    assertThat(parameters(decoded(log.chunks.get(0))))
        .containsExactly(own, Value.ofText(new TypeRef("timestamptz"), "the clock"));
  }

  private static List<Value> parameters(List<Change> changes) {
    return ((Change.Statement) changes.get(0)).parameters();
  }

  /** Section 7: a transaction that is not committed gives back what it staged, if it did. */
  @Test
  void discardGivesBackWhatWasStaged() {
    write("one");
    record.discard();
    assertThat(log.discarded).isEmpty();
    write("a".repeat(THRESHOLD));
    record.discard();
    assertThat(log.discarded).hasSize(1);
  }

  /** Habit 9: the whole transaction is bounded, what is staged and what is taken back included. */
  @Test
  void aTransactionThatOutgrowsTheLimitIsRefused() {
    TransactionRecord small = record(3L * (THRESHOLD + 100));
    Plan.Write large = verbatim("a".repeat(THRESHOLD));
    small.add(large, List.of(), 1, Collections.emptyIterator());
    small.savepoint("s");
    small.add(large, List.of(), 1, Collections.emptyIterator());
    small.rollbackTo("s");
    small.add(large, List.of(), 1, Collections.emptyIterator());
    small.add(large, List.of(), 1, Collections.emptyIterator());
    assertThatThrownBy(() -> small.add(large, List.of(), 1, Collections.emptyIterator()))
        .isInstanceOfSatisfying(
            TandemException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.TRANSACTION_TOO_LARGE));
  }

  /** A row that was captured and not counted, or counted and not captured, must not be logged. */
  @Test
  void aCountThatIsNotThatOfTheCapturedRowsIsRefused() {
    assertThatThrownBy(() -> record.add(captured(), List.of(), 2, rows(3, 1)))
        .isInstanceOfSatisfying(
            TandemException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL));
  }
}
