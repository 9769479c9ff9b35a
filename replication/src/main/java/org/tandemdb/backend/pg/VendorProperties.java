package org.tandemdb.backend.pg;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;

/**
 * An operator's properties for pgjdbc, from the backend's URL and its {@code properties}, as links
 * get them. pgjdbc lets the URL win over properties, so that nothing that a link needs could be set
 * for sure: here the URL's are taken out of it first. Immutable.
 */
final class VendorProperties {
  /** What would break a rule of links, with the one value that does not, and why. */
  private record Fixed(String key, String only, String reason) {}

  private static final List<Fixed> REFUSED =
      List.of(
          new Fixed(
              "preferQueryMode",
              "extended",
              "in other modes the secrets of links would stand in the texts of queries, where other"
                  + " sessions can read them"),
          new Fixed(
              "autosave", "never", "it would take back a failed statement unseen; use a savepoint"),
          new Fixed("readOnly", "false", "links have to write"),
          new Fixed("replication", "false", "such connections run no statements"));

  /**
   * What Tandem's driver does itself: it sends batches one by one, gives strings their type, and
   * asks for rows in portions. Appliers check the count of every change, which a rewritten batch
   * does not give, and send the types that the log holds.
   */
  private static final Map<String, String> DONE_ABOVE =
      Map.of(
          "reWriteBatchedInserts", "false",
          "stringtype", "varchar",
          "defaultRowFetchSize", "0");

  private final String url;
  private final Map<String, String> given;

  private VendorProperties(String url, Map<String, String> given) {
    this.url = url;
    this.given = given;
  }

  /**
   * @throws TandemException CONFIGURATION for one that links cannot have
   */
  static VendorProperties of(String url, Map<String, String> properties) {
    Map<String, String> given = new TreeMap<>(properties);
    int query = url.indexOf('?');
    if (query >= 0) {
      for (String parameter : url.substring(query + 1).split("&", -1)) {
        int equals = parameter.indexOf('=');
        if (!parameter.isEmpty()) {
          String key = equals < 0 ? parameter : parameter.substring(0, equals);
          String value = equals < 0 ? "" : parameter.substring(equals + 1);
          given.put(key, URLDecoder.decode(value, StandardCharsets.UTF_8));
        }
      }
    }
    for (Fixed fixed : REFUSED) {
      String value = given.getOrDefault(fixed.key(), fixed.only());
      if (!value.equalsIgnoreCase(fixed.only())) {
        throw new TandemException(
            ErrorCode.CONFIGURATION,
            fixed.key() + "=" + value + " cannot be used for a backend: " + fixed.reason());
      }
    }
    if (given.getOrDefault("prepareThreshold", "").startsWith("-")) {
      throw new TandemException(
          ErrorCode.CONFIGURATION,
          "prepareThreshold="
              + given.get("prepareThreshold")
              + " cannot be used for a backend: it"
              + " has all statements of a text described before the first one runs");
    }
    return new VendorProperties(query < 0 ? url : url.substring(0, query), Map.copyOf(given));
  }

  /** Without parameters. */
  String url() {
    return url;
  }

  /** A copy, for one link. */
  Properties forLink() {
    Properties properties = new Properties();
    properties.putAll(given);
    properties.putAll(DONE_ABOVE);
    return properties;
  }
}
