package org.tandemdb.config;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.session.ReadLevel;

/**
 * One redundant database, checked and sealed.
 *
 * @param database what clients call it
 * @param log directory of the replication log, absolute and normalised
 * @param backends at least one; names and databases differ
 */
public record ClusterConfig(
    String database,
    Path log,
    ReadLevel consistency,
    CommitMode commit,
    List<BackendConfig> backends,
    Limits limits) {

  /**
   * @throws TandemException CONFIGURATION
   */
  public ClusterConfig {
    log = log.toAbsolutePath().normalize();
    backends = List.copyOf(backends);
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
}
