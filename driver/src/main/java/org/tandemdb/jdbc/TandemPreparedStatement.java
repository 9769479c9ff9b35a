package org.tandemdb.jdbc;

import java.math.BigDecimal;
import java.net.URL;
import java.sql.Array;
import java.sql.Connection;
import java.sql.Date;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.SQLType;
import java.sql.Statement;
import java.sql.Time;
import java.sql.Timestamp;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Calendar;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.entry.Value;
import org.tandemdb.jdbc.Binding.Kind;
import org.tandemdb.plan.Request;

/** Records parameters, and replays them on the vendor's statement of the link that is given. */
class TandemPreparedStatement extends StreamedParameters {
  /** pgjdbc's for an object of a type that the server does not have. */
  private static final String UNKNOWN_TYPE = "07006";

  private final Request request;
  private final boolean keysWanted;

  /** How many parameters the text has; -1 while nobody has asked. */
  private int parameterCount = -1;

  private @Nullable Binding[] bindings = new Binding[8];
  private int used;
  private @Nullable List<@Nullable Binding[]> batch;

  /** Where the parameters of the step that runs begin, and how many they are; -1 for all. */
  private int stepFrom;

  private int stepCount = -1;

  /**
   * @throws SQLException 42601 for a JDBC escape that is none
   */
  TandemPreparedStatement(
      TandemConnection connection, ResultKind kind, String sql, GeneratedKeys keys)
      throws SQLException {
    super(connection, kind);
    String own = JdbcEscapes.translate(sql);
    String text = keys.addTo(own);
    this.request = new Request(text, Request.Markers.QUESTION, List.of());
    this.keysWanted = keys.areIn(text);
    wantKeys(text.equals(own) ? keys.whole() : keys);
  }

  // --- Command ------------------------------------------------------------------------------

  @Override
  public boolean isPrepared() {
    return true;
  }

  @Override
  Statement make(Connection link, String sql, Shape shape) throws SQLException {
    return link.prepareStatement(
        sql, typeFor(shape), ResultSet.CONCUR_READ_ONLY, holdabilityFor(shape));
  }

  @Override
  void bind(Statement vendorStatement, JdbcLink link) throws SQLException {
    bindAt((PreparedStatement) vendorStatement, 0, link.connection());
  }

  @Override
  public void bindAt(PreparedStatement to, int offset, Connection link) throws SQLException {
    int count = stepCount < 0 ? used : stepCount;
    for (int i = 0; i < count; i++) {
      Binding binding = bindings[stepFrom + i];
      if (binding != null) {
        binding.bind(to, offset + i + 1, link);
      }
    }
  }

  @Override
  boolean runVendor(Statement vendorStatement, String sql) throws SQLException {
    return ((PreparedStatement) vendorStatement).execute();
  }

  @Override
  public List<Value> parameters() throws SQLException {
    int count = stepCount < 0 ? used : stepCount;
    List<Value> values = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      Binding binding = bindings[stepFrom + i];
      if (binding == null) {
        throw noValue(i);
      }
      values.add(binding.toValue());
    }
    return values;
  }

  @Override
  public Optional<Repeatable> repeatable() {
    List<@Nullable Binding> now = new ArrayList<>(used);
    for (int i = 0; i < used; i++) {
      Binding binding = bindings[i];
      if (binding != null && (binding.kind() == Kind.BYTES || binding.kind() == Kind.CHARACTERS)) {
        return Optional.empty(); // its file goes with the statement
      }
      now.add(binding);
    }
    return isFetchedAtOnce() ? Optional.of(new Repeatable(true, escapes(), now)) : Optional.empty();
  }

  @Override
  public void step(String sql) throws SQLException {
    super.step(sql);
    stepFrom += Math.max(0, stepCount);
    stepCount = StatementText.scan(sql).markers();
    if (stepFrom + stepCount > bindings.length) {
      bindings = Arrays.copyOf(bindings, stepFrom + stepCount);
    }
  }

  @Override
  public void restart() {
    super.restart();
    stepFrom = 0;
    stepCount = -1;
  }

  /** Runs it with the parameters as they are now. */
  void run() throws SQLException {
    requireValues();
    run(request, keysWanted);
  }

  private void requireValues() throws SQLException {
    int count = parameterCount();
    for (int i = 0; i < count; i++) {
      if (!isSet(i)) {
        throw noValue(i);
      }
    }
  }

  /** Of the text as the client wrote it. */
  int parameterCount() {
    if (parameterCount < 0) {
      parameterCount = StatementText.scan(request.sql()).markers();
    }
    return parameterCount;
  }

  private static SQLException noValue(int index) {
    return Refusals.invalid("No value specified for parameter " + (index + 1) + ".");
  }

  private void run(Request what, boolean wantKeys) throws SQLException {
    stepFrom = 0;
    stepCount = -1;
    perform(what, wantKeys);
  }

  /** Runs another text, with those of the parameters that are at {@code kept}. */
  final void runAs(String sql, List<Integer> kept) throws SQLException {
    @Nullable Binding[] own = bindings;
    int ownUsed = used;
    bindings = new Binding[kept.size()];
    used = kept.size();
    try {
      for (int i = 0; i < used; i++) {
        int from = kept.get(i);
        bindings[i] = from < own.length ? own[from] : null;
        if (bindings[i] == null) {
          throw noValue(from);
        }
      }
      run(new Request(sql, Request.Markers.QUESTION, List.of()), false);
    } finally {
      bindings = own;
      used = ownUsed;
    }
  }

  /** The parameter at {@code index}, from 0, has a value. */
  final boolean isSet(int index) {
    return index < used && bindings[index] != null;
  }

  @Override
  public ResultSet executeQuery() throws SQLException {
    run();
    return rowsOf();
  }

  @Override
  public boolean execute() throws SQLException {
    run();
    return hasRows();
  }

  @Override
  public long executeLargeUpdate() throws SQLException {
    run();
    return countOf();
  }

  @Override
  public int executeUpdate() throws SQLException {
    return small(executeLargeUpdate());
  }

  // --- batches ------------------------------------------------------------------------------

  @Override
  public void addBatch() throws SQLException {
    checkOpen();
    if (batch == null) {
      batch = new ArrayList<>();
    }
    batch.add(Arrays.copyOf(bindings, used));
  }

  @Override
  public void clearBatch() throws SQLException {
    batch = null;
    closeUnusedFiles();
  }

  private void closeUnusedFiles() throws SQLException {
    if (hasFiles() && batch == null) {
      closeFilesExcept(bindings);
    }
  }

  @Override
  void released() throws SQLException {
    closeFilesExcept(new Binding[0]);
  }

  @Override
  public long[] executeLargeBatch() throws SQLException {
    checkOpen();
    List<@Nullable Binding[]> sets = batch == null ? List.of() : batch;
    batch = null;
    @Nullable Binding[] own = bindings;
    int ownUsed = used;
    List<ResultSet> keys = new ArrayList<>();
    try {
      for (@Nullable Binding[] set : sets) {
        use(set);
        requireValues(); // before any of them runs
      }
      long[] counts =
          runBatch(
              sets.size(),
              new Elements() {
                @Override
                public void begin() {
                  keys.clear();
                }

                @Override
                public void run(int index) throws SQLException {
                  use(sets.get(index));
                  TandemPreparedStatement.this.run();
                  if (keysWanted) {
                    keys.add(
                        MemoryResultSet.copyOf(TandemPreparedStatement.super.getGeneratedKeys()));
                  }
                }

                @Override
                public boolean runAll(long[] all) throws SQLException {
                  return all.length > 1
                      && !keysWanted
                      && pipeline(request, new PipelinedSets(sets, all));
                }
              });
      if (keysWanted) {
        generated(MemoryResultSet.concat(keys));
      }
      return counts;
    } finally {
      bindings = own;
      used = ownUsed;
      closeUnusedFiles();
    }
  }

  private void use(@Nullable Binding[] set) {
    bindings = set;
    used = set.length;
  }

  /** The batch as the vendor's own. */
  private final class PipelinedSets implements Pipeline {
    private final List<@Nullable Binding[]> sets;
    private final long[] counts;

    PipelinedSets(List<@Nullable Binding[]> sets, long[] counts) {
      this.sets = sets;
      this.counts = counts;
      stepFrom = 0;
      stepCount = -1;
    }

    @Override
    public int size() {
      return sets.size();
    }

    @Override
    public int timeoutSeconds() {
      return TandemPreparedStatement.this.timeoutSeconds();
    }

    @Override
    public List<Value> parameters(int element) throws SQLException {
      use(sets.get(element));
      return TandemPreparedStatement.this.parameters();
    }

    @Override
    public long[] run(JdbcLink link, String sql, int from, int to) throws SQLException {
      use(sets.get(from));
      PreparedStatement statement = (PreparedStatement) vendor(link, sql, Shape.COUNTED);
      try {
        statement.addBatch();
        for (int i = from + 1; i < to; i++) {
          use(sets.get(i));
          bind(statement, link);
          statement.addBatch();
        }
        long[] portion = timed(statement, statement::executeLargeBatch);
        System.arraycopy(portion, 0, counts, from, portion.length);
        return portion;
      } finally {
        statement.clearBatch();
      }
    }

    @Override
    public List<List<@Nullable String>> runRows(JdbcLink link, String sql, int from, int to)
        throws SQLException {
      Connection connection = link.connection();
      List<List<@Nullable String>> captured;
      try (PreparedStatement statement = connection.prepareStatement(sql)) {
        statement.setQueryTimeout(timeoutSeconds());
        int offset = 0;
        for (int i = from; i < to; i++) {
          use(sets.get(i));
          bindAt(statement, offset, connection);
          offset += used;
        }
        timed(statement, statement::execute);
        captured = rowsOf(statement, to - from);
      }
      Arrays.fill(counts, from, to, 1);
      return captured;
    }

    private static List<List<@Nullable String>> rowsOf(PreparedStatement statement, int expected) {
      List<List<@Nullable String>> captured = new ArrayList<>(expected);
      try (ResultSet rows = statement.getResultSet()) {
        int columns = rows.getMetaData().getColumnCount();
        while (rows.next()) {
          List<@Nullable String> row = new ArrayList<>(columns);
          for (int i = 1; i <= columns; i++) {
            row.add(rows.getString(i));
          }
          captured.add(row);
        }
        if (captured.size() != expected) {
          throw new SQLException("not as many rows as statements", "XX000");
        }
        return captured;
      } catch (SQLException e) {
        throw new CapturedRows.ReadFailure(e);
      }
    }
  }

  // --- descriptions -------------------------------------------------------------------------

  /** What a server may be shown: one with a NUL costs its link. */
  private String described() throws SQLException {
    if (request.sql().indexOf('\0') >= 0) {
      throw SqlErrors.of("22021", "invalid byte sequence for encoding \"UTF8\": 0x00", null);
    }
    return request.sql();
  }

  @Override
  public @Nullable ResultSetMetaData getMetaData() throws SQLException {
    checkOpen();
    return getConnection()
        .session()
        .ask(
            link -> {
              try (PreparedStatement described = link.prepareStatement(described())) {
                return Optional.ofNullable(described.getMetaData());
              }
            })
        .map(columns -> new TandemResultSetMetaData(columns, Integer.MAX_VALUE))
        .orElse(null);
  }

  @Override
  public ParameterMetaData getParameterMetaData() throws SQLException {
    checkOpen();
    return getConnection()
        .session()
        .ask(
            link -> {
              try (PreparedStatement described = link.prepareStatement(described())) {
                return TandemParameterMetaData.copyOf(described.getParameterMetaData());
              }
            });
  }

  // --- parameters ---------------------------------------------------------------------------

  @Override
  final void set(int index, Binding binding) throws SQLException {
    checkOpen();
    if (index < 1 || index > parameterCount()) {
      kept(binding);
      closeUnusedFiles();
      throw Refusals.invalid(
          "The column index is out of range: "
              + index
              + ", number of columns: "
              + parameterCount()
              + ".");
    }
    if (index > bindings.length) {
      bindings = Arrays.copyOf(bindings, Math.max(index, bindings.length * 2));
    }
    bindings[index - 1] = kept(binding);
    used = Math.max(used, index);
    closeUnusedFiles();
  }

  @Override
  public void clearParameters() throws SQLException {
    Arrays.fill(bindings, null);
    used = 0;
    closeUnusedFiles();
  }

  @Override
  public void setInt(int parameterIndex, int value) throws SQLException {
    set(parameterIndex, Binding.of(Kind.INT, value));
  }

  @Override
  public void setLong(int parameterIndex, long value) throws SQLException {
    set(parameterIndex, Binding.of(Kind.LONG, value));
  }

  @Override
  public void setShort(int parameterIndex, short value) throws SQLException {
    set(parameterIndex, Binding.of(Kind.SHORT, value));
  }

  @Override
  public void setByte(int parameterIndex, byte value) throws SQLException {
    set(parameterIndex, Binding.of(Kind.BYTE, value));
  }

  @Override
  public void setBoolean(int parameterIndex, boolean value) throws SQLException {
    set(parameterIndex, Binding.of(Kind.BOOLEAN, value));
  }

  @Override
  public void setFloat(int parameterIndex, float value) throws SQLException {
    set(parameterIndex, Binding.of(Kind.FLOAT, value));
  }

  @Override
  public void setDouble(int parameterIndex, double value) throws SQLException {
    set(parameterIndex, Binding.of(Kind.DOUBLE, value));
  }

  @Override
  public void setBigDecimal(int parameterIndex, @Nullable BigDecimal value) throws SQLException {
    object(parameterIndex, value, Types.DECIMAL);
  }

  @Override
  public void setString(int parameterIndex, @Nullable String value) throws SQLException {
    set(parameterIndex, values().string(value));
  }

  @Override
  public void setNString(int parameterIndex, @Nullable String value) throws SQLException {
    set(parameterIndex, values().string(value));
  }

  @Override
  public void setBytes(int parameterIndex, byte @Nullable [] value) throws SQLException {
    object(parameterIndex, value == null ? null : value.clone(), Types.VARBINARY);
  }

  @Override
  public void setURL(int parameterIndex, @Nullable URL value) throws SQLException {
    set(parameterIndex, values().string(value == null ? null : value.toExternalForm()));
  }

  private void object(int index, @Nullable Object value, int typeOfNull) throws SQLException {
    set(index, Binding.typed(Kind.OBJECT, value, typeOfNull, 0));
  }

  @Override
  public void setObject(int parameterIndex, @Nullable Object value) throws SQLException {
    checkOpen();
    set(parameterIndex, values().of(value));
  }

  @Override
  public void setObject(int parameterIndex, @Nullable Object value, int targetSqlType)
      throws SQLException {
    setObject(parameterIndex, value, targetSqlType, -1);
  }

  @Override
  public void setObject(int parameterIndex, @Nullable Object value, int targetSqlType, int scale)
      throws SQLException {
    checkOpen();
    set(parameterIndex, values().of(value, targetSqlType, scale));
  }

  @Override
  public void setObject(int parameterIndex, @Nullable Object value, SQLType targetSqlType)
      throws SQLException {
    setObject(parameterIndex, value, typeNumber(targetSqlType));
  }

  static int typeNumber(SQLType type) throws SQLException {
    Integer number = type.getVendorTypeNumber();
    if (number == null) {
      throw Refusals.unsupported("the SQLType " + type.getName());
    }
    return number;
  }

  @Override
  public void setObject(
      int parameterIndex, @Nullable Object value, SQLType targetSqlType, int scaleOrLength)
      throws SQLException {
    setObject(parameterIndex, value, typeNumber(targetSqlType), scaleOrLength);
  }

  @Override
  public void setNull(int parameterIndex, int sqlType) throws SQLException {
    set(parameterIndex, values().nothing(sqlType));
  }

  @Override
  public void setNull(int parameterIndex, int sqlType, @Nullable String typeName)
      throws SQLException {
    if (typeName == null) {
      setNull(parameterIndex, sqlType);
    } else if (isType(typeName)) {
      set(parameterIndex, Binding.typed(Kind.NULL, typeName, sqlType, 0));
    } else {
      setNull(parameterIndex, Types.NULL); // the server infers it, as with pgjdbc
    }
  }

  /** A name that the server does not know must not reach the log. */
  private boolean isType(String name) throws SQLException {
    checkOpen();
    Object nothing = ParameterText.nullOf(name);
    return getConnection()
        .session()
        .ask(
            link -> {
              try (PreparedStatement any = link.prepareStatement("SELECT ?")) {
                any.setObject(1, nothing);
                return true;
              } catch (SQLException e) {
                if (UNKNOWN_TYPE.equals(e.getSQLState())) {
                  return false;
                }
                throw e;
              }
            });
  }

  @Override
  public void setDate(int parameterIndex, @Nullable Date value) throws SQLException {
    setDate(parameterIndex, value, null);
  }

  @Override
  public void setDate(int parameterIndex, @Nullable Date value, @Nullable Calendar calendar)
      throws SQLException {
    dated(parameterIndex, Kind.DATE, value, calendar, Types.DATE);
  }

  @Override
  public void setTime(int parameterIndex, @Nullable Time value) throws SQLException {
    setTime(parameterIndex, value, null);
  }

  @Override
  public void setTime(int parameterIndex, @Nullable Time value, @Nullable Calendar calendar)
      throws SQLException {
    dated(parameterIndex, Kind.TIME, value, calendar, Types.TIME);
  }

  @Override
  public void setTimestamp(int parameterIndex, @Nullable Timestamp value) throws SQLException {
    setTimestamp(parameterIndex, value, null);
  }

  @Override
  public void setTimestamp(
      int parameterIndex, @Nullable Timestamp value, @Nullable Calendar calendar)
      throws SQLException {
    dated(parameterIndex, Kind.TIMESTAMP, value, calendar, Types.TIMESTAMP);
  }

  private void dated(
      int index,
      Kind kind,
      java.util.@Nullable Date value,
      @Nullable Calendar calendar,
      int sqlType)
      throws SQLException {
    Calendar zone = calendar == null ? null : (Calendar) calendar.clone();
    set(index, new Binding(kind, value == null ? null : value.clone(), zone, sqlType, 0));
  }

  @Override
  public void setArray(int parameterIndex, @Nullable Array value) throws SQLException {
    if (value == null) {
      setNull(parameterIndex, Types.ARRAY);
    } else {
      set(parameterIndex, ParameterValues.array(value));
    }
  }
}
