package org.tandemdb.backend.pg;

import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tandemdb.backend.BackendLink.ApplyOutcome;
import org.tandemdb.backend.BackendLink.ApplyRun;
import org.tandemdb.backend.Reservation;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;

/**
 * Applies entries on one connection, several in one database transaction, in READ COMMITTED, and
 * raises the watermark in the same transaction.
 *
 * <p>Plain entries go by {@link PgTextRun}, many in one flight; those with settings of their own,
 * DDL, staged bodies, and a run that failed go change by change. Owned by the link's holder.
 */
final class PgApplier {
  private static final Logger LOGGER = LoggerFactory.getLogger(PgApplier.class);
  private static final int CACHED_STATEMENTS = 256;

  /** The protocol's bound is 65,535. */
  private static final int MAX_PARAMETERS = 32_000;

  private final Connection connection;
  private final PgTextRun text;
  private final Map<String, Prepared> statements =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Prepared> eldest) {
          if (size() <= CACHED_STATEMENTS) {
            return false;
          }
          eldest.getValue().close();
          return true;
        }
      };
  private @Nullable PreparedStatement watermarkStatement;
  private long lockTimeoutMillis = -1;
  private boolean schemaChanged;

  /** Settings of the entry that is applied, and whether they hold now. */
  private Map<String, String> settings = Map.of();

  private boolean settingsHold;

  PgApplier(Connection connection) {
    this.connection = connection;
    this.text = new PgTextRun(connection);
  }

  /**
   * A run that failed is tried once more, one change after the other: only then is it known which
   * one it was.
   */
  ApplyOutcome apply(ApplyRun run) {
    ApplyOutcome outcome = applyOnce(run);
    if (run.serially() || !(outcome instanceof ApplyOutcome.Failed failed)) {
      return outcome;
    }
    LOGGER.warn(
        "{} entries failed as one text and are tried one by one: {}",
        run.entries().size(),
        failed.message());
    return applyOnce(
        new ApplyRun(run.entries(), run.watermark(), true, run.lockTimeout(), run.stages()));
  }

  private ApplyOutcome applyOnce(ApplyRun run) {
    Cursor at = new Cursor();
    try {
      connection.setAutoCommit(true); // so that no ROLLBACK takes the time-out back
      setLockTimeout(run.lockTimeout().toMillis());
      if (!run.serially() && run.entries().stream().allMatch(PgApplier::isPlain)) {
        applyText(run);
      } else {
        connection.setAutoCommit(false);
        applyEntries(run, at);
        raiseWatermark(run.watermark());
        connection.commit();
      }
      return new ApplyOutcome.Applied(run.watermark());
    } catch (DivergedException e) {
      return rolledBack(e.outcome);
    } catch (RoleRefusedException e) {
      return new ApplyOutcome.LinkLost(String.valueOf(e.getMessage()));
    } catch (SQLException e) {
      if (PgErrors.isLinkLost(e) || PgErrors.isServersOwn(e)) {
        return new ApplyOutcome.LinkLost(String.valueOf(e.getMessage()));
      }
      ApplyOutcome outcome =
          PgErrors.isBlocked(e)
              ? new ApplyOutcome.Blocked(String.valueOf(e.getMessage()))
              : new ApplyOutcome.Failed(
                  at.position, at.statement, PgErrors.stateOf(e), String.valueOf(e.getMessage()));
      return rolledBack(outcome);
    }
  }

  /** The usual run: two flights, everything with the watermark and, when it is right, COMMIT. */
  private void applyText(ApplyRun run) throws SQLException, DivergedException {
    ApplyOutcome.Diverged diverged = text.applyAll(run.entries(), run.watermark());
    if (diverged != null) {
      throw new DivergedException(diverged);
    }
    execute("COMMIT");
  }

  private ApplyOutcome rolledBack(ApplyOutcome outcome) {
    try {
      if (connection.getAutoCommit()) {
        execute("ROLLBACK");
      } else {
        connection.rollback();
      }
      return outcome;
    } catch (SQLException e) {
      return new ApplyOutcome.LinkLost("rollback failed: " + e.getMessage());
    }
  }

  private void applyEntries(ApplyRun run, Cursor at) throws SQLException, DivergedException {
    List<Entry> entries = run.entries();
    int from = 0;
    while (from < entries.size()) {
      int to = from;
      while (!run.serially() && to < entries.size() && isPlain(entries.get(to))) {
        to++;
      }
      if (to > from) {
        ApplyOutcome.Diverged diverged = text.apply(entries.subList(from, to));
        if (diverged != null) {
          throw new DivergedException(diverged);
        }
        from = to;
      } else {
        applyAlone(entries.get(from), run, at);
        from++;
      }
    }
  }

  /** Inline, meant under the pinned settings, and nothing but row changes. */
  private static boolean isPlain(Entry entry) {
    return entry.settings().isEmpty()
        && entry.body() instanceof Entry.Inline inline
        && inline.changes().stream().allMatch(change -> change.rows() >= 0);
  }

  /** What ran inside the database on the primary is among the rows: nothing may run again. */
  private void applyFinal(Position position, Change.FinalRows rows, Cursor at)
      throws SQLException, DivergedException {
    ApplyOutcome.Diverged diverged;
    at.position = position;
    at.statement = PgChangeSql.of(rows);
    // A client's role may not switch triggers off.
    hold(false);
    diverged = text.apply(position, List.of(rows));
    if (diverged != null) {
      throw new DivergedException(diverged);
    }
    hold(true);
  }

  /** The entry's own settings hold, or this session's. */
  private void hold(boolean on) throws SQLException {
    if (on != settingsHold) {
      for (Map.Entry<String, String> setting : settings.entrySet()) {
        if (on && setting.getKey().equals("role")) {
          takeRole(setting.getValue());
        } else if (on) {
          setLocal(setting.getKey(), setting.getValue());
        } else {
          resetLocal(setting.getKey());
        }
      }
      settingsHold = on;
    }
  }

  /** A grant that is missing here says nothing of the data: an administrator can mend it. */
  private void takeRole(String role) throws SQLException {
    try {
      setLocal("role", role);
    } catch (SQLException e) {
      if (PgErrors.isRoleRefused(e)) {
        throw new RoleRefusedException(role, e);
      }
      throw e;
    }
  }

  private void applyAlone(Entry entry, ApplyRun run, Cursor at)
      throws SQLException, DivergedException {
    settings = entry.settings();
    settingsHold = false;
    hold(true);
    if (entry.body() instanceof Entry.Inline inline) {
      applyChanges(entry.position(), inline.changes(), at);
    } else if (entry.body() instanceof Entry.Staged staged) {
      for (int chunk = 0; chunk < staged.chunks(); chunk++) {
        applyChunk(entry, run.stages().chunk(staged.stage(), chunk), run.serially(), at);
      }
    }
    hold(false);
    if (schemaChanged) {
      // With Tandem's own role again, in the transaction of the change.
      schemaChanged = false;
      execute("SELECT tandem.maintain_tracing(1000000)");
    }
  }

  private void applyChunk(Entry entry, List<Change> changes, boolean serially, Cursor at)
      throws SQLException, DivergedException {
    boolean plain =
        entry.settings().isEmpty() && changes.stream().allMatch(change -> change.rows() >= 0);
    if (serially || !plain) {
      applyChanges(entry.position(), changes, at);
      return;
    }
    at.position = entry.position();
    at.statement = PgChangeSql.of(changes.get(0));
    ApplyOutcome.Diverged diverged = text.apply(entry.position(), changes);
    if (diverged != null) {
      throw new DivergedException(diverged);
    }
  }

  /** Neighbours with the same text go together; the order of different ones stays. */
  private void applyChanges(Position position, List<Change> changes, Cursor at)
      throws SQLException, DivergedException {
    Group group = null;
    for (Change change : changes) {
      if (change instanceof Change.FinalRows rows) {
        if (group != null) {
          execute(group, at);
          group = null;
        }
        applyFinal(position, rows, at);
        continue;
      }
      if (change instanceof Change.Rows rows && isWhole(rows)) {
        if (group != null) {
          execute(group, at);
          group = null;
        }
        executeWhole(position, rows, at);
        continue;
      }
      String sql = PgChangeSql.of(change);
      if (group == null || !group.sql.equals(sql)) {
        if (group != null) {
          execute(group, at);
        }
        group = new Group(sql);
      }
      group.add(position, change);
      if (isReservation(change)) {
        // An entry with DDL has its client's role, which may not write Tandem's tables.
        hold(false);
        execute(group, at);
        hold(true);
        group = null;
      }
    }
    if (group != null) {
      execute(group, at);
    }
  }

  private static boolean isReservation(Change change) {
    return change instanceof Change.Statement statement
        && Objects.equals(statement.table(), Reservation.TABLE);
  }

  private static boolean isWhole(Change.Rows rows) {
    boolean kind = rows.kind() == Change.Kind.INSERT || rows.kind() == Change.Kind.DELETE;
    long parameters =
        (long) rows.values().size() * (rows.columns().size() + rows.keyColumns().size());
    return kind && rows.values().size() > 1 && parameters <= MAX_PARAMETERS;
  }

  private void executeWhole(Position position, Change.Rows rows, Cursor at)
      throws SQLException, DivergedException {
    at.position = position;
    at.statement = PgChangeSql.of(rows);
    try (PreparedStatement statement =
        connection.prepareStatement(
            JdbcText.of(PgChangeSql.several(rows, rows.values().size())).sql())) {
      int index = 1;
      for (Change.Row row : rows.values()) {
        for (String text : row.texts()) {
          statement.setObject(index++, text, Types.OTHER);
        }
      }
      int count = statement.executeUpdate();
      if (count != rows.values().size()) {
        throw new DivergedException(
            new ApplyOutcome.Diverged(position, at.statement, rows.values().size(), count));
      }
    }
  }

  private void execute(Group group, Cursor at) throws SQLException, DivergedException {
    at.position = group.positions.get(0);
    at.statement = group.sql;
    if (group.changes.get(0).rows() < 0) {
      for (Change change : group.changes) {
        try (Statement statement = connection.createStatement()) {
          statement.execute(((Change.Statement) change).sql());
        }
      }
      schemaChanged = true;
      return;
    }
    Prepared prepared = prepared(group.sql);
    // For each execution: which change it belongs to, so that counts can be added up.
    List<Integer> owner = new ArrayList<>(group.changes.size());
    for (int i = 0; i < group.changes.size(); i++) {
      addExecutions(prepared, group.changes.get(i), i, owner);
    }
    int[] counts;
    try {
      counts = prepared.statement.executeBatch();
    } catch (BatchUpdateException e) {
      int failed = Math.min(e.getUpdateCounts().length, owner.size() - 1);
      at.position = group.positions.get(owner.get(Math.max(0, failed)));
      throw e;
    }
    check(group, owner, counts);
  }

  private static void addExecutions(
      Prepared prepared, Change change, int index, List<Integer> owner) throws SQLException {
    int[] order = prepared.text.order();
    if (change instanceof Change.Statement statement) {
      for (int i = 0; i < order.length; i++) {
        PgBinder.bind(prepared.statement, i + 1, statement.parameters().get(order[i]));
      }
      prepared.statement.addBatch();
      owner.add(index);
    } else if (change instanceof Change.Rows rows) {
      for (Change.Row row : rows.values()) {
        for (int i = 0; i < order.length; i++) {
          prepared.statement.setObject(i + 1, row.texts().get(order[i]), Types.OTHER);
        }
        prepared.statement.addBatch();
        owner.add(index);
      }
    }
  }

  private static void check(Group group, List<Integer> owner, int[] counts)
      throws DivergedException {
    long[] changed = new long[group.changes.size()];
    for (int i = 0; i < counts.length; i++) {
      Change change = group.changes.get(owner.get(i));
      if (change instanceof Change.Rows && counts[i] != 1) {
        throw new DivergedException(group, owner.get(i), 1, counts[i]);
      }
      changed[owner.get(i)] += counts[i];
    }
    for (int i = 0; i < changed.length; i++) {
      long expected = group.changes.get(i).rows();
      if (changed[i] != expected) {
        throw new DivergedException(group, i, expected, changed[i]);
      }
    }
  }

  private Prepared prepared(String sql) throws SQLException {
    Prepared known = statements.get(sql);
    if (known == null) {
      JdbcText text = JdbcText.of(sql);
      known = new Prepared(text, connection.prepareStatement(text.sql()));
      statements.put(sql, known);
    }
    return known;
  }

  private void raiseWatermark(Position watermark) throws SQLException {
    PreparedStatement statement = watermarkStatement;
    if (statement == null) {
      statement = connection.prepareStatement("UPDATE tandem.watermark SET epoch = ?, number = ?");
      watermarkStatement = statement;
    }
    statement.setLong(1, watermark.epoch());
    statement.setLong(2, watermark.number());
    int rows = statement.executeUpdate();
    if (rows != 1) {
      throw new SQLException("tandem.watermark has " + rows + " rows instead of one", "XX000");
    }
  }

  private void setLockTimeout(long millis) throws SQLException {
    if (millis != lockTimeoutMillis) {
      execute("SET lock_timeout = " + millis);
      lockTimeoutMillis = millis;
    }
  }

  private void setLocal(String name, String value) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT set_config(?, ?, true)")) {
      statement.setString(1, name);
      statement.setString(2, value);
      statement.execute();
    }
  }

  /** Back to the session's own value, for the entries that follow in this transaction. */
  private void resetLocal(String name) throws SQLException {
    execute("SET LOCAL \"" + name + "\" TO DEFAULT");
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Where the run is, for the outcome's text. */
  private static final class Cursor {
    Position position = Position.NONE;
    String statement = "";
  }

  /** Changes with one text. */
  private static final class Group {
    final String sql;
    final List<Position> positions = new ArrayList<>();
    final List<Change> changes = new ArrayList<>();

    Group(String sql) {
      this.sql = sql;
    }

    void add(Position position, Change change) {
      positions.add(position);
      changes.add(change);
    }
  }

  private record Prepared(JdbcText text, PreparedStatement statement) {
    void close() {
      try {
        statement.close();
      } catch (SQLException e) {
        throw new IllegalStateException("a statement could not be closed", e);
      }
    }
  }

  /** Ends the link, which is tried again and again, and says what is missing. */
  private static final class RoleRefusedException extends SQLException {
    private static final long serialVersionUID = 1;

    RoleRefusedException(String role, SQLException cause) {
      super(
          "DDL of the role "
              + role
              + " waits: Tandem's role cannot take it here ("
              + cause.getMessage()
              + "); GRANT it to Tandem's role on this server",
          cause.getSQLState(),
          cause);
    }
  }

  private static final class DivergedException extends Exception {
    private static final long serialVersionUID = 1L;
    final transient ApplyOutcome.Diverged outcome;

    DivergedException(ApplyOutcome.Diverged outcome) {
      this.outcome = outcome;
    }

    DivergedException(Group group, int index, long expected, long actual) {
      this.outcome =
          new ApplyOutcome.Diverged(group.positions.get(index), group.sql, expected, actual);
    }
  }
}
