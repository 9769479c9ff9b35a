package org.tandemdb.proxy.pg;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One statement for the extended protocol.
 *
 * @param sql with parameters as {@code $1..$n}; exactly one statement
 * @param parameters as text, null for NULL; their types are the server's to infer
 * @param name under which the server is to know it, or knows it; empty for one that is run once.
 *     What a named one's columns are called is not asked.
 * @param known the server knows that name, and need not parse the text
 */
record PgStatement(String sql, List<@Nullable String> parameters, String name, boolean known) {

  PgStatement {
    parameters = Collections.unmodifiableList(parameters);
  }

  PgStatement(String sql, List<@Nullable String> parameters) {
    this(sql, parameters, "", false);
  }

  static PgStatement of(String sql, @Nullable String... parameters) {
    return new PgStatement(sql, Arrays.asList(parameters));
  }
}
