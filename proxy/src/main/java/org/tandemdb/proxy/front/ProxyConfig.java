package org.tandemdb.proxy.front;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tandemdb.config.ClusterConfig;
import org.tandemdb.config.ClusterFile;
import org.tandemdb.config.ConfigReport;
import org.tandemdb.config.Setting;
import org.tandemdb.config.Suggestion;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;

/**
 * What a proxy serves, and where: the file's own keys beside its databases, checked.
 *
 * @param listen where clients are accepted
 * @param admin where operators are, empty for nowhere
 * @param query for {@link Auth#LOOKUP}: gives the secret of user {@code $1}
 * @param tls what is shown to clients that want it; empty for none
 * @param users secrets of clients by name
 * @param log what the proxy writes of itself
 * @param shown the file's own keys as {@link ConfigReport} has them, without what is secret
 */
public record ProxyConfig(
    InetSocketAddress listen,
    Optional<Admin> admin,
    Auth auth,
    String query,
    Optional<Tls> tls,
    Map<String, User> users,
    Map<String, ClusterConfig> databases,
    Log log,
    List<List<String>> shown) {

  /** How a proxy writes its log. */
  public enum LogFormat {
    TEXT,
    /** One object a line. */
    JSON
  }

  /** Least that is written. */
  public enum LogLevel {
    ERROR,
    WARN,
    INFO,
    DEBUG
  }

  /** A proxy's log. */
  public record Log(LogFormat format, LogLevel level) {}

  /**
   * The admin port.
   *
   * @param token that is to be shown there; empty for none, which only a loopback address may have
   */
  public record Admin(InetSocketAddress listen, Optional<String> token) {
    /** Without what is secret. */
    @Override
    public String toString() {
      return "Admin[" + listen + "]";
    }
  }

  /** How clients prove who they are. */
  public enum Auth {
    /** They need not; only where nobody else can connect. */
    TRUST,
    /** SCRAM-SHA-256 with the secrets of the file. */
    SCRAM,
    /** SCRAM-SHA-256 with the primary's own secrets, where the file has none. */
    LOOKUP
  }

  /**
   * A client's user.
   *
   * @param secret as PostgreSQL stores it, {@code SCRAM-SHA-256$4096:salt$stored:server}; empty for
   *     none
   * @param password that the links of this user show to the backends; empty for none
   */
  public record User(String secret, String password) {
    /** Without what is secret. */
    @Override
    public String toString() {
      return "User[]";
    }
  }

  /**
   * Certificate and key, in PEM.
   *
   * @param required nobody is let in without
   */
  public record Tls(Path certificate, Path key, boolean required) {}

  private static final Pattern ADDRESS = Pattern.compile("(.*):([0-9]{1,5})");
  private static final String QUERY = "clients.query";
  private static final String USUAL_QUERY =
      "SELECT rolpassword FROM pg_catalog.pg_authid WHERE rolname = $1 AND rolcanlogin"
          + " AND (rolvaliduntil IS NULL OR rolvaliduntil > pg_catalog.now())";
  private static final String CERTIFICATE = "clients.tls.certificate";
  private static final String KEY = "clients.tls.key";
  private static final String REQUIRED = "clients.tls.required";
  private static final List<String> KEYS =
      List.of(
          "listen",
          "admin.listen",
          "admin.token",
          "clients.auth",
          QUERY,
          CERTIFICATE,
          KEY,
          REQUIRED,
          "logging.format",
          "logging.level");

  /** Of the keys above; the others have none. */
  private static final Map<String, String> DEFAULTS =
      Map.of(
          "listen",
          Setting.LISTEN.defaultText(),
          "admin.listen",
          "",
          "admin.token",
          "",
          "clients.auth",
          "trust",
          QUERY,
          USUAL_QUERY,
          CERTIFICATE,
          "",
          KEY,
          "",
          REQUIRED,
          "false",
          "logging.format",
          "text",
          "logging.level",
          "info");

  private static final int FEWEST_TOKEN_CHARACTERS = 16;
  private static final Pattern USER = Pattern.compile("clients\\.users\\.(.+)\\.([a-z]+)");

  /**
   * @throws TandemException CONFIGURATION
   */
  public static ProxyConfig of(ClusterFile file) {
    Map<String, String> secrets = new LinkedHashMap<>();
    Map<String, String> passwords = new LinkedHashMap<>();
    file.front()
        .forEach(
            (key, value) -> {
              Matcher user = USER.matcher(key);
              if (user.matches() && user.group(2).equals("secret")) {
                secrets.put(user.group(1), value);
              } else if (user.matches() && user.group(2).equals("password")) {
                passwords.put(user.group(1), value);
              } else if (!KEYS.contains(key)) {
                throw invalid("unknown key '" + key + "': " + Suggestion.forKey(key, KEYS));
              }
            });
    Map<String, User> users = new LinkedHashMap<>();
    secrets.forEach(
        (name, secret) -> users.put(name, new User(secret, passwords.getOrDefault(name, ""))));
    passwords.forEach((name, password) -> users.putIfAbsent(name, new User("", password)));
    InetSocketAddress listen =
        address("listen", file.front().getOrDefault("listen", "127.0.0.1:6432"));
    Auth auth = auth(file.front().getOrDefault("clients.auth", "trust"));
    if (auth == Auth.TRUST && !listen.getAddress().isLoopbackAddress()) {
      throw invalid(
          "clients.auth: trust is for a loopback address only, and listen is "
              + listen
              + ". Use scram.");
    }
    if (auth == Auth.SCRAM && secrets.isEmpty()) {
      throw invalid("clients.auth: scram needs clients.users with a secret each");
    }
    secrets.forEach(
        (name, secret) -> {
          try {
            ScramSecret.parse(secret);
          } catch (IllegalArgumentException e) {
            throw invalid("clients.users." + name + ".secret: " + e.getMessage());
          }
        });
    return new ProxyConfig(
        listen,
        admin(file.front()),
        auth,
        file.front().getOrDefault(QUERY, USUAL_QUERY),
        tls(file.front()),
        Map.copyOf(users),
        new LinkedHashMap<>(file.databases()),
        new Log(
            choice("logging.format", file.front(), LogFormat.class),
            choice("logging.level", file.front(), LogLevel.class)),
        ConfigReport.front(file, DEFAULTS));
  }

  private static Optional<Admin> admin(Map<String, String> front) {
    Optional<String> token =
        Optional.of(front.getOrDefault("admin.token", "")).filter(text -> !text.isEmpty());
    if (token.isPresent() && token.get().length() < FEWEST_TOKEN_CHARACTERS) {
      throw invalid("admin.token has fewer than " + FEWEST_TOKEN_CHARACTERS + " characters");
    }
    Optional<InetSocketAddress> listen =
        Optional.ofNullable(front.get("admin.listen")).map(a -> address("admin.listen", a));
    if (listen.isPresent() && token.isEmpty() && !listen.get().getAddress().isLoopbackAddress()) {
      throw invalid(
          "admin.listen: "
              + listen.get()
              + " is not a loopback address: set admin.token, which whoever asks must show");
    }
    return listen.map(address -> new Admin(address, token));
  }

  /** What a client of that name is checked by. */
  Optional<ScramSecret> secret(String user) {
    return Optional.ofNullable(users.get(user))
        .map(User::secret)
        .filter(secret -> !secret.isEmpty())
        .map(ScramSecret::parse);
  }

  private static Optional<Tls> tls(Map<String, String> front) {
    String certificate = front.getOrDefault(CERTIFICATE, "");
    String key = front.getOrDefault(KEY, "");
    String required = front.getOrDefault(REQUIRED, "false");
    if (!required.equals("true") && !required.equals("false")) {
      throw invalid(REQUIRED + ": '" + required + "' is neither true nor false");
    }
    if (certificate.isEmpty() != key.isEmpty()) {
      throw invalid("clients.tls needs both, certificate and key");
    }
    if (certificate.isEmpty()) {
      if (required.equals("true")) {
        throw invalid(REQUIRED + " needs " + CERTIFICATE + " and " + KEY);
      }
      return Optional.empty();
    }
    return Optional.of(new Tls(Path.of(certificate), Path.of(key), required.equals("true")));
  }

  private static <E extends Enum<E>> E choice(
      String key, Map<String, String> front, Class<E> type) {
    String text = front.getOrDefault(key, DEFAULTS.getOrDefault(key, ""));
    for (E value : type.getEnumConstants()) {
      if (value.name().equalsIgnoreCase(text)) {
        return value;
      }
    }
    throw invalid(
        key + ": '" + text + "' is not one of " + Arrays.toString(type.getEnumConstants()));
  }

  private static Auth auth(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "trust" -> Auth.TRUST;
      case "scram" -> Auth.SCRAM;
      case "lookup" -> Auth.LOOKUP;
      default ->
          throw invalid(
              "clients.auth: '" + text + "' is not known: " + Suggestion.forKey(text, known()));
    };
  }

  private static List<String> known() {
    return List.of("trust", "scram", "lookup");
  }

  private static InetSocketAddress address(String key, String text) {
    Matcher matcher = ADDRESS.matcher(text);
    if (!matcher.matches() || Integer.parseInt(matcher.group(2)) > 65_535) {
      throw invalid(key + ": '" + text + "' is not host:port");
    }
    String host = matcher.group(1);
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    InetSocketAddress address =
        new InetSocketAddress(
            bracketed ? host.substring(1, host.length() - 1) : host,
            Integer.parseInt(matcher.group(2)));
    if (address.isUnresolved()) {
      throw invalid(key + ": the host of '" + text + "' is not known");
    }
    return address;
  }

  private static TandemException invalid(String detail) {
    return new TandemException(ErrorCode.CONFIGURATION, detail);
  }
}
