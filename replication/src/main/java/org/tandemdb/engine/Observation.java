package org.tandemdb.engine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.tandemdb.cluster.BackendState;
import org.tandemdb.cluster.Member;
import org.tandemdb.cluster.Term;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;
import org.tandemdb.log.LogCursor;

/**
 * What can be seen of a running cluster at one moment: {@code SHOW TANDEM}, JMX and metrics all
 * show this. Counters begin with 0 when the engine is opened. What is unknown is empty, never 0.
 *
 * @param database what clients call it
 * @param log directory of the replication log
 * @param writable a primary is in office, and writes are not stopped
 * @param failovers terms that were opened after the first one, on whichever backend
 * @param commits transactions that were logged and answered
 * @param head the log's durable head
 */
public record Observation(
    String database,
    Path log,
    long epoch,
    boolean writable,
    long failovers,
    long commits,
    Position head,
    List<Backend> backends) {

  /**
   * One backend.
   *
   * @param position everything up to it is held; empty before its first recovery
   * @param durable everything up to it is held even after a crash
   * @param reads statements that were read here
   * @param writes statements that ran here as the primary's
   * @param lagEntries numbers between the log's head and the position
   * @param lagSeconds age of the oldest entry that is not applied yet
   */
  public record Backend(
      String name,
      boolean primary,
      BackendState state,
      String note,
      Optional<Position> position,
      Position durable,
      long reads,
      long writes,
      OptionalLong lagEntries,
      OptionalDouble lagSeconds,
      Links links) {}

  /**
   * Connections of clients' users to one backend; Tandem's own are not among them.
   *
   * @param inUse those that sessions have
   * @param idle those that wait for a session
   * @param opening those on their way
   * @param waiting sessions that wait for one
   */
  public record Links(int inUse, int idle, int opening, int waiting) {
    static final Links NONE = new Links(0, 0, 0, 0);

    Links plus(Links other) {
      return new Links(
          inUse + other.inUse, idle + other.idle, opening + other.opening, waiting + other.waiting);
    }
  }

  static Observation of(Engine<?> engine) {
    Term<?> term = engine.cluster().term();
    Position head = engine.log().durableHead();
    List<Backend> backends = new ArrayList<>();
    for (Member<?> member : engine.cluster().members()) {
      boolean primary = term != null && term.primary().equals(member);
      backends.add(backend(engine, member, primary, head));
    }
    return new Observation(
        engine.config().database(),
        engine.config().log(),
        engine.log().epoch(),
        term != null && engine.cluster().halted().isEmpty(),
        engine.cluster().failovers(),
        engine.commits(),
        head,
        List.copyOf(backends));
  }

  private static Backend backend(
      Engine<?> engine, Member<?> member, boolean primary, Position head) {
    Position applied = member.applied().position();
    boolean known = isKnown(member);
    return new Backend(
        member.id().name(),
        primary,
        member.state(),
        member.note(),
        known ? Optional.of(applied) : Optional.empty(),
        member.durable(),
        member.reads().get(),
        member.writes().get(),
        known
            ? OptionalLong.of(Math.max(0, head.number() - applied.number()))
            : OptionalLong.empty(),
        known ? lagSeconds(engine, applied, head) : OptionalDouble.empty(),
        engine.links(member.id()));
  }

  /** Before its first recovery nothing is known of a backend. */
  private static boolean isKnown(Member<?> member) {
    return member.incarnation().isPresent()
        && (member.state() == BackendState.ONLINE || member.applied().position().number() > 0);
  }

  /** The age of the oldest entry not yet applied; unknown when the log cannot say at once. */
  private static OptionalDouble lagSeconds(Engine<?> engine, Position applied, Position head) {
    if (!head.isAfter(applied)) {
      return OptionalDouble.of(0);
    }
    try (LogCursor cursor = engine.log().tail(applied, 1)) {
      var next = cursor.next(head).toCompletableFuture();
      if (!next.isDone() || next.isCompletedExceptionally() || next.join().isEmpty()) {
        return OptionalDouble.empty();
      }
      Entry oldest = next.join().get(0);
      return OptionalDouble.of(Math.max(0, engine.nowMillis() - oldest.createdAtMillis()) / 1000.0);
    }
  }
}
