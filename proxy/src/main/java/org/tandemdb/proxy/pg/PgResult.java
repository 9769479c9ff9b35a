package org.tandemdb.proxy.pg;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one statement answered.
 *
 * @param columns names; empty for a statement without a result
 * @param rows values as text, null for NULL
 * @param tag the command tag, {@code INSERT 0 1} say
 */
public record PgResult(List<String> columns, List<List<@Nullable String>> rows, String tag) {

  /** The count in the command tag, 0 where it has none. */
  public long count() {
    String last = tag.substring(tag.lastIndexOf(' ') + 1);
    return !last.isEmpty() && last.chars().allMatch(c -> c >= '0' && c <= '9')
        ? Long.parseLong(last)
        : 0;
  }

  /** The first value of the first row. */
  String single() {
    String value = rows.isEmpty() || rows.get(0).isEmpty() ? null : rows.get(0).get(0);
    if (value == null) {
      throw new IllegalStateException("no value came with " + tag);
    }
    return value;
  }
}
