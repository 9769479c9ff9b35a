package org.tandemdb.proxy.front;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.tandemdb.config.BackendConfig;
import org.tandemdb.config.ClusterConfig;

/**
 * What a proxy at work makes of a new configuration. Users with their secrets, how they are
 * authenticated, the admin port's token, the log's level, and what {@link
 * ClusterConfig#reloadedWith} knows are taken over; all else stays as it was until a restart, and
 * is named.
 *
 * @param inForce what holds from now on
 * @param changed what has changed, in words
 * @param needsRestart what the new configuration has otherwise, in words; never a secret
 */
public record Reload(ProxyConfig inForce, List<String> changed, List<String> needsRestart) {
  private static final String AUTH = "clients.auth";

  private static final Set<String> CHANGEABLE = Set.of("admin.token", AUTH, "logging.level");

  private static final String USERS = "clients.users.";

  static Reload of(ProxyConfig before, ProxyConfig next) {
    List<String> changed = new ArrayList<>();
    List<String> later = new ArrayList<>();
    List<List<String>> shown = front(before, next, changed, later);
    if (!before.users().equals(next.users())) {
      changed.add("clients.users");
    }
    if (!token(before).equals(token(next))) {
      changed.add("admin.token");
    }
    Optional<ProxyConfig.Admin> admin =
        before
            .admin()
            .map(
                open ->
                    new ProxyConfig.Admin(
                        open.listen(),
                        mayDropToken(open.listen()) || token(next).isPresent()
                            ? token(next)
                            : open.token()));
    return new Reload(
        new ProxyConfig(
            before.listen(),
            admin,
            mayChangeAuth(before, next) ? next.auth() : before.auth(),
            before.query(),
            before.tls(),
            next.users(),
            databases(before, next, changed, later),
            new ProxyConfig.Log(before.log().format(), next.log().level()),
            shown),
        List.copyOf(changed),
        List.copyOf(later));
  }

  /** Sessions that look secrets up are opened at the start, or never. */
  private static boolean mayChangeAuth(ProxyConfig before, ProxyConfig next) {
    return before.auth() == next.auth()
        || (before.auth() != ProxyConfig.Auth.LOOKUP && next.auth() != ProxyConfig.Auth.LOOKUP);
  }

  private static Optional<String> token(ProxyConfig config) {
    return config.admin().flatMap(ProxyConfig.Admin::token);
  }

  private static boolean mayDropToken(InetSocketAddress listen) {
    return listen.getAddress().isLoopbackAddress();
  }

  private static Map<String, List<String>> byName(ProxyConfig config) {
    Map<String, List<String>> rows = new LinkedHashMap<>();
    config.shown().forEach(row -> rows.put(row.get(0), row));
    return rows;
  }

  private static List<List<String>> front(
      ProxyConfig before, ProxyConfig next, List<String> changed, List<String> later) {
    Map<String, List<String>> old = byName(before);
    Map<String, List<String>> fresh = byName(next);
    Set<String> names = new TreeSet<>(old.keySet());
    names.addAll(fresh.keySet());
    List<List<String>> shown = new ArrayList<>();
    for (String name : names) {
      boolean users = name.startsWith(USERS);
      boolean changeable =
          users
              || (CHANGEABLE.contains(name) && (!name.equals(AUTH) || mayChangeAuth(before, next)));
      List<String> row = changeable ? fresh.get(name) : old.get(name);
      if (row != null) {
        shown.add(row);
      }
      String was = value(old.get(name));
      String is = value(fresh.get(name));
      if (!was.equals(is) && !users && !name.equals("admin.token")) {
        (changeable ? changed : later).add(name + " (" + was + " before, " + is + " now)");
      }
    }
    return shown;
  }

  private static String value(@org.jspecify.annotations.Nullable List<String> row) {
    return row == null || row.get(1).isEmpty() ? "not set" : row.get(1);
  }

  private static Map<String, ClusterConfig> databases(
      ProxyConfig before, ProxyConfig next, List<String> changed, List<String> later) {
    Map<String, ClusterConfig> inForce = new LinkedHashMap<>();
    before
        .databases()
        .forEach(
            (name, old) -> {
              ClusterConfig fresh = next.databases().get(name);
              if (fresh == null) {
                later.add("database " + name + " (is missing now)");
                inForce.put(name, old);
                return;
              }
              ClusterConfig reloaded = old.reloadedWith(fresh);
              inForce.put(name, reloaded);
              say(name, reloaded.differencesFrom(old), changed);
              say(name, fresh.differencesFrom(reloaded), later);
              passwords(name, old, fresh, later);
            });
    next.databases().keySet().stream()
        .filter(name -> !before.databases().containsKey(name))
        .forEach(name -> later.add("database " + name + " (is new)"));
    return inForce;
  }

  private static void say(String database, List<String> differences, List<String> into) {
    for (String one : differences) {
      into.add(database + ": " + one.replace(" there, ", " before, ").replace(" here)", " now)"));
    }
  }

  /** No difference of two configurations names them. */
  private static void passwords(
      String database, ClusterConfig old, ClusterConfig fresh, List<String> later) {
    for (BackendConfig one : old.backends()) {
      for (BackendConfig other : fresh.backends()) {
        if (one.id().equals(other.id()) && !one.password().equals(other.password())) {
          later.add(database + ": password of backend " + one.id());
        }
      }
    }
  }
}
