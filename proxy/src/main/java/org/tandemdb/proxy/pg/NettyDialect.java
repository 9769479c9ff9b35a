package org.tandemdb.proxy.pg;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.tandemdb.engine.Engine;
import org.tandemdb.engine.pg.PgSettingFacts;

/** Settings of a session on native links. The facts are PostgreSQL's, the work is the link's. */
public final class NettyDialect implements Engine.SessionDialect<NettyLink> {
  private static final PgStatement[] CLEAN = {
    PgStatement.of("ROLLBACK"),
    PgStatement.of("RESET SESSION AUTHORIZATION"),
    PgStatement.of("RESET ROLE"),
    PgStatement.of("RESET ALL"),
    PgStatement.of("SET synchronous_commit = off")
  };

  private final PgSettingFacts facts;

  /**
   * @param tandemUser Tandem's own role
   */
  public NettyDialect(String tandemUser) {
    this.facts = new PgSettingFacts(tandemUser);
  }

  @Override
  public List<String> searchPath(Map<String, String> settings, String user) {
    return facts.searchPath(settings, user);
  }

  @Override
  public Map<String, String> entrySettings(
      Map<String, String> settings, String user, boolean namesUnresolved) {
    return facts.entrySettings(settings, user, namesUnresolved);
  }

  @Override
  public void checkIdentity(String setting, String value, String user) {
    facts.checkIdentity(setting, value, user);
  }

  /** All of them in one flight, outside of a transaction. */
  @Override
  public CompletionStage<Void> settle(NettyLink link, Map<String, String> settings) {
    if (settings.isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    PgStatement[] flight =
        settings.entrySet().stream()
            .map(
                setting ->
                    PgStatement.of(
                        "SELECT pg_catalog.set_config($1, $2, false)",
                        setting.getKey(),
                        setting.getValue()))
            .toArray(PgStatement[]::new);
    return link.flight(flight).thenAccept(ok -> {});
  }

  @Override
  public CompletionStage<Void> clean(NettyLink link) {
    return link.flight(CLEAN).thenAccept(ok -> {});
  }
}
