package org.tandemdb.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.tandemdb.config.Setting.Scope;

/**
 * A configuration as it is in force, for {@code SHOW TANDEM CONFIG}: each value with its default
 * and with the place where it was given. Secrets are there as {@code ***}.
 */
public final class ConfigReport {
  /** What {@link #rows} has; the default is empty where there is none. */
  public static final List<String> COLUMNS = List.of("name", "value", "default", "source");

  /** The source of what was given nowhere. */
  public static final String DEFAULT = "default";

  private static final String HIDDEN = "***";

  private ConfigReport() {}

  /** In the order of the reference page. */
  public static List<List<String>> rows(ClusterConfig config) {
    List<List<String>> rows = new ArrayList<>();
    Map<String, String> origins = config.origins();
    rows.add(row("database", config.database(), "", origins.getOrDefault("database", "")));
    add(rows, origins, Setting.LOG, "", config.log().toString());
    add(rows, origins, Setting.CONSISTENCY, "", DatabaseText.text(config.consistency()));
    add(rows, origins, Setting.COMMIT, "", DatabaseText.text(config.commit()));
    for (BackendConfig backend : config.backends()) {
      String prefix = backend(backend.id().name());
      add(rows, origins, Setting.URL, prefix, Redaction.url(backend.url()));
      add(rows, origins, Setting.USER, prefix, backend.user());
      add(rows, origins, Setting.PASSWORD, prefix, backend.password());
      add(rows, origins, Setting.WEIGHT, prefix, Integer.toString(backend.weight()));
      new TreeMap<>(Redaction.properties(backend.vendorProperties()))
          .forEach((key, value) -> rows.add(plain(origins, prefix + "properties." + key, value)));
    }
    config
        .limits()
        .texts()
        .forEach((limit, text) -> add(rows, origins, limit, "", shown(limit, text)));
    return rows;
  }

  /**
   * A proxy's own keys: those of the file, and the defaults of those that it leaves out.
   *
   * @param defaults by key
   */
  public static List<List<String>> front(ClusterFile file, Map<String, String> defaults) {
    Map<String, String> values = new TreeMap<>(defaults);
    values.putAll(file.front());
    List<List<String>> rows = new ArrayList<>();
    values.forEach(
        (key, value) ->
            rows.add(
                row(
                    key,
                    Redaction.isSecret(key) && !value.isEmpty() ? HIDDEN : value,
                    defaults.getOrDefault(key, ""),
                    file.origins().getOrDefault(key, DEFAULT))));
    return rows;
  }

  /** What the names of a backend's settings begin with. */
  static String backend(String name) {
    return "backends." + name + ".";
  }

  private static void add(
      List<List<String>> rows,
      Map<String, String> origins,
      Setting setting,
      String prefix,
      String value) {
    String name = prefix + setting.key();
    boolean hidden = setting.type() == SettingType.SECRET && !value.isEmpty();
    // Who is not named apart is named in the URL.
    String elsewhere =
        value.isEmpty() || isDefault(setting, value)
            ? DEFAULT
            : origins.getOrDefault(prefix + Setting.URL.key(), "");
    rows.add(
        row(
            name,
            hidden ? HIDDEN : value,
            shown(setting, setting.defaultText()),
            origins.getOrDefault(name, elsewhere)));
  }

  private static List<String> plain(Map<String, String> origins, String name, String value) {
    return row(name, value, "", origins.getOrDefault(name, ""));
  }

  private static boolean isDefault(Setting setting, String value) {
    return value.equals(shown(setting, setting.defaultText()));
  }

  private static List<String> row(String name, String value, String preset, String source) {
    return List.of(name, value, preset, source);
  }

  /** Quantities in one way of writing, so that a value and its default can be compared. */
  private static String shown(Setting setting, String text) {
    if (text.isEmpty() || setting.scope() != Scope.LIMIT) {
      return text;
    }
    return switch (setting.type()) {
      case DURATION -> DatabaseText.text(SettingType.duration(text));
      case BYTES -> bytes(SettingType.bytes(text));
      case COUNT, CHOICE, PATH, TEXT, SECRET, MAP -> text;
    };
  }

  private static String bytes(long bytes) {
    List<String> units = List.of("", "KiB", "MiB", "GiB", "TiB");
    long left = bytes;
    int unit = 0;
    while (unit + 1 < units.size() && left >= 1024 && left % 1024 == 0) {
      left /= 1024;
      unit++;
    }
    return left + units.get(unit);
  }
}
