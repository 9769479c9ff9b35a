package org.tandemdb.jdbc;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.tandemdb.config.BackendConfig;
import org.tandemdb.config.ClusterConfig;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;

/**
 * What the vendor driver's properties say about things that are done here and not there. They are
 * taken from the first backend: its properties, and its URL, which wins.
 *
 * @param callMode {@code escapeSyntaxCallMode}
 * @param unspecifiedStrings {@code stringtype=unspecified}
 * @param fetchRows {@code defaultRowFetchSize}; 0 for all rows at once
 */
record VendorSettings(CallMode callMode, boolean unspecifiedStrings, int fetchRows) {
  static final VendorSettings DEFAULT = new VendorSettings(CallMode.SELECT, false, 0);

  /**
   * @throws TandemException CONFIGURATION for a value that means nothing
   */
  static VendorSettings of(ClusterConfig cluster) {
    BackendConfig backend = cluster.backends().get(0);
    String strings = value(backend, "stringtype").toLowerCase(Locale.ROOT);
    if (!strings.isEmpty() && !strings.equals("varchar") && !strings.equals("unspecified")) {
      throw invalid("stringtype", strings, "varchar or unspecified");
    }
    String rows = value(backend, "defaultRowFetchSize");
    int fetchRows;
    try {
      fetchRows = rows.isEmpty() ? 0 : Integer.parseInt(rows);
    } catch (NumberFormatException e) {
      throw invalid("defaultRowFetchSize", rows, "a number");
    }
    if (fetchRows < 0) {
      throw invalid("defaultRowFetchSize", rows, "0 or more");
    }
    return new VendorSettings(
        CallMode.of(value(backend, "escapeSyntaxCallMode")),
        strings.equals("unspecified"),
        fetchRows);
  }

  private static TandemException invalid(String key, String value, String wanted) {
    return new TandemException(ErrorCode.CONFIGURATION, key + ": '" + value + "' is not " + wanted);
  }

  private static String value(BackendConfig backend, String key) {
    String url = backend.url();
    int at = url.indexOf('?');
    while (at >= 0) {
      int end = url.indexOf('&', at + 1);
      String parameter = url.substring(at + 1, end < 0 ? url.length() : end);
      if (parameter.startsWith(key + "=")) {
        return URLDecoder.decode(parameter.substring(key.length() + 1), StandardCharsets.UTF_8);
      }
      at = end;
    }
    return backend.vendorProperties().getOrDefault(key, "");
  }
}
