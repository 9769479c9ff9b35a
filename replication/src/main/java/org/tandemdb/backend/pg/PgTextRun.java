package org.tandemdb.backend.pg;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.BackendLink.ApplyOutcome;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;
import org.tandemdb.entry.Value;

/**
 * Applies many changes in one flight: a text of {@code EXECUTE name(...)} over statements that were
 * prepared at the server, in the order of the log. Round trips are what an applier's time goes
 * into, above all on a busy machine, and this needs one for hundreds of changes, whatever their
 * texts are.
 *
 * <p>Needs a connection in simple query mode, where the text is sent as it is. An error does not
 * tell which statement it was: the caller then runs the entries one by one. Owned by its link.
 */
final class PgTextRun {
  /** Most characters in one text; the answers to one text are held until all have come. */
  private static final int MAX_CHARS = 256 << 10;

  private static final int MAX_NAMES = 256;

  /** Most rows deleted with one statement, unless the run fails and is tried change by change. */
  private static final int MAX_DELETES = 500;

  /** Most rows in one prepared statement; a power of two. */
  private static final int MAX_ROWS = 32;

  /** Rows from which on arrays are worth their planning, and most of them in one statement. */
  private static final int MIN_ARRAY = 64;

  private static final int MAX_ARRAY = 1024;

  /** Most texts that are remembered as to be sent row by row. */
  private static final int MAX_SINGLY = 256;

  private static final String WATERMARK = "UPDATE tandem.watermark SET epoch = $1, number = $2";

  private final Connection connection;
  private final Map<String, String> names = new LinkedHashMap<>(64, 0.75f, true);
  private final StringBuilder text = new StringBuilder(4096);
  private final List<Expected> expected = new ArrayList<>();
  private ApplyOutcome.@Nullable Diverged diverged;
  private int lastName;

  /**
   * UPDATEs of a run that failed. A unique column may be checked after each row, and only one by
   * one is it certain that rows change in the primary's order: these go so from then on.
   */
  private final Set<String> singly = new LinkedHashSet<>();

  /** UPDATEs of several rows in this run. */
  private final Set<String> together = new LinkedHashSet<>();

  /** New rows that are not in the text yet, and what they have in common. */
  private final List<Change.Row> inserts = new ArrayList<>();

  private Change.@Nullable Rows insertsOf;
  private Position insertsFrom = Position.NONE;
  private int insertChars;

  /** Triggers, rules and referential actions are off. */
  private boolean quiet;

  PgTextRun(Connection connection) {
    this.connection = connection;
  }

  /**
   * @return what the first change that did not change its rows did, or null if all did
   * @throws SQLException when a statement failed; prepared names are forgotten, and the caller
   *     rolls back
   */
  ApplyOutcome.@Nullable Diverged apply(List<Entry> entries) throws SQLException {
    return applied(
        () -> {
          for (Entry entry : entries) {
            add(entry.position(), ((Entry.Inline) entry.body()).changes());
          }
        });
  }

  /** As {@link #apply(List)}, for a part of one entry. */
  ApplyOutcome.@Nullable Diverged apply(Position position, List<Change> changes)
      throws SQLException {
    return applied(() -> add(position, changes));
  }

  /**
   * As {@link #apply(List)}, with BEGIN before and the new watermark behind, on a connection in
   * autocommit mode. The caller sends COMMIT, or ROLLBACK.
   */
  ApplyOutcome.@Nullable Diverged applyAll(List<Entry> entries, Position watermark)
      throws SQLException {
    return applied(
        () -> {
          text.append("BEGIN;");
          expected.add(new Expected(watermark, "BEGIN", 0));
          for (Entry entry : entries) {
            add(entry.position(), ((Entry.Inline) entry.body()).changes());
          }
          quiet(false, watermark);
          endInserts();
          execute(name(WATERMARK, List.of(), watermark));
          literal(0, Long.toString(watermark.epoch()));
          literal(1, Long.toString(watermark.number()));
          text.append(");");
          expected.add(new Expected(watermark, WATERMARK, 1));
        });
  }

  private ApplyOutcome.@Nullable Diverged applied(Adding adding) throws SQLException {
    text.setLength(0);
    expected.clear();
    diverged = null;
    inserts.clear();
    insertChars = 0;
    insertsOf = null;
    quiet = false;
    together.clear();
    try {
      adding.run();
      quiet(false, Position.NONE);
      endInserts();
      flush();
      return diverged;
    } catch (SQLException e) {
      // Which of the names exist now depends on where it failed.
      names.clear();
      if (singly.size() + together.size() > MAX_SINGLY) {
        singly.clear();
      }
      singly.addAll(together);
      throw e;
    }
  }

  private interface Adding {
    void run() throws SQLException;
  }

  private void add(Position position, List<Change> changes) throws SQLException {
    for (Change change : changes) {
      add(position, change);
    }
  }

  private void add(Position position, Change change) throws SQLException {
    if (change instanceof Change.FinalRows rows) {
      addFinal(position, rows);
      return;
    }
    quiet(false, position);
    if (change instanceof Change.Rows rows && rows.kind() == Change.Kind.INSERT) {
      addInserts(position, rows);
      return;
    }
    endInserts();
    String sql = PgChangeSql.of(change);
    if (change instanceof Change.Statement statement) {
      String name = name(sql, statement.parameters(), position);
      execute(name);
      int n = 0;
      for (Value value : statement.parameters()) {
        literal(n++, value.text());
      }
      text.append(n == 0 ? ";" : ");");
      expected.add(new Expected(position, sql, statement.rows()));
      flushIfLong();
    } else if (change instanceof Change.Rows rows
        && rows.kind() == Change.Kind.DELETE
        && rows.values().size() > 1
        && rows.values().size() <= MAX_DELETES) {
      delete(position, rows);
    } else if (change instanceof Change.Rows rows) {
      boolean several = rows.values().size() > 1 && goTogether(rows, sql);
      if (several && rows.kind() == Change.Kind.UPDATE) {
        together.add(sql);
      }
      sendRows(
          position,
          rows.values(),
          several ? MAX_ROWS : 1,
          PgChangeSql.fitArrays(rows.keyColumns(), rows.columns()),
          count -> PgChangeSql.several(rows, count),
          null);
    }
  }

  /** Not where the order of the rows matters. */
  private boolean goTogether(Change.Rows rows, String sql) {
    return switch (rows.kind()) {
      case DELETE -> true;
      case UPDATE ->
          !singly.contains(sql)
              && rows.columns().stream().noneMatch(column -> rows.keyColumns().contains(column));
      case INSERT, UPSERT -> false;
    };
  }

  /**
   * Many with arrays where they may, else in statements of so many rows as powers of two: few are
   * prepared either way.
   *
   * @param most rows in one statement without arrays
   * @param tally of rows that all of the statements together change; without it each changes its
   *     own
   */
  private void sendRows(
      Position position,
      List<Change.Row> rows,
      int most,
      boolean arrays,
      IntFunction<String> sqlOf,
      @Nullable Tally tally)
      throws SQLException {
    String forOne = sqlOf.apply(1); // what an operator is told
    int from = 0;
    while (from < rows.size()) {
      int left = rows.size() - from;
      boolean array = arrays && most > 1 && left >= MIN_ARRAY;
      int count = array ? withinBound(rows, from) : Math.min(most, Integer.highestOneBit(left));
      String sql = sqlOf.apply(array ? PgChangeSql.ARRAYS : count);
      execute(name(sql, List.of(), position));
      List<Change.Row> part = rows.subList(from, from + count);
      int n = 0;
      if (array) {
        for (; n < part.get(0).texts().size(); n++) {
          literal(n, PgChangeSql.array(part, n));
        }
      } else {
        for (Change.Row row : part) {
          for (String value : row.texts()) {
            literal(n++, value);
          }
        }
      }
      // A key of no columns names every row.
      text.append(n == 0 ? ";" : ");");
      from += count;
      if (tally != null) {
        tally.add(from == rows.size());
      }
      expected.add(new Expected(position, forOne, tally == null ? count : -1, tally));
      flushIfLong();
    }
  }

  /** How many rows from there on go into one statement. */
  private static int withinBound(List<Change.Row> rows, int from) {
    int chars = 0;
    int count = 0;
    while (count < MAX_ARRAY && from + count < rows.size() && chars < MAX_CHARS / 2) {
      for (String value : rows.get(from + count).texts()) {
        chars += value == null ? 4 : value.length() + 3;
      }
      count++;
    }
    return count;
  }

  /** The rows that keys have in the end: what is there goes, what is to be there comes. */
  private void addFinal(Position position, Change.FinalRows rows) throws SQLException {
    quiet(true, position);
    endInserts();
    sendRows(
        position,
        rows.keys(),
        MAX_ROWS,
        PgChangeSql.fitArrays(rows.keyColumns(), List.of()),
        count -> PgChangeSql.deleteFinal(rows, count),
        new Tally(rows.found()));
    if (!rows.values().isEmpty()) {
      addInserts(position, rows.inserts());
    }
  }

  /**
   * Switches triggers, rules and referential actions off or on again. As seldom as possible: the
   * server forgets its plans each time.
   */
  private void quiet(boolean on, Position position) throws SQLException {
    if (quiet != on) {
      endInserts();
      String sql = "SET LOCAL session_replication_role = " + (on ? "replica" : "origin");
      text.append(sql).append(';');
      expected.add(new Expected(position, sql, 0));
      quiet = on;
    }
  }

  /** Rows that refer to each other can only go together. */
  private void delete(Position position, Change.Rows rows) throws SQLException {
    int keys = rows.keyColumns().size();
    text.append(
            PgChangeSql.deleteTogether(
                rows, n -> quoted(rows.values().get(n / keys).texts().get(n % keys))))
        .append(';');
    expected.add(new Expected(position, PgChangeSql.of(rows), rows.values().size()));
    flushIfLong();
  }

  /** New rows of one table that follow one another go together, whatever entries they are of. */
  private void addInserts(Position position, Change.Rows rows) throws SQLException {
    Change.Rows known = insertsOf;
    if (known == null
        || !known.table().equals(rows.table())
        || !known.columns().equals(rows.columns())) {
      endInserts();
      insertsOf = rows;
      insertsFrom = position;
    }
    for (Change.Row row : rows.values()) {
      inserts.add(row);
      for (String value : row.texts()) {
        insertChars += value == null ? 0 : value.length();
      }
      if (inserts.size() >= MAX_ARRAY || insertChars >= MAX_CHARS / 2) {
        sendInserts(rows, insertsFrom);
        insertsFrom = position;
      }
    }
  }

  private void endInserts() throws SQLException {
    Change.Rows rows = insertsOf;
    if (rows != null) {
      sendInserts(rows, insertsFrom);
      insertsOf = null;
    }
  }

  private void sendInserts(Change.Rows rows, Position position) throws SQLException {
    sendRows(
        position,
        inserts,
        MAX_ROWS,
        PgChangeSql.fitArrays(List.of(), rows.columns()),
        count -> PgChangeSql.insert(rows, count),
        null);
    inserts.clear();
    insertChars = 0;
  }

  private void flushIfLong() throws SQLException {
    if (text.length() >= MAX_CHARS) {
      flush();
    }
  }

  private void execute(String name) {
    text.append("EXECUTE ").append(name);
  }

  private void literal(int index, @Nullable String value) {
    text.append(index == 0 ? '(' : ',');
    text.append(quoted(value));
  }

  private static String quoted(@Nullable String value) {
    return value == null ? "NULL" : "'" + value.replace("'", "''") + "'";
  }

  /**
   * The name under which the server knows {@code sql} with these types; prepared when it is new, in
   * a flight of its own: the server keeps the whole text that a PREPARE came in and copies it at
   * each EXECUTE, so that a long one would cost hundreds of microseconds for every row.
   */
  private String name(String sql, List<Value> parameters, Position position) throws SQLException {
    StringBuilder types = new StringBuilder();
    for (Value value : parameters) {
      types.append(types.isEmpty() ? " (" : ",").append(value.type().name());
    }
    types.append(types.isEmpty() ? "" : ")");
    String key = types + " " + sql;
    String known = names.get(key);
    if (known != null) {
      return known;
    }
    if (names.size() >= MAX_NAMES) {
      Iterator<String> eldest = names.values().iterator();
      text.append("DEALLOCATE ").append(eldest.next()).append(';');
      eldest.remove();
      expected.add(new Expected(position, sql, 0));
    }
    String name = "tandem_" + ++lastName;
    try (Statement statement = connection.createStatement()) {
      statement.setEscapeProcessing(false);
      statement.execute("PREPARE " + name + types + " AS " + sql);
    }
    names.put(key, name);
    return name;
  }

  private void flush() throws SQLException {
    if (text.isEmpty()) {
      return;
    }
    try (Statement statement = connection.createStatement()) {
      // The text is the server's own language, and braces in it are data.
      statement.setEscapeProcessing(false);
      boolean rows = statement.execute(text.toString());
      for (Expected next : expected) {
        long count = rows ? -1 : statement.getUpdateCount();
        if (next.tally != null) {
          next.tally.left--;
          next.tally.rows += Math.max(0, count);
        }
        boolean differs =
            next.tally == null ? count != next.rows : count < 0 || next.tally.isWrong();
        if (differs && diverged == null) {
          diverged =
              next.tally == null
                  ? new ApplyOutcome.Diverged(next.position, next.sql, next.rows, count)
                  : new ApplyOutcome.Diverged(
                      next.position, next.sql, next.tally.found, next.tally.rows);
        }
        rows = statement.getMoreResults();
      }
      if (rows || statement.getUpdateCount() != -1) {
        throw new SQLException("the server answered more statements than were sent", "XX000");
      }
    }
    text.setLength(0);
    expected.clear();
  }

  /**
   * @param rows that the statement must change
   * @param tally where only several statements together have a number to change
   */
  private record Expected(Position position, String sql, long rows, @Nullable Tally tally) {
    Expected(Position position, String sql, long rows) {
      this(position, sql, rows, null);
    }
  }

  /** Rows that some statements have changed, together. */
  private static final class Tally {
    private int left;
    private boolean complete;
    private final long found;
    private long rows;

    Tally(long found) {
      this.found = found;
    }

    /** One more statement, maybe the last. */
    void add(boolean last) {
      left++;
      complete = last;
    }

    boolean isWrong() {
      return complete && left == 0 && found >= 0 && rows != found;
    }
  }
}
