package org.tandemdb.config;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.tandemdb.entry.BackendId;

/**
 * One copy of the database and how Tandem's own role reaches it. A {@code user} and {@code
 * password} inside the URL are taken out of it: the vendor's driver would prefer them to a client's
 * own.
 *
 * @param user Tandem's role; empty leaves it to the vendor's driver
 * @param password empty for none
 * @param vendorProperties the vendor driver's own, passed through
 * @param weight share of the reads, 0 to 1000
 */
public record BackendConfig(
    BackendId id,
    String url,
    String user,
    String password,
    Map<String, String> vendorProperties,
    int weight) {

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,63}");

  /**
   * @throws IllegalArgumentException for a name or weight out of range, or a URL that is not JDBC's
   */
  public BackendConfig {
    if (!NAME.matcher(id.name()).matches()) {
      throw new IllegalArgumentException(
          "name: '" + id.name() + "' must be 1 to 63 letters, digits, '-' or '_'");
    }
    BackendUrl parsed = BackendUrl.parse(url);
    url = parsed.withoutCredentials();
    user = user.isEmpty() ? parsed.user() : user;
    password = password.isEmpty() ? parsed.password() : password;
    vendorProperties = Map.copyOf(vendorProperties);
    Limits.read(Setting.WEIGHT, Integer.toString(weight));
  }

  /** A backend with weight 1 and no vendor properties. */
  public BackendConfig(String name, String url, String user, String password) {
    this(new BackendId(name), url, user, password, Map.of(), 1);
  }

  /** Where it is, so that one database cannot be given as two copies. */
  BackendUrl address() {
    return BackendUrl.parse(url);
  }

  /** For links that do not go through the vendor's driver: the URL's first server. */
  public ServerAddress server() {
    return BackendUrl.address(url, user);
  }

  /**
   * A property of the vendor's driver: the URL's, else {@link #vendorProperties}'; empty for none.
   */
  public String vendor(String property) {
    String inUrl = BackendUrl.parameter(url, property);
    return inUrl.isEmpty() ? vendorProperties.getOrDefault(property, "") : inUrl;
  }

  String canonical() {
    return id.name()
        + "="
        + url
        + " user="
        + user
        + " weight="
        + weight
        + " properties="
        + Redaction.properties(vendorProperties);
  }

  /** See {@link ClusterConfig#differencesFrom}. */
  void addDifferences(List<String> found, BackendConfig other) {
    String of = " of backend " + id.name();
    if (!url.equals(other.url) && Redaction.url(url).equals(Redaction.url(other.url))) {
      found.add("url" + of + " (a secret in it)");
    } else {
      ClusterConfig.compare(found, "url" + of, Redaction.url(other.url), Redaction.url(url));
    }
    ClusterConfig.compare(found, "user" + of, other.user, user);
    ClusterConfig.compare(found, "weight" + of, other.weight, weight);
    Map<String, String> mine = Redaction.properties(vendorProperties);
    Map<String, String> theirs = Redaction.properties(other.vendorProperties);
    Set<String> keys = new TreeSet<>(mine.keySet());
    keys.addAll(theirs.keySet());
    for (String key : keys) {
      ClusterConfig.compare(found, "property " + key + of, theirs.get(key), mine.get(key));
    }
  }

  /** Without passwords. */
  @Override
  public String toString() {
    return "BackendConfig["
        + id.name()
        + " "
        + Redaction.url(url)
        + " user="
        + user
        + " weight="
        + weight
        + " properties="
        + new TreeMap<>(Redaction.properties(vendorProperties))
        + "]";
  }
}
