package org.tandemdb.engine.pg;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.plan.SettingRules;

/**
 * What a PostgreSQL session's settings mean for planning and for entries, whatever its links are.
 * Pure.
 *
 * @param tandemUser Tandem's own role
 */
public record PgSettingFacts(String tandemUser) {
  private static final String DEFAULT_PATH = "\"$user\", public";

  /** As the server resolves it: pg_catalog first where it is not named. */
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

  /** See {@link org.tandemdb.engine.Engine.SessionDialect#entrySettings}. */
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
      // The primary has checked them, perhaps against what only its session has: temporary tables.
      carried.put("check_function_bodies", "off");
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

  /** See {@link org.tandemdb.engine.Engine.SessionDialect#checkIdentity}. */
  public void checkIdentity(String setting, String value, String user) {
    boolean identity = setting.equals("role") || setting.equals("session_authorization");
    if (identity && value.equals(tandemUser) && !user.equals(tandemUser) && !user.isEmpty()) {
      throw new TandemException(
          ErrorCode.STATEMENT_REFUSED, "the role " + value + " is Tandem's own");
    }
    if (setting.equals("search_path") && SettingRules.leadsAstray(value)) {
      // Given as a parameter, it was not seen before it was set.
      throw new TandemException(
          ErrorCode.STATEMENT_REFUSED,
          "the search path may not hold Tandem's or temporary schemas");
    }
  }
}
