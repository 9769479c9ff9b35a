package org.tandemdb.sim;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.tandemdb.engine.Engine;

/** The simulated database has no settings; a link is clean when nothing is open on it. */
final class SimDialect implements Engine.SessionDialect<SimLink> {
  @Override
  public List<String> searchPath(Map<String, String> settings, String user) {
    return List.of("public");
  }

  @Override
  public Map<String, String> entrySettings(
      Map<String, String> settings, String user, boolean namesUnresolved) {
    return Map.of();
  }

  @Override
  public CompletionStage<Void> settle(SimLink link, Map<String, String> settings) {
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public CompletionStage<Void> clean(SimLink link) {
    return link.rollback();
  }
}
