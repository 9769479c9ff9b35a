package org.tandemdb.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.tandemdb.config.Setting.Scope;
import org.tandemdb.config.YamlNode.Mapping;
import org.tandemdb.config.YamlNode.Scalar;
import org.tandemdb.config.YamlNode.Sequence;
import org.tandemdb.entry.BackendId;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;

/**
 * A configuration file. A relative log directory, certificate or key is relative to the file's own
 * directory.
 *
 * @param databases by name, in the order of the file
 * @param front the proxy's own keys, flattened: {@code listen}, {@code admin.listen}, {@code
 *     clients.auth}
 * @param origins where each of {@code front} was given: file and line
 */
public record ClusterFile(
    Map<String, ClusterConfig> databases, Map<String, String> front, Map<String, String> origins) {

  /** Reads {@code file} with the process's environment. Throws TandemException CONFIGURATION. */
  public static ClusterFile read(Path file) {
    return read(file, name -> Optional.ofNullable(System.getenv(name)));
  }

  /** As {@link #read(Path)}, with another environment for {@code ${NAME}}. */
  public static ClusterFile read(Path file, Function<String, Optional<String>> environment) {
    String text;
    try {
      text = Files.readString(file);
    } catch (IOException e) {
      throw new TandemException(ErrorCode.CONFIGURATION, file + " cannot be read: " + e, e);
    }
    return new Reader(file, environment).file(YamlNode.parse(text, file.toString()));
  }

  /**
   * The database called {@code name}; an empty name means the only one.
   *
   * @throws TandemException CONFIGURATION
   */
  public ClusterConfig database(String name) {
    if (name.isEmpty() && databases.size() == 1) {
      return databases.values().iterator().next();
    }
    ClusterConfig found = databases.get(name);
    if (found == null) {
      throw new TandemException(
          ErrorCode.CONFIGURATION,
          "the file has no database '"
              + name
              + "': "
              + Suggestion.forKey(name, databases.keySet()));
    }
    return found;
  }

  /** Keys of the proxy's own that name a file. */
  private static final List<String> FRONT_PATHS =
      List.of("clients.tls.certificate", "clients.tls.key");

  /** Walks over the tree; every complaint carries file and line. */
  private record Reader(Path path, Function<String, Optional<String>> environment) {

    ClusterFile file(YamlNode root) {
      Map<Setting, YamlNode> given = settings(root, Setting.in(Scope.FILE));
      Map<String, String> front = new LinkedHashMap<>();
      Map<String, String> origins = new LinkedHashMap<>();
      for (Setting setting :
          List.of(Setting.LISTEN, Setting.ADMIN, Setting.CLIENTS, Setting.LOGGING)) {
        YamlNode node = given.get(setting);
        if (node != null) {
          flatten(setting.key(), node, front, origins);
        }
      }
      for (String key : FRONT_PATHS) {
        front.computeIfPresent(
            key, (same, text) -> path.toAbsolutePath().resolveSibling(text).toString());
      }
      YamlNode databases = given.get(Setting.DATABASES);
      if (databases == null) {
        throw error(root, "'databases' is missing");
      }
      Map<String, ClusterConfig> read = new LinkedHashMap<>();
      mapping(databases)
          .entries()
          .forEach((name, entry) -> read.put(name, database(name, entry.line(), entry.value())));
      return new ClusterFile(read, front, origins);
    }

    private void flatten(
        String prefix, YamlNode node, Map<String, String> into, Map<String, String> origins) {
      if (node instanceof Mapping m) {
        m.entries().forEach((key, e) -> flatten(prefix + "." + key, e.value(), into, origins));
      } else {
        into.put(prefix, text(node));
        origins.put(prefix, origin(node));
      }
    }

    /** Where it stands, for an operator who wonders where a value comes from. */
    private String origin(YamlNode node) {
      String place = path.getFileName() + ":" + node.line();
      return node instanceof Scalar scalar && scalar.text().contains("${")
          ? place + ", environment"
          : place;
    }

    /** Remembers where the settings of one level were given. */
    private void origins(String prefix, Map<Setting, YamlNode> given, Map<String, String> into) {
      given.forEach((setting, node) -> into.put(prefix + setting.key(), origin(node)));
    }

    private ClusterConfig database(String name, int line, YamlNode node) {
      Map<Setting, YamlNode> given = settings(node, Setting.in(Scope.DATABASE));
      YamlNode log = given.get(Setting.LOG);
      if (log == null) {
        throw error(node, "database '" + name + "' has no 'log'");
      }
      Path directory = path.toAbsolutePath().resolveSibling(text(log));
      Map<String, String> origins = new LinkedHashMap<>();
      origins("", given, origins);
      origins.put("database", path.getFileName() + ":" + line);
      List<BackendConfig> backends = new ArrayList<>();
      YamlNode list = given.get(Setting.BACKENDS);
      if (list != null) {
        sequence(list).items().forEach(item -> backends.add(backend(item, origins)));
      }
      try {
        return new ClusterConfig(
            name,
            directory,
            DatabaseText.consistency(text(given, Setting.CONSISTENCY)),
            DatabaseText.commit(text(given, Setting.COMMIT)),
            backends,
            limits(given.get(Setting.LIMITS), origins),
            origins);
      } catch (IllegalArgumentException e) {
        throw error(node, e.getMessage(), e);
      } catch (TandemException e) {
        if (String.valueOf(e.getMessage()).startsWith(path.toString())) {
          throw e;
        }
        throw error(list == null ? node : list, detail(e), e);
      }
    }

    private BackendConfig backend(YamlNode node, Map<String, String> origins) {
      Map<Setting, YamlNode> given = settings(node, Setting.in(Scope.BACKEND));
      if (!given.containsKey(Setting.URL) || !given.containsKey(Setting.NAME)) {
        throw error(node, "a backend needs 'name' and 'url'");
      }
      String prefix = ConfigReport.backend(text(given, Setting.NAME));
      origins(prefix, given, origins);
      Map<String, String> properties = new LinkedHashMap<>();
      YamlNode vendor = given.get(Setting.PROPERTIES);
      if (vendor != null) {
        mapping(vendor)
            .entries()
            .forEach(
                (key, e) -> {
                  properties.put(key, text(e.value()));
                  origins.put(prefix + "properties." + key, origin(e.value()));
                });
      }
      try {
        return new BackendConfig(
            new BackendId(text(given, Setting.NAME)),
            text(given, Setting.URL),
            text(given, Setting.USER),
            text(given, Setting.PASSWORD),
            properties,
            (int) Limits.read(Setting.WEIGHT, text(given, Setting.WEIGHT)));
      } catch (IllegalArgumentException e) {
        throw error(node, e.getMessage(), e);
      }
    }

    private Limits limits(@Nullable YamlNode node, Map<String, String> origins) {
      if (node == null) {
        return Limits.DEFAULTS;
      }
      Map<Setting, String> texts = new LinkedHashMap<>();
      settings(node, Setting.in(Scope.LIMIT))
          .forEach(
              (setting, value) -> {
                try {
                  Limits.read(setting, text(value));
                } catch (IllegalArgumentException e) {
                  throw error(value, e.getMessage(), e);
                }
                texts.put(setting, text(value));
                origins.put(setting.key(), origin(value));
              });
      return Limits.of(texts);
    }

    private Map<Setting, YamlNode> settings(YamlNode node, List<Setting> known) {
      Map<Setting, YamlNode> found = new LinkedHashMap<>();
      mapping(node)
          .entries()
          .forEach(
              (key, entry) -> {
                Setting setting =
                    Setting.find(key, known)
                        .orElseThrow(
                            () ->
                                YamlNode.error(
                                    path.toString(),
                                    entry.line(),
                                    "unknown key '"
                                        + key
                                        + "': "
                                        + Suggestion.forKey(
                                            key, known.stream().map(Setting::key).toList())));
                found.put(setting, entry.value());
              });
      return found;
    }

    private String text(Map<Setting, YamlNode> given, Setting setting) {
      YamlNode node = given.get(setting);
      return node == null ? setting.defaultText() : text(node);
    }

    private String text(YamlNode node) {
      if (!(node instanceof Scalar scalar)) {
        throw error(node, "a single value is expected here");
      }
      try {
        return Substitution.apply(scalar.text(), environment);
      } catch (IllegalArgumentException e) {
        throw error(node, e.getMessage(), e);
      }
    }

    private Mapping mapping(YamlNode node) {
      if (node instanceof Mapping mapping) {
        return mapping;
      }
      throw error(node, "keys with values are expected here");
    }

    private Sequence sequence(YamlNode node) {
      if (node instanceof Sequence sequence) {
        return sequence;
      }
      throw error(node, "a list is expected here");
    }

    private TandemException error(YamlNode node, String detail) {
      return YamlNode.error(path.toString(), node.line(), detail);
    }

    private TandemException error(YamlNode node, @Nullable String detail, Throwable cause) {
      return new TandemException(
          ErrorCode.CONFIGURATION, path + ":" + node.line() + ": " + detail, cause);
    }

    /** The detail of a catalogue error without the catalogue's explanation, which comes once. */
    private static String detail(TandemException e) {
      return String.valueOf(e.getMessage())
          .replace(" (" + ErrorCode.CONFIGURATION.explanation() + ")", "");
    }
  }
}
