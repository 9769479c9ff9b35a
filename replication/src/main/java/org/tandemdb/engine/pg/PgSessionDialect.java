package org.tandemdb.engine.pg;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.engine.Engine;
import org.tandemdb.env.TaskScheduler;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.plan.SettingRules;

/** What a PostgreSQL session's settings mean for planning and for entries. */
final class PgSessionDialect implements Engine.SessionDialect<JdbcLink> {
  private static final String DEFAULT_PATH = "\"$user\", public";

  private final TaskScheduler scheduler;
  private final String tandemUser;

  PgSessionDialect(TaskScheduler scheduler, String tandemUser) {
    this.scheduler = scheduler;
    this.tandemUser = tandemUser;
  }

  /** As the server resolves it: pg_catalog first where it is not named. */
  @Override
  public List<String> searchPath(Map<String, String> settings, String user) {
    List<String> path = new ArrayList<>();
    for (String part : settings.getOrDefault("search_path", defaultPath(user)).split(",", -1)) {
      String name = part.strip();
      boolean quoted = name.length() >= 2 && (name.startsWith("\"") || name.startsWith("'"));
      name =
          quoted ? name.substring(1, name.length() - 1) : name.toLowerCase(java.util.Locale.ROOT);
      path.add(name.equals("$user") ? identity(settings, user) : name);
    }
    if (!path.contains("pg_catalog")) {
      path.add(0, "pg_catalog");
    }
    return path;
  }

  /**
   * See {@code PgConnector}: a role called as Tandem's schema is must not work in it by default.
   */
  private static String defaultPath(String user) {
    return user.equals("tandem") ? "public" : DEFAULT_PATH;
  }

  @Override
  public Map<String, String> entrySettings(
      Map<String, String> settings, String user, boolean namesUnresolved) {
    Map<String, String> carried = new LinkedHashMap<>();
    if (settings.isEmpty() && !namesUnresolved) {
      return carried;
    }
    for (String name : SettingRules.TRAVELLING) {
      String value = settings.get(name);
      if (value != null) {
        carried.put(name, value);
      }
    }
    if (namesUnresolved) {
      // DDL keeps its names as they are written, and its objects belong to who made them.
      carried.put("search_path", settings.getOrDefault("search_path", defaultPath(user)));
      String bodies = settings.get("check_function_bodies");
      if (bodies != null) {
        carried.put("check_function_bodies", bodies);
      }
      String identity = identity(settings, user);
      if (!identity.equals(tandemUser)) {
        carried.put("role", identity);
      }
    }
    return carried;
  }

  /** Who the session is after SET ROLE and SET SESSION AUTHORIZATION. */
  private static String identity(Map<String, String> settings, String user) {
    String role = settings.getOrDefault("role", "none");
    return role.equals("none") ? settings.getOrDefault("session_authorization", user) : role;
  }

  @Override
  public void checkIdentity(String setting, String value, String user) {
    boolean identity = setting.equals("role") || setting.equals("session_authorization");
    if (identity && value.equals(tandemUser) && !user.equals(tandemUser) && !user.isEmpty()) {
      throw new TandemException(
          ErrorCode.STATEMENT_REFUSED, "the role " + value + " is Tandem's own");
    }
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
