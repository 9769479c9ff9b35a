package org.tandemdb.proxy.pg;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.tandemdb.engine.Engine;

/** Sessions without settings of their own: as much as the proof needs. */
public final class NettyDialect implements Engine.SessionDialect<NettyLink> {

  @Override
  public List<String> searchPath(Map<String, String> settings, String user) {
    return List.of("pg_catalog", user, "public");
  }

  @Override
  public Map<String, String> entrySettings(
      Map<String, String> settings, String user, boolean namesUnresolved) {
    return namesUnresolved ? Map.of("search_path", "\"$user\", public") : Map.of();
  }

  @Override
  public CompletionStage<Void> settle(NettyLink link, Map<String, String> settings) {
    return settings.isEmpty()
        ? CompletableFuture.completedFuture(null)
        : CompletableFuture.failedFuture(
            new UnsupportedOperationException("settings do not follow a session here"));
  }

  /** Nothing was set, so a transaction is all that can be left. */
  @Override
  public CompletionStage<Void> clean(NettyLink link) {
    return link.rollback();
  }
}
