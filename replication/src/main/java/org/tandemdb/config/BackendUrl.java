package org.tandemdb.config;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.Set;
import org.postgresql.Driver;
import org.postgresql.PGProperty;

/**
 * What a backend's JDBC URL says.
 *
 * @param withoutCredentials the URL with {@code user} and {@code password} taken out
 * @param servers {@code host:port}, loopback names made one
 * @param database the database's name, empty where the URL leaves it to the user's name
 */
record BackendUrl(
    String withoutCredentials, String user, String password, Set<String> servers, String database) {

  private static final String POSTGRESQL = "jdbc:postgresql:";

  static BackendUrl parse(String url) {
    if (!url.startsWith(POSTGRESQL)) {
      throw new IllegalArgumentException(
          "url: '" + Redaction.url(url) + "' is not a URL of a known backend (" + POSTGRESQL + ")");
    }
    Properties parsed = Driver.parseURL(url, new Properties());
    if (parsed == null) {
      throw new IllegalArgumentException(
          "url: '" + Redaction.url(url) + "' is not a URL as PostgreSQL's driver reads it");
    }
    int query = url.indexOf('?');
    String user = "";
    String password = "";
    List<String> kept = new ArrayList<>();
    if (query >= 0) {
      for (String parameter : url.substring(query + 1).split("&", -1)) {
        if (parameter.startsWith("user=")) {
          user = decode(parameter.substring("user=".length()));
        } else if (parameter.startsWith("password=")) {
          password = decode(parameter.substring("password=".length()));
        } else if (!parameter.isEmpty()) {
          kept.add(parameter);
        }
      }
    }
    String base = query < 0 ? url : url.substring(0, query);
    String clean = kept.isEmpty() ? base : base + "?" + String.join("&", kept);
    return new BackendUrl(
        clean, user, password, servers(parsed), or(PGProperty.PG_DBNAME, parsed, ""));
  }

  private static Set<String> servers(Properties parsed) {
    String[] hosts = or(PGProperty.PG_HOST, parsed, "localhost").split(",", -1);
    String[] ports = or(PGProperty.PG_PORT, parsed, "5432").split(",", -1);
    Set<String> servers = new LinkedHashSet<>();
    for (int i = 0; i < hosts.length; i++) {
      servers.add(canonicalHost(hosts[i]) + ":" + ports[Math.min(i, ports.length - 1)]);
    }
    return servers;
  }

  private static String canonicalHost(String host) {
    String lower = host.toLowerCase(Locale.ROOT);
    return switch (lower) {
      case "127.0.0.1", "::1", "[::1]", "[0:0:0:0:0:0:0:1]" -> "localhost";
      default -> lower;
    };
  }

  private static String or(PGProperty property, Properties parsed, String fallback) {
    String value = property.getOrDefault(parsed);
    return value == null || value.isEmpty() ? fallback : value;
  }

  /** The first server and the database, for links that do not go through the vendor's driver. */
  static ServerAddress address(String url, String user) {
    Properties parsed = Driver.parseURL(url, new Properties());
    if (parsed == null) {
      throw new IllegalArgumentException("url: '" + Redaction.url(url) + "' cannot be read");
    }
    String host = first(or(PGProperty.PG_HOST, parsed, "localhost"));
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    return new ServerAddress(
        bracketed ? host.substring(1, host.length() - 1) : host,
        Integer.parseInt(first(or(PGProperty.PG_PORT, parsed, "5432"))),
        or(PGProperty.PG_DBNAME, parsed, user));
  }

  /** A property that the URL gives; empty for none. */
  static String parameter(String url, String name) {
    Properties parsed = Driver.parseURL(url, new Properties());
    return parsed == null ? "" : parsed.getProperty(name, "");
  }

  private static String first(String list) {
    int comma = list.indexOf(',');
    return comma < 0 ? list : list.substring(0, comma);
  }

  /** True if both name the same database on the same server. */
  boolean overlaps(BackendUrl other) {
    return database.equals(other.database) && servers.stream().anyMatch(other.servers::contains);
  }

  /** A name for a backend that was given none: stable when backends change their order. */
  String name() {
    String first = servers.iterator().next();
    return first.replace(":5432", "").replaceAll("[^A-Za-z0-9_]+", "-").replaceAll("^-|-$", "");
  }

  /** True for a connect property that the vendor's driver knows. */
  static boolean isVendorProperty(String key) {
    return PGProperty.forName(key) != null;
  }

  private static String decode(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }
}
