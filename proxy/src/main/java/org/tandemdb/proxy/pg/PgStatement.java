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
 */
record PgStatement(String sql, List<@Nullable String> parameters) {

  PgStatement {
    parameters = Collections.unmodifiableList(parameters);
  }

  static PgStatement of(String sql, @Nullable String... parameters) {
    return new PgStatement(sql, Arrays.asList(parameters));
  }
}
