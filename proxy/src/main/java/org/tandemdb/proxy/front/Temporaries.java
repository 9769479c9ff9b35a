package org.tandemdb.proxy.front;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.tandemdb.proxy.pg.NettyLink;
import org.tandemdb.session.EngineSession;

/**
 * The temporary tables of one client, which live in one session of a server: the twin of the
 * driver's {@code TemporaryTables}. On the event loop.
 */
final class Temporaries {
  private static final String NAMES =
      "SELECT c.relname FROM pg_catalog.pg_class c"
          + " WHERE c.relnamespace = pg_catalog.pg_my_temp_schema()"
          + " AND c.relkind IN ('r', 'p', 'v', 'S')";

  private final EngineSession<NettyLink> session;
  private @Nullable NettyLink home;

  /** The open transaction has changed them: how it ends decides what is left. */
  private boolean changing;

  private boolean stale;
  private long generation;

  Temporaries(EngineSession<NettyLink> session) {
    this.session = session;
  }

  /** A statement has created, changed or dropped one of them. */
  CompletionStage<Void> changed(NettyLink link) {
    home = link;
    changing = true;
    generation = link.nextGeneration();
    return read(link).thenAccept(any -> {});
  }

  /** See {@link org.tandemdb.proxy.pg.Meaning#temporary}. */
  long generation() {
    return home == null ? 0 : generation;
  }

  /** True if there may be some. */
  boolean any() {
    return home != null;
  }

  /** Names may mean something else than before. */
  private void other() {
    NettyLink link = home;
    if (changing && link != null) {
      generation = link.nextGeneration();
    }
  }

  /** ROLLBACK TO SAVEPOINT. */
  void undone() {
    stale |= changing;
    other();
  }

  /** The transaction has ended: with ROLLBACK, or ON COMMIT DROP, some have come or gone. */
  void ended() {
    stale |= changing;
    other();
    changing = false;
  }

  boolean isStale() {
    return stale && home != null;
  }

  /** To be called before planning; fails with 57P01 when they are lost. */
  CompletionStage<Void> refresh() {
    NettyLink link = home;
    if (link == null) {
      return Stages.DONE;
    }
    return read(link)
        .thenAccept(
            any -> {
              stale = false;
              if (!any && !changing) {
                home = null; // nothing is left to lose
              }
            })
        .exceptionallyCompose(
            failure -> link.isUsable() ? Stages.DONE : Stages.failed(lost(failure)));
  }

  /** To be called with the link that a statement is about to use; 57P01 when it is another one. */
  @SuppressWarnings("ReferenceEquality")
  void check(NettyLink link) {
    if (home != null && home != link) {
      throw lost(null);
    }
  }

  /** True of what {@link #check} and {@link AdvisoryLocks#check} say: nothing has run yet. */
  static boolean isLoss(Throwable failure) {
    return failure instanceof ClientFailure own && own.sqlState().equals("57P01");
  }

  private ClientFailure lost(@Nullable Throwable cause) {
    home = null;
    stale = false;
    changing = false;
    session.temporary(Set.of());
    return new ClientFailure(
        "57P01",
        "The temporary tables of this connection were lost with the server session that held"
            + " them. Nothing of this statement was done. Create them again, or reconnect.",
        cause);
  }

  /** True if there are any. */
  private CompletionStage<Boolean> read(NettyLink link) {
    return link.query(NAMES, List.of())
        .thenApply(
            result -> {
              Set<String> names = new HashSet<>();
              result.rows().forEach(row -> names.add(String.valueOf(row.get(0))));
              session.temporary(names);
              return !names.isEmpty();
            });
  }
}
