package org.tandemdb.engine;

import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Captured rows on their way, of which the last is kept. */
final class LastRow implements Iterator<List<@Nullable String>> {
  private final Iterator<List<@Nullable String>> rows;
  private List<@Nullable String> last = List.of();

  LastRow(Iterator<List<@Nullable String>> rows) {
    this.rows = rows;
  }

  @Override
  public boolean hasNext() {
    return rows.hasNext();
  }

  @Override
  public List<@Nullable String> next() {
    last = rows.next();
    return last;
  }

  /** A column of the last row; null if there is none, or it is no number. */
  @Nullable Long number(int column) {
    return number(last, column);
  }

  static @Nullable Long number(List<@Nullable String> row, int column) {
    String text = column < row.size() ? row.get(column) : null;
    try {
      return text == null ? null : Long.valueOf(text);
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
