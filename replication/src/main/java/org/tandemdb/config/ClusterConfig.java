package org.tandemdb.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.session.ReadLevel;

/**
 * One redundant database, checked and sealed.
 *
 * @param database what clients call it
 * @param log directory of the replication log, absolute and normalised
 * @param backends at least one; names and databases differ
 * @param origins where each value was given, by its name in {@link ConfigReport}; what is not here
 *     was given nowhere. Two configurations that differ in nothing else are the same one
 */
public record ClusterConfig(
    String database,
    Path log,
    ReadLevel consistency,
    CommitMode commit,
    List<BackendConfig> backends,
    Limits limits,
    Map<String, String> origins) {

  /** A configuration of which nobody knows where it was given. */
  public ClusterConfig(
      String database,
      Path log,
      ReadLevel consistency,
      CommitMode commit,
      List<BackendConfig> backends,
      Limits limits) {
    this(database, log, consistency, commit, backends, limits, Map.of());
  }

  /**
   * @throws TandemException CONFIGURATION
   */
  public ClusterConfig {
    log = log.toAbsolutePath().normalize();
    backends = List.copyOf(backends);
    origins = Map.copyOf(origins);
    if (database.isEmpty()) {
      throw invalid("the database needs a name");
    }
    if (backends.isEmpty()) {
      throw invalid("database '" + database + "' has no backend: give at least one");
    }
    refuseOneDatabaseTwice(backends);
    Set<String> names = new HashSet<>();
    for (BackendConfig backend : backends) {
      if (!names.add(backend.id().name())) {
        throw invalid("two backends are named '" + backend.id() + "'");
      }
    }
  }

  private static void refuseOneDatabaseTwice(List<BackendConfig> backends) {
    for (int i = 0; i < backends.size(); i++) {
      for (int j = i + 1; j < backends.size(); j++) {
        BackendConfig a = backends.get(i);
        BackendConfig b = backends.get(j);
        if (a.address().overlaps(b.address())) {
          throw invalid(
              "backends '"
                  + a.id()
                  + "' and '"
                  + b.id()
                  + "' are the same database: a copy needs"
                  + " its own");
        }
      }
    }
  }

  private static TandemException invalid(String detail) {
    return new TandemException(ErrorCode.CONFIGURATION, detail);
  }

  /**
   * Equal for two configurations that one engine can serve: the order of backends and all passwords
   * are left out, since each client's own password is checked by the server itself.
   */
  public String canonical() {
    return "database="
        + database
        + "\nlog="
        + log
        + "\nconsistency="
        + consistency
        + "\ncommit="
        + commit
        + "\n"
        + backends.stream()
            .sorted(Comparator.comparing(b -> b.id().name()))
            .map(BackendConfig::canonical)
            .collect(Collectors.joining("\n"))
        + "\n"
        + limits;
  }

  /** Limits that are looked at whenever they are needed, and by nobody but whoever needs them. */
  private static final Set<Setting> CHANGEABLE_LIMITS =
      EnumSet.of(
          Setting.LEASE_TIMEOUT,
          Setting.GATE_TIMEOUT,
          Setting.GATE_ATTEMPTS,
          Setting.EXCLUSIVE_LIMIT,
          Setting.MAX_TRANSACTION_BYTES,
          Setting.MAX_SAVEPOINT_BYTES);

  /**
   * This, with what an engine at work can take over from {@code next}: {@code consistency} (of
   * sessions that begin later), {@code commit} and some limits.
   */
  public ClusterConfig reloadedWith(ClusterConfig next) {
    Limits reloaded = limits;
    Map<String, String> places = new HashMap<>(origins);
    for (Setting limit : CHANGEABLE_LIMITS) {
      reloaded = reloaded.with(limit, next.limits.texts().getOrDefault(limit, ""));
      move(limit, next.origins, places);
    }
    move(Setting.CONSISTENCY, next.origins, places);
    move(Setting.COMMIT, next.origins, places);
    return new ClusterConfig(
        database, log, next.consistency, next.commit, backends, reloaded, places);
  }

  private static void move(Setting setting, Map<String, String> from, Map<String, String> to) {
    String place = from.get(setting.key());
    if (place == null) {
      to.remove(setting.key());
    } else {
      to.put(setting.key(), place);
    }
  }

  /**
   * What keeps one engine from serving both, in words, each with the other's value and this one's;
   * a secret is named and never shown. Empty exactly when {@link #canonical} is equal.
   */
  public List<String> differencesFrom(ClusterConfig other) {
    List<String> found = new ArrayList<>();
    compare(found, "database", other.database, database);
    compare(found, "log", other.log, log);
    compare(
        found, "consistency", DatabaseText.text(other.consistency), DatabaseText.text(consistency));
    compare(found, "commit", DatabaseText.text(other.commit), DatabaseText.text(commit));
    Map<String, BackendConfig> theirs = other.byName();
    Map<String, BackendConfig> mine = byName();
    for (Map.Entry<String, BackendConfig> backend : theirs.entrySet()) {
      BackendConfig now = mine.get(backend.getKey());
      if (now == null) {
        found.add("backend " + backend.getKey() + " (is missing now)");
      } else {
        now.addDifferences(found, backend.getValue());
      }
    }
    mine.keySet().stream()
        .filter(name -> !theirs.containsKey(name))
        .forEach(name -> found.add("backend " + name + " (is new)"));
    other
        .limits
        .texts()
        .forEach(
            (setting, before) ->
                compare(
                    found,
                    setting.key(),
                    text(setting, before),
                    text(setting, limits.texts().getOrDefault(setting, ""))));
    return found;
  }

  private static String text(Setting setting, String limit) {
    return setting.type() == SettingType.DURATION
        ? DatabaseText.text(SettingType.duration(limit))
        : limit;
  }

  private Map<String, BackendConfig> byName() {
    Map<String, BackendConfig> found = new TreeMap<>();
    backends.forEach(backend -> found.put(backend.id().name(), backend));
    return found;
  }

  static void compare(
      List<String> found, String setting, @Nullable Object before, @Nullable Object now) {
    if (!Objects.equals(before, now)) {
      found.add(setting + " (" + shown(before) + " there, " + shown(now) + " here)");
    }
  }

  private static String shown(@Nullable Object value) {
    return value == null || value.toString().isEmpty() ? "not set" : value.toString();
  }
}
