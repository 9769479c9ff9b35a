package org.tandemdb.jdbc;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import org.tandemdb.config.DatabaseText;
import org.tandemdb.config.Limits;
import org.tandemdb.config.Setting;
import org.tandemdb.config.TandemUrl;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;

/**
 * {@code jdbc:tandem://proxy1:6432,proxy2:6432/shop?name=value&...}. Hosts and parameters are those
 * of PostgreSQL's own driver, which connects; Tandem's own among them are {@code consistency} and
 * {@code failover_patience}.
 *
 * @param vendorUrl for PostgreSQL's own driver
 * @param vendorProperties for the same
 * @param patience how long a connection that was lost is made again
 * @param consistency the level of the session's reads, unless it is the proxy's
 * @param shown the URL without secrets
 */
record ProxyUrl(
    String vendorUrl,
    Properties vendorProperties,
    Duration patience,
    Optional<String> consistency,
    String shown) {

  private static final String PREFIX = TandemUrl.PREFIX + "//";
  private static final String VENDOR = "jdbc:postgresql://";
  private static final String DEFAULT_PORT = ":6432";

  /** Of the client; every other setting of Tandem's is the proxy's. */
  private static final Set<Setting> CLIENTS =
      Set.of(
          Setting.CLIENT_USER,
          Setting.CLIENT_PASSWORD,
          Setting.CONSISTENCY,
          Setting.FAILOVER_PATIENCE);

  static boolean matches(String url) {
    return url.startsWith(PREFIX);
  }

  /**
   * @throws TandemException CONFIGURATION; passwords are never in its text
   */
  static ProxyUrl parse(String url, Properties properties) {
    int question = url.indexOf('?');
    String place = url.substring(PREFIX.length(), question < 0 ? url.length() : question);
    int slash = place.indexOf('/');
    String hosts = slash < 0 ? place : place.substring(0, slash);
    Properties own = new Properties();
    List<String> vendor = new ArrayList<>();
    if (question >= 0) {
      for (String parameter : url.substring(question + 1).split("&", -1)) {
        int equals = parameter.indexOf('=');
        String name = equals < 0 ? parameter : parameter.substring(0, equals);
        if (isOwn(name)) {
          own.setProperty(name, decoded(parameter.substring(equals + 1)));
        } else if (!parameter.isEmpty()) {
          vendor.add(parameter);
        }
      }
    }
    Properties rest = new Properties();
    for (String name : properties.stringPropertyNames()) {
      if (isOwn(name)) {
        own.setProperty(name, properties.getProperty(name));
      } else {
        rest.setProperty(name, properties.getProperty(name));
      }
    }
    return new ProxyUrl(
        VENDOR
            + withPorts(hosts)
            + (slash < 0 ? "/" : place.substring(slash))
            + (vendor.isEmpty() ? "" : "?" + String.join("&", vendor)),
        rest,
        patience(own),
        consistency(own),
        TandemUrl.withoutSecrets(url));
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new TandemException(
          ErrorCode.CONFIGURATION, "'%' must be followed by two hexadecimal digits", e);
    }
  }

  /** True for what is read here; what is the proxy's alone is refused. */
  private static boolean isOwn(String name) {
    Optional<Setting> setting =
        TandemUrl.settings().stream().filter(one -> one.key().equals(name)).findFirst();
    if (setting.isPresent() && !CLIENTS.contains(setting.get())) {
      throw new TandemException(
          ErrorCode.CONFIGURATION,
          "'" + name + "' is a setting of the proxy's: give it in the proxy's file");
    }
    return name.equals(Setting.CONSISTENCY.key()) || name.equals(Setting.FAILOVER_PATIENCE.key());
  }

  private static Duration patience(Properties own) {
    try {
      return Limits.DEFAULTS
          .with(
              Setting.FAILOVER_PATIENCE,
              own.getProperty(
                  Setting.FAILOVER_PATIENCE.key(), Setting.FAILOVER_PATIENCE.defaultText()))
          .failoverPatience();
    } catch (IllegalArgumentException e) {
      throw new TandemException(ErrorCode.CONFIGURATION, String.valueOf(e.getMessage()), e);
    }
  }

  private static Optional<String> consistency(Properties own) {
    String level = own.getProperty(Setting.CONSISTENCY.key());
    if (level == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(DatabaseText.text(DatabaseText.consistency(level)));
    } catch (IllegalArgumentException e) {
      throw new TandemException(ErrorCode.CONFIGURATION, String.valueOf(e.getMessage()), e);
    }
  }

  /** A proxy's port is not a server's. */
  private static String withPorts(String hosts) {
    List<String> all = new ArrayList<>();
    for (String host : hosts.split(",", -1)) {
      String one = host.strip();
      if (one.isEmpty()) {
        throw new TandemException(
            ErrorCode.CONFIGURATION,
            "a host is missing: jdbc:tandem://proxy1:6432,proxy2:6432/shop is expected");
      }
      all.add(one.indexOf(':', one.lastIndexOf(']') + 1) < 0 ? one + DEFAULT_PORT : one);
    }
    return String.join(",", all);
  }

  /** Without secrets. */
  @Override
  public String toString() {
    return "ProxyUrl[" + shown + "]";
  }
}
