package org.tandemdb.config;

import static org.tandemdb.config.Setting.Scope.BACKEND;
import static org.tandemdb.config.Setting.Scope.CONNECTION;
import static org.tandemdb.config.Setting.Scope.DATABASE;
import static org.tandemdb.config.Setting.Scope.FILE;
import static org.tandemdb.config.Setting.Scope.LIMIT;
import static org.tandemdb.config.SettingType.BYTES;
import static org.tandemdb.config.SettingType.CHOICE;
import static org.tandemdb.config.SettingType.COUNT;
import static org.tandemdb.config.SettingType.DURATION;
import static org.tandemdb.config.SettingType.MAP;
import static org.tandemdb.config.SettingType.PATH;
import static org.tandemdb.config.SettingType.SECRET;
import static org.tandemdb.config.SettingType.TEXT;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Every setting, declared once. Readers, {@link Limits}, the driver's property info and {@code
 * docs/configuration.md} are all made from here; a limit's name in camel case is its component in
 * {@link Limits}.
 */
public enum Setting {
  LISTEN(FILE, TEXT, "127.0.0.1:6432", "", "", "Where a proxy accepts clients."),
  ADMIN(
      FILE,
      MAP,
      "",
      "",
      "",
      "The proxy's admin port: `listen`, and the `token` that whoever asks must show, at least 16"
          + " characters; it may be left out where `listen` is a loopback address."),
  CLIENTS(
      FILE,
      MAP,
      "",
      "",
      "",
      "How a proxy authenticates clients: `auth` (`trust`, `scram` or `lookup`), and `users` by"
          + " name, each with a `secret` and the `password` of its links. `query` (for `lookup`)"
          + " gives the secret of user `$1`. `tls`: `certificate` and `key`,"
          + " files in PEM, relative to this one; `required` (`true` or `false`) lets nobody in"
          + " without."),
  LOGGING(
      FILE,
      MAP,
      "",
      "",
      "",
      "What a proxy writes of itself, to its standard error: `format` (`text` or `json`, a line an"
          + " event) and `level` (`error`, `warn`, `info` or `debug`)."),
  DATABASES(FILE, MAP, "", "", "", "The databases kept redundant, by name."),

  LOG(DATABASE, PATH, "Directory of the replication log. Required.", true),
  CONSISTENCY(
      DATABASE,
      "strong",
      "What a read outside a read-write transaction must see: `strong`, `session`,"
          + " `bounded:<duration>` or `eventual`.",
      List.of("strong", "session", "bounded:5s", "eventual")),
  COMMIT(
      DATABASE,
      "durable",
      "When COMMIT answers: `durable` (logged and confirmed by the primary) or `applied` (by every"
          + " replica in service, too).",
      List.of("durable", "applied")),
  BACKENDS(
      DATABASE,
      MAP,
      "",
      "",
      "",
      "The copies: a list of backends, two or more. One alone is taken, with a warning: nothing takes"
          + " its place when it fails, and none can be added later."),
  LIMITS(DATABASE, MAP, "", "", "", "Limits that differ from their defaults."),

  NAME(BACKEND, TEXT, "", "", "", "Letters, digits, `-` and `_`; unique in its database."),
  URL(BACKEND, TEXT, "The backend's own JDBC URL. Required.", true),
  USER(BACKEND, TEXT, "", "", "", "Tandem's own role on this backend."),
  PASSWORD(BACKEND, SECRET, "", "", "", "Password of Tandem's own role."),
  WEIGHT(BACKEND, COUNT, "1", "0", "1000", "Share of the reads; 0 keeps balanced reads away."),
  PROPERTIES(BACKEND, MAP, "", "", "", "The vendor driver's own connection properties."),

  CLIENT_USER(CONNECTION, TEXT, "", "", "", "The client's database user.", "user"),
  CLIENT_PASSWORD(CONNECTION, SECRET, "", "", "", "The client's password.", "password"),
  TANDEM_USER(
      CONNECTION,
      TEXT,
      "",
      "",
      "",
      "Tandem's own role on every backend of the URL that names none. Without it: the client's"
          + " user."),
  TANDEM_PASSWORD(CONNECTION, SECRET, "", "", "", "Password of `tandem_user`."),
  NAMES(
      CONNECTION,
      TEXT,
      "",
      "",
      "",
      "The backends' names, in the order of the URL, separated by commas. Without it they are made"
          + " from host and port."),
  DATABASE_NAME(
      CONNECTION,
      TEXT,
      "",
      "",
      "",
      "The cluster's database name. Without it: the first backend's database.",
      "database"),

  MAX_LINKS_PER_BACKEND(
      LIMIT,
      COUNT,
      "100",
      "2",
      "10000",
      "Connections that the clients of one user may have to one backend. Who comes when all are in"
          + " use waits for `lease_timeout`, then gets 53300."),
  MAX_IDLE_USERS(
      LIMIT,
      COUNT,
      "16",
      "0",
      "10000",
      "Users (each with a password) without an open connection whose links are kept for when they"
          + " come again; those of the longest absent are closed."),
  MAX_TRANSACTION_BYTES(
      LIMIT, BYTES, "256MiB", "64KiB", "1TiB", "Size of one transaction's entry in the log."),
  STAGE_THRESHOLD_BYTES(
      LIMIT,
      BYTES,
      "256KiB",
      "4KiB",
      "16MiB",
      "A transaction that records more is written to the log in chunks before it commits. What one"
          + " takes in memory, with what encoding it takes, is about three times this."),
  STAGE_CHUNK_BYTES(
      LIMIT,
      BYTES,
      "128KiB",
      "4KiB",
      "16MiB",
      "Size of such a chunk; at most `stage_threshold_bytes`. A row that is larger has a chunk of"
          + " its own."),
  MAX_SAVEPOINT_BYTES(
      LIMIT,
      BYTES,
      "16MiB",
      "4KiB",
      "1GiB",
      "What a transaction may record while a savepoint is set: it stays in memory, since the"
          + " savepoint may take it back. More is 54000."),
  LOG_MAX_BYTES(
      LIMIT,
      BYTES,
      "4GiB",
      "1MiB",
      "64TiB",
      "Size of the log. A backend that falls off its end is copied anew."),
  LOG_SEGMENT_BYTES(LIMIT, BYTES, "64MiB", "64KiB", "2047MiB", "Size of one file of the log."),
  LOG_CACHE_BYTES(
      LIMIT, BYTES, "16MiB", "64KiB", "4GiB", "Newest entries kept in memory for appliers."),
  MARK_PATIENCE(
      LIMIT,
      DURATION,
      "20ms",
      "1ms",
      "10s",
      "How long a batch waits for a session's marker before it goes on without it."),
  MARK_LIMIT(
      LIMIT, DURATION, "30s", "100ms", "1h", "How long a marker may take before its session ends."),
  MAX_BATCH_ENTRIES(LIMIT, COUNT, "512", "1", "65536", "Transactions that commit as one batch."),
  MAX_COMBINED_INSERTS(
      LIMIT,
      COUNT,
      "64",
      "1",
      "1024",
      "Autocommit INSERTs of different clients that may share a transaction when they come at the"
          + " same time; 1: each has its own."),
  REPLAY_STATEMENTS(
      LIMIT,
      COUNT,
      "0",
      "0",
      "100000",
      "The driver runs a transaction of up to so many statements again by itself when its server"
          + " session is lost, and goes on if all results are the same; its client sees a pause"
          + " instead of 40001. 0: never."),
  PROBE_INTERVAL(LIMIT, DURATION, "500ms", "10ms", "1h", "Time between two health probes."),
  PROBE_TIMEOUT(LIMIT, DURATION, "2s", "10ms", "1h", "How long a probe waits for its answer."),
  CONNECT_TIMEOUT(
      LIMIT, DURATION, "5s", "10ms", "1h", "How long opening a connection to a backend may take."),
  CONTROL_SOCKET_TIMEOUT(
      LIMIT,
      DURATION,
      "10s",
      "10ms",
      "1h",
      "How long Tandem's own control calls wait for the network."),
  DRAIN_DEADLINE(
      LIMIT,
      DURATION,
      "10s",
      "100ms",
      "1h",
      "How long recovery waits for the sessions of an older epoch to be gone."),
  LEASE_TIMEOUT(LIMIT, DURATION, "30s", "1ms", "1h", "How long a session waits for a free link."),
  FAILOVER_PATIENCE(
      LIMIT,
      DURATION,
      "60s",
      "0ms",
      "1h",
      "How long a session waits for a new primary before it gets an error."),
  GATE_TIMEOUT(
      LIMIT,
      DURATION,
      "1s",
      "1ms",
      "1h",
      "How long one attempt of an exclusive statement holds others back."),
  GATE_ATTEMPTS(LIMIT, COUNT, "20", "1", "100000", "Attempts before 55P03."),
  EXCLUSIVE_LIMIT(
      LIMIT,
      DURATION,
      "60s",
      "1ms",
      "24h",
      "How long a transaction with an exclusive statement may hold up all others. Then it is"
          + " stopped: 57014."),
  READ_PATIENCE(
      LIMIT,
      DURATION,
      "200ms",
      "0ms",
      "1h",
      "How long a read waits for a replica to catch up before another backend serves it."),
  MAX_APPLY_DELAY(
      LIMIT,
      DURATION,
      "10s",
      "0ms",
      "24h",
      "Readers that hold up an applier for longer are ended (40001)."),
  APPLY_LOCK_TIMEOUT(
      LIMIT,
      DURATION,
      "1s",
      "1ms",
      "1h",
      "How long an applier waits for a lock before it goes on serially."),
  APPLY_GATHER(
      LIMIT,
      DURATION,
      "2ms",
      "0ms",
      "10s",
      "Time between the beginnings of two transactions that a replica applies, unless somebody waits"
          + " for what it lacks."),
  APPLY_RUN_ENTRIES(
      LIMIT, COUNT, "128", "1", "65536", "Entries that a replica applies as one transaction."),
  APPLY_RUN_BYTES(
      LIMIT, BYTES, "4MiB", "4KiB", "1GiB", "Bytes that a replica applies as one transaction."),
  LOG_KEEP(
      LIMIT,
      DURATION,
      "10min",
      "0ms",
      "24h",
      "The log keeps for so long what every backend has, so that the outcome of a COMMIT can be asked"
          + " for after a failover or a restart; less once it is a sixteenth of `log_max_bytes`."),
  WATERMARK_INTERVAL(
      LIMIT,
      DURATION,
      "2s",
      "10ms",
      "1h",
      "How often a backend writes down durably what it holds, so that the log can be truncated."),
  REJOIN_INTERVAL(
      LIMIT,
      DURATION,
      "500ms",
      "10ms",
      "1h",
      "Time between two attempts to take a lost backend back."),
  EVENTS_KEPT(LIMIT, COUNT, "1000", "10", "1000000", "Events kept for SHOW TANDEM EVENTS."),
  PLAN_CACHE_ENTRIES(LIMIT, COUNT, "4096", "16", "1000000", "Statements whose plan is kept.");

  /** Where a setting may be given. */
  public enum Scope {
    /** Top level of the file. */
    FILE,
    /** A database of the file, or a parameter of the URL. */
    DATABASE,
    /** A backend of the file. */
    BACKEND,
    /** Under {@code limits} in the file, or a parameter of the URL. */
    LIMIT,
    /** A parameter of the URL or a connect property. */
    CONNECTION
  }

  private final Scope scope;
  private final SettingType type;
  private final String defaultText;
  private final String min;
  private final String max;
  private final String doc;
  private final String key;
  private final boolean required;
  private final List<String> choices;

  Setting(Scope scope, SettingType type, String defaultText, String min, String max, String doc) {
    this(scope, type, defaultText, min, max, doc, "");
  }

  Setting(
      Scope scope,
      SettingType type,
      String defaultText,
      String min,
      String max,
      String doc,
      String key) {
    this(scope, type, defaultText, min, max, doc, key, false, List.of());
  }

  Setting(Scope scope, SettingType type, String doc, boolean required) {
    this(scope, type, "", "", "", doc, "", required, List.of());
  }

  Setting(Scope scope, String defaultText, String doc, List<String> choices) {
    this(scope, CHOICE, defaultText, "", "", doc, "", false, choices);
  }

  Setting(
      Scope scope,
      SettingType type,
      String defaultText,
      String min,
      String max,
      String doc,
      String key,
      boolean required,
      List<String> choices) {
    this.scope = scope;
    this.type = type;
    this.defaultText = defaultText;
    this.min = min;
    this.max = max;
    this.doc = doc;
    this.key = key.isEmpty() ? name().toLowerCase(Locale.ROOT) : key;
    this.required = required;
    this.choices = choices;
  }

  /** As it is written in the file, the URL and connect properties. */
  public String key() {
    return key;
  }

  public Scope scope() {
    return scope;
  }

  public SettingType type() {
    return type;
  }

  /** As it would be written; empty where there is none. */
  public String defaultText() {
    return defaultText;
  }

  /** Smallest value allowed, as written; empty where there is no range. */
  public String min() {
    return min;
  }

  /** Largest value allowed, as written; empty where there is no range. */
  public String max() {
    return max;
  }

  /** One sentence, Markdown. */
  public String doc() {
    return doc;
  }

  /** True if there is no default and it cannot be left out. */
  public boolean isRequired() {
    return required;
  }

  /** Values to choose from, an example of each kind; empty where they are not a few. */
  public List<String> choices() {
    return choices;
  }

  /** The key in camel case: its component in {@link Limits}, its property in a DataSource. */
  public String property() {
    StringBuilder name = new StringBuilder();
    for (String word : key.split("_", -1)) {
      name.append(
          name.isEmpty()
              ? word
              : word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1));
    }
    return name.toString();
  }

  static List<Setting> in(Scope... scopes) {
    List<Scope> wanted = List.of(scopes);
    return Arrays.stream(values()).filter(s -> wanted.contains(s.scope)).toList();
  }

  static Optional<Setting> find(String key, List<Setting> among) {
    return among.stream().filter(s -> s.key.equals(key)).findFirst();
  }
}
