package org.tandemdb.config;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import org.tandemdb.config.Setting.Scope;
import org.tandemdb.entry.BackendId;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;

/**
 * Reads {@code jdbc:tandem:[backend,backend]?key=value&...} and {@code
 * jdbc:tandem:config:file#database}.
 *
 * <p><b>Escaping.</b> Text between the brackets is passed to the vendor's driver as it is, so the
 * vendor's own percent-encoding holds there. A comma starts the next backend only where {@code
 * jdbc:} follows it, so a backend may list several hosts; brackets may nest, so IPv6 needs nothing.
 * A bracket inside a value is written {@code %5B} or {@code %5D}, and a comma before the letters
 * {@code jdbc:} is written {@code %2C}. Tandem's own parameters, after the closing bracket, are
 * percent-encoded; a plus sign is a plus sign.
 */
public final class TandemUrl {

  /** What every URL of this driver starts with. */
  public static final String PREFIX = "jdbc:tandem:";

  private static final String CONFIG = PREFIX + "config:";

  private static final List<Setting> KNOWN =
      Setting.in(Scope.CONNECTION, Scope.DATABASE, Scope.LIMIT).stream()
          .filter(s -> s.type() != SettingType.MAP)
          .toList();

  private TandemUrl() {}

  /** Settings that may stand in a URL or in connect properties. */
  public static List<Setting> settings() {
    return KNOWN;
  }

  /** {@code url} with every password replaced, to be shown. */
  public static String withoutSecrets(String url) {
    return Redaction.url(url);
  }

  /**
   * @param properties Tandem's settings by key, {@code user}, {@code password}; whatever else is
   *     there is the vendor driver's. They win over the URL.
   * @throws TandemException CONFIGURATION; passwords are never in its text
   */
  public static ConnectSpec parse(String url, Properties properties) {
    if (!url.startsWith(PREFIX)) {
      throw error(0, "a Tandem URL starts with " + PREFIX);
    }
    Map<Setting, String> given = new HashMap<>();
    Map<String, String> vendor = new LinkedHashMap<>();
    if (url.startsWith(CONFIG)) {
      return fromFile(url, given, vendor, properties);
    }
    if (url.startsWith(PREFIX + "//")) {
      throw error(
          PREFIX.length(), "a URL of proxies is for connections; here a cluster's is expected");
    }
    if (!url.startsWith("[", PREFIX.length())) {
      throw error(PREFIX.length(), "'[' with backend URLs, or 'config:' is expected");
    }
    int close = closingBracket(url);
    List<String> urls = backendUrls(url, close);
    if (close + 1 < url.length() && url.charAt(close + 1) != '?') {
      throw error(close + 1, "'?' with parameters, or the end, is expected after ']'");
    }
    parameters(url, close + 2, given);
    split(properties, given, vendor);
    return fromBackends(urls, given, vendor, properties);
  }

  private static int closingBracket(String url) {
    int depth = 0;
    for (int i = PREFIX.length(); i < url.length(); i++) {
      char c = url.charAt(i);
      if (c == '[') {
        depth++;
      } else if (c == ']' && --depth == 0) {
        return i;
      }
    }
    throw error(PREFIX.length(), "'[' is not closed by ']'");
  }

  private static List<String> backendUrls(String url, int close) {
    List<String> urls = new ArrayList<>();
    int from = PREFIX.length() + 1;
    for (int i = from; i <= close; i++) {
      if (i == close || (url.charAt(i) == ',' && url.startsWith("jdbc:", skipBlank(url, i + 1)))) {
        String backend = url.substring(from, i).strip();
        try {
          BackendUrl.parse(backend);
        } catch (IllegalArgumentException e) {
          throw error(from, String.valueOf(e.getMessage()));
        }
        urls.add(backend);
        from = i + 1;
      }
    }
    return urls;
  }

  private static int skipBlank(String text, int from) {
    int i = from;
    while (i < text.length() && text.charAt(i) == ' ') {
      i++;
    }
    return i;
  }

  private static void parameters(String url, int from, Map<Setting, String> given) {
    int at = from;
    while (at < url.length()) {
      int end = url.indexOf('&', at);
      end = end < 0 ? url.length() : end;
      int equals = url.indexOf('=', at);
      if (end > at) {
        if (equals < 0 || equals > end) {
          throw error(at, "'=' is missing after '" + url.substring(at, end) + "'");
        }
        String key = url.substring(at, equals);
        int column = at;
        Setting setting =
            Setting.find(key, KNOWN)
                .orElseThrow(
                    () ->
                        error(
                            column,
                            "unknown parameter '"
                                + key
                                + "': "
                                + Suggestion.forKey(
                                    key, KNOWN.stream().map(Setting::key).toList())));
        if (given.put(setting, decode(url.substring(equals + 1, end), equals + 1)) != null) {
          throw error(at, "'" + key + "' is given twice");
        }
        check(setting, given.getOrDefault(setting, ""), equals + 1);
      }
      at = end + 1;
    }
  }

  private static void check(Setting setting, String value, int column) {
    if (setting.scope() == Scope.LIMIT || setting.type() == SettingType.CHOICE) {
      try {
        switch (setting) {
          case CONSISTENCY -> DatabaseText.consistency(value);
          case COMMIT -> DatabaseText.commit(value);
          default -> Limits.read(setting, value);
        }
      } catch (IllegalArgumentException e) {
        throw error(column, String.valueOf(e.getMessage()));
      }
    }
  }

  private static String decode(String text, int column) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw error(column, "'%' must be followed by two hexadecimal digits");
    }
  }

  private static void split(
      Properties properties, Map<Setting, String> given, Map<String, String> vendor) {
    for (String key : properties.stringPropertyNames()) {
      String value = properties.getProperty(key, "");
      Optional<Setting> setting = Setting.find(key, KNOWN);
      if (setting.isPresent()) {
        given.put(setting.get(), value);
      } else {
        refuseMisspelt(key);
        vendor.put(key, value);
      }
    }
  }

  /**
   * What nobody knows goes to the vendor's driver, which ignores it: tools add such properties. But
   * one that is nearly Tandem's own was meant for Tandem.
   */
  private static void refuseMisspelt(String key) {
    if (BackendUrl.isVendorProperty(key)) {
      return;
    }
    Suggestion.misspelt(key, KNOWN.stream().map(Setting::key).toList())
        .ifPresent(
            meant -> {
              throw new TandemException(
                  ErrorCode.CONFIGURATION,
                  "unknown connect property '" + key + "': did you mean '" + meant + "'?");
            });
  }

  /**
   * What a URL gives, by setting, as far as it can be read: for tools that ask while their user is
   * still typing it. Checks nothing.
   */
  public static Map<Setting, String> given(String url) {
    Map<Setting, String> given = new HashMap<>();
    int from = url.indexOf('?', Math.max(0, url.lastIndexOf(']')));
    if (!url.startsWith(PREFIX) || from < 0) {
      return given;
    }
    for (String parameter : url.substring(from + 1).split("&", -1)) {
      int equals = parameter.indexOf('=');
      if (equals > 0 && parameter.indexOf('%') < 0) {
        Setting.find(parameter.substring(0, equals), KNOWN)
            .ifPresent(setting -> given.put(setting, parameter.substring(equals + 1)));
      }
    }
    return given;
  }

  /** True if the URL names a file, which has what else must be in the URL. */
  public static boolean namesFile(String url) {
    return url.startsWith(CONFIG);
  }

  private static ConnectSpec fromFile(
      String url, Map<Setting, String> given, Map<String, String> vendor, Properties properties) {
    int question = url.indexOf('?', CONFIG.length());
    String place = url.substring(CONFIG.length(), question < 0 ? url.length() : question);
    if (question >= 0) {
      parameters(url, question + 1, given);
    }
    split(properties, given, vendor);
    int hash = place.lastIndexOf('#');
    String file = hash < 0 ? place : place.substring(0, hash);
    if (file.isEmpty()) {
      throw error(CONFIG.length(), "the file's name is missing");
    }
    ClusterConfig base =
        ClusterFile.read(Path.of(file)).database(hash < 0 ? "" : place.substring(hash + 1));
    List<BackendConfig> backends =
        base.backends().stream().map(b -> withVendor(b, vendor)).toList();
    try {
      Limits limits = base.limits();
      for (Map.Entry<Setting, String> entry : given.entrySet()) {
        if (entry.getKey().scope() == Scope.LIMIT) {
          limits = limits.with(entry.getKey(), entry.getValue());
        }
      }
      String consistency = given.get(Setting.CONSISTENCY);
      String commit = given.get(Setting.COMMIT);
      ClusterConfig cluster =
          new ClusterConfig(
              base.database(),
              given.containsKey(Setting.LOG) ? Path.of(text(given, Setting.LOG)) : base.log(),
              consistency == null ? base.consistency() : DatabaseText.consistency(consistency),
              commit == null ? base.commit() : DatabaseText.commit(commit),
              backends,
              limits,
              origins(base.origins(), given, properties));
      return client(cluster, given);
    } catch (IllegalArgumentException e) {
      throw new TandemException(ErrorCode.CONFIGURATION, String.valueOf(e.getMessage()), e);
    }
  }

  private static ConnectSpec fromBackends(
      List<String> urls,
      Map<Setting, String> given,
      Map<String, String> vendor,
      Properties properties) {
    if (text(given, Setting.LOG).isEmpty()) {
      throw new TandemException(
          ErrorCode.CONFIGURATION, "'log' is missing: the directory of the replication log");
    }
    List<BackendUrl> parsed = urls.stream().map(BackendUrl::parse).toList();
    List<String> names = names(parsed, text(given, Setting.NAMES));
    String user = or(given, Setting.TANDEM_USER, Setting.CLIENT_USER);
    String password = or(given, Setting.TANDEM_PASSWORD, Setting.CLIENT_PASSWORD);
    try {
      List<BackendConfig> backends = new ArrayList<>();
      for (int i = 0; i < urls.size(); i++) {
        boolean own = parsed.get(i).user().isEmpty();
        backends.add(
            new BackendConfig(
                new BackendId(names.get(i)),
                urls.get(i),
                own ? user : "",
                own ? password : "",
                vendor,
                1));
      }
      Map<Setting, String> limits = new HashMap<>(given);
      limits.keySet().removeIf(s -> s.scope() != Scope.LIMIT);
      String database = text(given, Setting.DATABASE_NAME);
      String first = parsed.get(0).database();
      ClusterConfig cluster =
          new ClusterConfig(
              !database.isEmpty() ? database : first.isEmpty() ? "postgres" : first,
              Path.of(text(given, Setting.LOG)),
              DatabaseText.consistency(text(given, Setting.CONSISTENCY)),
              DatabaseText.commit(text(given, Setting.COMMIT)),
              backends,
              Limits.of(limits),
              origins(backendOrigins(names, parsed, given, properties), given, properties));
      return client(cluster, given);
    } catch (IllegalArgumentException e) {
      throw new TandemException(ErrorCode.CONFIGURATION, String.valueOf(e.getMessage()), e);
    }
  }

  /** What stands between the brackets, and who is used where that names nobody. */
  private static Map<String, String> backendOrigins(
      List<String> names,
      List<BackendUrl> urls,
      Map<Setting, String> given,
      Properties properties) {
    boolean own = !text(given, Setting.TANDEM_USER).isEmpty();
    Setting user = own ? Setting.TANDEM_USER : Setting.CLIENT_USER;
    Map<String, String> origins = new HashMap<>();
    for (int i = 0; i < names.size(); i++) {
      String prefix = ConfigReport.backend(names.get(i));
      origins.put(prefix + Setting.URL.key(), "URL");
      if (urls.get(i).user().isEmpty() && given.containsKey(user)) {
        origins.put(prefix + Setting.USER.key(), origin(user, properties));
        origins.put(prefix + Setting.PASSWORD.key(), origin(user, properties));
      }
    }
    return origins;
  }

  private static String origin(Setting setting, Properties properties) {
    return properties.getProperty(setting.key()) == null ? "URL" : "connect property";
  }

  /** As they stand in the file or the URL, and what wins over them. */
  private static Map<String, String> origins(
      Map<String, String> base, Map<Setting, String> given, Properties properties) {
    Map<String, String> origins = new HashMap<>(base);
    given.keySet().forEach(setting -> origins.put(setting.key(), origin(setting, properties)));
    return origins;
  }

  private static List<String> names(List<BackendUrl> urls, String given) {
    if (!given.isEmpty()) {
      List<String> names = List.of(given.split(",", -1));
      if (names.size() != urls.size()) {
        throw new TandemException(
            ErrorCode.CONFIGURATION,
            "'names' gives " + names.size() + " names for " + urls.size() + " backends");
      }
      return names;
    }
    List<String> names = urls.stream().map(BackendUrl::name).toList();
    Set<String> unique = new HashSet<>(names);
    return unique.size() == names.size()
        ? names
        : urls.stream().map(u -> u.name() + "-" + u.database()).toList();
  }

  private static BackendConfig withVendor(BackendConfig backend, Map<String, String> vendor) {
    Map<String, String> merged = new HashMap<>(backend.vendorProperties());
    merged.putAll(vendor);
    return new BackendConfig(
        backend.id(), backend.url(), backend.user(), backend.password(), merged, backend.weight());
  }

  private static ConnectSpec client(ClusterConfig cluster, Map<Setting, String> given) {
    return new ConnectSpec(
        cluster, text(given, Setting.CLIENT_USER), text(given, Setting.CLIENT_PASSWORD));
  }

  private static String or(Map<Setting, String> given, Setting first, Setting second) {
    String value = text(given, first);
    return value.isEmpty() ? text(given, second) : value;
  }

  private static String text(Map<Setting, String> given, Setting setting) {
    return given.getOrDefault(setting, setting.defaultText());
  }

  private static TandemException error(int index, String detail) {
    return new TandemException(
        ErrorCode.CONFIGURATION, "URL, column " + (index + 1) + ": " + detail);
  }
}
