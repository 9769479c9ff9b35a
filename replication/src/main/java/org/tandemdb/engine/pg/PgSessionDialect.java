package org.tandemdb.engine.pg;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.engine.Engine;
import org.tandemdb.env.TaskScheduler;

/** What a PostgreSQL session's settings mean for planning and for entries. */
final class PgSessionDialect implements Engine.SessionDialect<JdbcLink> {
  private final TaskScheduler scheduler;
  private final PgSettingFacts facts;

  PgSessionDialect(TaskScheduler scheduler, String tandemUser) {
    this.scheduler = scheduler;
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

  /** On the caller's thread: it is the session's own, and the link is idle. */
  @Override
  public CompletionStage<Void> settle(JdbcLink link, Map<String, String> settings) {
    try {
      Connection connection = link.connection();
      boolean autoCommit = connection.getAutoCommit();
      if (!autoCommit) {
        connection.setAutoCommit(true);
      }
      try (PreparedStatement statement =
          connection.prepareStatement("SELECT set_config(?, ?, false)")) {
        for (Map.Entry<String, String> setting : settings.entrySet()) {
          statement.setString(1, setting.getKey());
          statement.setString(2, setting.getValue());
          statement.execute();
        }
      }
      return CompletableFuture.completedFuture(null);
    } catch (SQLException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  @Override
  public CompletionStage<Void> clean(JdbcLink link) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    scheduler.execute(
        () -> {
          try (Statement statement = link.connection().createStatement()) {
            link.connection().rollback();
            link.connection().setAutoCommit(true);
            link.connection().setReadOnly(false);
            // Not DISCARD ALL: it would drop what this driver has prepared.
            statement.execute(
                "RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; SET synchronous_commit = off");
            done.complete(null);
          } catch (SQLException e) {
            done.completeExceptionally(e);
          }
        });
    return done;
  }
}
