package org.tandemdb.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.BackendLink;
import org.tandemdb.cluster.BackendState;
import org.tandemdb.cluster.ClusterEvent;
import org.tandemdb.cluster.Member;
import org.tandemdb.cluster.Term;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.log.LogCursor;

/** What {@code SHOW TANDEM ...} answers. */
public final class Reports {

  /** A small table of texts; null is unknown, never shown as 0. */
  public record Table(List<String> columns, List<List<@Nullable String>> rows) {}

  private Reports() {}

  /**
   * @param topic STATUS, LAG or EVENTS, in any case
   * @throws TandemException 0A000 for another topic
   */
  public static <L extends BackendLink> Table show(Engine<L> engine, String topic) {
    return switch (topic.toUpperCase(Locale.ROOT)) {
      case "STATUS" -> status(engine);
      case "LAG" -> lag(engine);
      case "EVENTS" -> events(engine);
      default ->
          throw new TandemException(
              ErrorCode.STATEMENT_REFUSED,
              "SHOW TANDEM knows STATUS, LAG, EVENTS and PLAN FOR, not " + topic);
    };
  }

  private static <L extends BackendLink> Table status(Engine<L> engine) {
    Term<L> term = engine.cluster().term();
    List<List<@Nullable String>> rows = new ArrayList<>();
    for (Member<L> member : engine.cluster().members()) {
      List<@Nullable String> row = new ArrayList<>();
      row.add(member.id().name());
      row.add(term != null && term.primary().equals(member) ? "primary" : "replica");
      row.add(member.state().name());
      row.add(Long.toString(engine.log().epoch()));
      row.add(isKnown(member) ? member.applied().position().toString() : null);
      row.add(member.durable().toString());
      row.add(Long.toString(member.reads().get()));
      row.add(Long.toString(member.writes().get()));
      row.add(member.note());
      rows.add(row);
    }
    return new Table(
        List.of(
            "backend", "role", "state", "epoch", "position", "durable", "reads", "writes", "note"),
        rows);
  }

  private static <L extends BackendLink> Table lag(Engine<L> engine) {
    Position head = engine.log().durableHead();
    List<List<@Nullable String>> rows = new ArrayList<>();
    for (Member<L> member : engine.cluster().members()) {
      Position applied = member.applied().position();
      List<@Nullable String> row = new ArrayList<>();
      row.add(member.id().name());
      row.add(member.state().name());
      row.add(isKnown(member) ? applied.toString() : null);
      row.add(head.toString());
      row.add(
          isKnown(member) ? Long.toString(Math.max(0, head.number() - applied.number())) : null);
      row.add(isKnown(member) ? seconds(engine, applied, head) : null);
      rows.add(row);
    }
    return new Table(
        List.of("backend", "state", "position", "head", "lag_entries", "lag_seconds"), rows);
  }

  /** Before its first recovery nothing is known of a backend. */
  private static boolean isKnown(Member<?> member) {
    return member.incarnation().isPresent()
        && (member.state() == BackendState.ONLINE || member.applied().position().number() > 0);
  }

  /** The age of the oldest entry not yet applied; unknown when the log cannot say at once. */
  private static @Nullable String seconds(Engine<?> engine, Position applied, Position head) {
    if (!head.isAfter(applied)) {
      return "0.000";
    }
    try (LogCursor cursor = engine.log().tail(applied, 1)) {
      var next = cursor.next(head).toCompletableFuture();
      if (!next.isDone() || next.isCompletedExceptionally() || next.join().isEmpty()) {
        return null;
      }
      Entry oldest = next.join().get(0);
      double age = Math.max(0, engine.nowMillis() - oldest.createdAtMillis()) / 1000.0;
      return String.format(Locale.ROOT, "%.3f", age);
    }
  }

  private static Table events(Engine<?> engine) {
    List<List<@Nullable String>> rows = new ArrayList<>();
    for (ClusterEvent event : engine.cluster().events()) {
      rows.add(List.of(event.at().toString(), event.subject(), event.what()));
    }
    return new Table(List.of("at", "subject", "event"), rows);
  }
}
