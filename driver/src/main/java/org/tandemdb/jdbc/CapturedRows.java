package org.tandemdb.jdbc;

import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.plan.Plan;

/** The hidden columns of a write's rows, read as they come. Used by the owner of the link. */
final class CapturedRows implements Iterator<List<@Nullable String>> {
  /** Rows asked for first, when nothing is known of their size. */
  static final int FIRST_ROWS = 32;

  /** Most rows in memory at a time. */
  static final int PORTION_ROWS = 1000;

  /**
   * Most characters in memory at a time, unless a row is larger or much larger than those before.
   */
  static final int PORTION_CHARACTERS = 1 << 20;

  private final ResultSet rows;
  private final Plan.CaptureSpec capture;
  private final boolean streamed;
  private final int columns;
  private final int first;
  private long read;
  private long counted;
  private long characters;
  private long adaptAt = 1;
  private boolean ahead;
  private boolean more;

  /**
   * @param capture which columns, the last of {@code rows}
   * @param streamed true if the rows come in portions, whose size is then adapted to theirs
   * @throws SQLException if one of them is not text: once a statement is prepared at the server,
   *     pgjdbc receives binary values, and its text of those is not the server's (of bytea it is
   *     Java's name of an array, timetz loses its zone, arrays lose their lower bounds)
   */
  CapturedRows(ResultSet rows, Plan.CaptureSpec capture, boolean streamed) throws SQLException {
    int hidden = capture.hidden().size();
    this.rows = rows;
    this.capture = capture;
    this.streamed = streamed;
    this.columns = hidden;
    ResultSetMetaData description = rows.getMetaData();
    this.first = description.getColumnCount() - hidden + 1;
    for (int i = 0; i < hidden; i++) {
      if (description.getColumnType(first + i) != Types.VARCHAR) {
        throw SqlErrors.of(
            ErrorCode.INTERNAL, "hidden column " + (i + 1) + " is captured, but not as text", null);
      }
    }
  }

  /** Columns from the left that are the client's. */
  int visible() {
    return first - 1;
  }

  @Override
  public boolean hasNext() {
    if (!ahead) {
      try {
        do {
          more = rows.next();
        } while (more && capture.apart() && rows.getString(first) == null);
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
    List<@Nullable String> texts = new ArrayList<>(columns);
    try {
      for (int i = 0; i < columns; i++) {
        String text = rows.getString(first + i);
        characters += text == null ? 0 : text.length();
        texts.add(text);
      }
      if (capture.counted().isEmpty() || capture.counted().get().equals(texts.get(0))) {
        counted++;
      }
      if (streamed && read >= adaptAt) {
        adapt();
      }
    } catch (SQLException e) {
      throw new ReadFailure(e);
    }
    return texts;
  }

  /** Takes effect with the next portion. */
  private void adapt() throws SQLException {
    long each = Math.max(1, characters / read);
    rows.setFetchSize((int) Math.max(1, Math.min(PORTION_ROWS, PORTION_CHARACTERS / each)));
    adaptAt = read + FIRST_ROWS / 2;
  }

  /** True once so much was read that it should be handed on before more is. */
  boolean isPortion() {
    return read >= PORTION_ROWS || characters >= PORTION_CHARACTERS;
  }

  /** Reads what the engine left, and says how many rows the command's count counts. */
  long drain() {
    while (hasNext()) {
      next();
    }
    return counted;
  }

  /** Rows read so far. */
  long read() {
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
