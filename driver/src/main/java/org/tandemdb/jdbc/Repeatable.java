package org.tandemdb.jdbc;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a statement is executed once more, whatever becomes of the client's own. Immutable as far as
 * parameters are.
 *
 * @param escapes the vendor's driver looks for JDBC escapes in the text
 * @param bindings parameters in order; null where the client gave none
 */
record Repeatable(boolean prepared, boolean escapes, List<@Nullable Binding> bindings) {
  private static final int SMALL = 32;

  /** A statement without parameters. */
  static Repeatable text(boolean escapes) {
    return new Repeatable(false, escapes, List.of());
  }

  /** About what the parameters take in memory. */
  long bytes() {
    long bytes = 0;
    for (Binding binding : bindings) {
      Object value = binding == null ? null : binding.value();
      if (value instanceof CharSequence text) {
        bytes += 2L * text.length();
      } else if (value instanceof byte[] data) {
        bytes += data.length;
      }
      bytes += SMALL;
    }
    return bytes;
  }
}
