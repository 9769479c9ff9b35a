package org.tandemdb.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.tandemdb.cluster.ClusterEvent;
import org.tandemdb.config.ConfigReport;
import org.tandemdb.entry.Position;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.session.TransactionToken;

/** What {@code SHOW TANDEM ...} answers. */
public final class Reports {

  /** A small table of texts; null is unknown, never shown as 0. */
  public record Table(List<String> columns, List<List<@Nullable String>> rows) {}

  /** Of {@link #outcome}. */
  public static final List<String> OUTCOME_COLUMNS = List.of("outcome", "position", "note");

  private Reports() {}

  /** What can be seen of {@code engine} now. Never blocks. */
  public static Observation observe(Engine<?> engine) {
    return Observation.of(engine);
  }

  /**
   * @param topic STATUS, LAG, EVENTS or CONFIG, in any case
   * @throws TandemException 0A000 for another topic
   */
  public static Table show(Engine<?> engine, String topic) {
    return switch (topic.toUpperCase(Locale.ROOT)) {
      case "STATUS" -> status(observe(engine));
      case "LAG" -> lag(observe(engine));
      case "EVENTS" -> events(engine);
      case "CONFIG" -> config(engine);
      default ->
          throw new TandemException(
              ErrorCode.STATEMENT_REFUSED,
              "SHOW TANDEM knows STATUS, LAG, EVENTS, CONFIG and PLAN FOR here, not " + topic);
    };
  }

  /**
   * What {@code SHOW TANDEM OUTCOME} answers: whether the transaction that had {@code token} is
   * committed. Fails with 57P03 while no primary is in office, since the log may not be decided.
   */
  public static CompletionStage<Table> outcome(Engine<?> engine, TransactionToken token) {
    return engine
        .outcome(token)
        .thenApply(
            outcome -> {
              List<@Nullable String> row = new ArrayList<>();
              row.add(outcome.word());
              row.add(text(outcome.position()));
              row.add(outcome.note());
              return new Table(OUTCOME_COLUMNS, List.of(row));
            });
  }

  private static Table status(Observation seen) {
    List<List<@Nullable String>> rows = new ArrayList<>();
    for (Observation.Backend backend : seen.backends()) {
      List<@Nullable String> row = new ArrayList<>();
      row.add(backend.name());
      row.add(backend.primary() ? "primary" : "replica");
      row.add(backend.state().name());
      row.add(Long.toString(seen.epoch()));
      row.add(text(backend.position()));
      row.add(backend.durable().toString());
      row.add(Long.toString(backend.reads()));
      row.add(Long.toString(backend.writes()));
      row.add(backend.note());
      rows.add(row);
    }
    return new Table(
        List.of(
            "backend", "role", "state", "epoch", "position", "durable", "reads", "writes", "note"),
        rows);
  }

  private static Table lag(Observation seen) {
    List<List<@Nullable String>> rows = new ArrayList<>();
    for (Observation.Backend backend : seen.backends()) {
      OptionalLong entries = backend.lagEntries();
      OptionalDouble seconds = backend.lagSeconds();
      List<@Nullable String> row = new ArrayList<>();
      row.add(backend.name());
      row.add(backend.state().name());
      row.add(text(backend.position()));
      row.add(seen.head().toString());
      row.add(entries.isPresent() ? Long.toString(entries.getAsLong()) : null);
      row.add(
          seconds.isPresent() ? String.format(Locale.ROOT, "%.3f", seconds.getAsDouble()) : null);
      rows.add(row);
    }
    return new Table(
        List.of("backend", "state", "position", "head", "lag_entries", "lag_seconds"), rows);
  }

  private static Table config(Engine<?> engine) {
    List<List<@Nullable String>> rows = new ArrayList<>();
    ConfigReport.rows(engine.config())
        .forEach(row -> rows.add(new ArrayList<@Nullable String>(row)));
    return new Table(ConfigReport.COLUMNS, rows);
  }

  private static @Nullable String text(Optional<Position> position) {
    return position.map(Position::toString).orElse(null);
  }

  private static Table events(Engine<?> engine) {
    List<List<@Nullable String>> rows = new ArrayList<>();
    for (ClusterEvent event : engine.cluster().events()) {
      rows.add(List.of(event.at().toString(), event.subject(), event.what()));
    }
    return new Table(List.of("at", "subject", "event"), rows);
  }
}
