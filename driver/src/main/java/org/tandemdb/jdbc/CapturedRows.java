package org.tandemdb.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import org.tandemdb.plan.Plan;

/** The hidden columns of a write's rows, read as they come. Used by the owner of the link. */
final class CapturedRows implements Iterator<List<@Nullable String>> {
  private final ResultSet rows;
  private final CapturedText[] columns;
  private final int first;
  private long read;
  private boolean ahead;
  private boolean more;

  CapturedRows(ResultSet rows, Plan.CaptureSpec capture) throws SQLException {
    this.rows = rows;
    this.first = capture.clientColumns() + 1;
    this.columns = new CapturedText[capture.hidden().size()];
    for (int i = 0; i < columns.length; i++) {
      columns[i] = CapturedText.of(capture.hidden().get(i).type());
    }
  }

  @Override
  public boolean hasNext() {
    if (!ahead) {
      try {
        more = rows.next();
      } catch (SQLException e) {
        throw new ReadFailure(e);
      }
      ahead = true;
    }
    return more;
  }

  @Override
  public List<@Nullable String> next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    ahead = false;
    read++;
    List<@Nullable String> texts = new ArrayList<>(columns.length);
    try {
      for (int i = 0; i < columns.length; i++) {
        texts.add(columns[i].read(rows, first + i));
      }
    } catch (SQLException e) {
      throw new ReadFailure(e);
    }
    return texts;
  }

  /** Reads what the engine left, and says how many rows there were. */
  long drain() {
    while (hasNext()) {
      ahead = false;
      read++;
    }
    return read;
  }

  /** Carries the vendor's exception through the engine. */
  static final class ReadFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final SQLException cause;

    ReadFailure(SQLException cause) {
      super(cause);
      this.cause = cause;
    }

    SQLException sqlCause() {
      return cause;
    }
  }
}
