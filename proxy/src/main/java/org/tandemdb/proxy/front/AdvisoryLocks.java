package org.tandemdb.proxy.front;

import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.tandemdb.proxy.pg.NettyLink;
import org.tandemdb.session.EngineSession;

/**
 * The advisory locks that a client holds for its session, which are one server session's: the twin
 * of the driver's {@code SessionLocks}. On the event loop.
 */
final class AdvisoryLocks {
  private static final String HELD =
      "SELECT EXISTS (SELECT FROM pg_catalog.pg_locks"
          + " WHERE locktype = 'advisory' AND pid = pg_catalog.pg_backend_pid())";

  private final EngineSession<NettyLink> session;
  private @Nullable NettyLink home;

  AdvisoryLocks(EngineSession<NettyLink> session) {
    this.session = session;
  }

  /** Some have been taken or given back. */
  CompletionStage<Void> changed(NettyLink link) {
    home = link; // before the question, whose failure could be the link's end
    session.keepLink();
    return link.query(HELD, List.of())
        .thenAccept(
            held -> {
              if ("f".equals(held.rows().get(0).get(0))) {
                home = null;
              }
            });
  }

  boolean any() {
    return home != null;
  }

  /** True if there were some on a link that has failed. */
  boolean isLost() {
    NettyLink link = home;
    return link != null && !link.isUsable();
  }

  /** To be called with the link that a statement is about to use; 57P01 when it is another one. */
  @SuppressWarnings("ReferenceEquality")
  void check(NettyLink link) {
    if (home != null && home != link) {
      throw lost(null);
    }
  }

  ClientFailure lost(@Nullable Throwable cause) {
    home = null;
    return new ClientFailure(
        "57P01",
        "The advisory locks of this connection were lost with the server session that held them."
            + " Nothing of this statement was done. Take them again, or reconnect.",
        cause);
  }
}
