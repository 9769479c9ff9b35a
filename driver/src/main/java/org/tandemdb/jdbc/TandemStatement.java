package org.tandemdb.jdbc;

import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.backend.Lease;
import org.tandemdb.entry.Value;
import org.tandemdb.plan.Request;

/**
 * A Statement over whichever vendor connection each of its requests is given. The vendor's
 * statement is kept while the link stays the same. One thread at a time, {@link #cancel} and {@link
 * #close} aside: a close from another thread cancels what runs, and the thread that runs it puts
 * everything away when it has its outcome, which must not be lost with the results.
 */
class TandemStatement extends StatementForms implements Command {
  private final TandemConnection connection;

  private @Nullable Statement vendor;
  private @Nullable JdbcLink vendorLink;
  private @Nullable String vendorSql;
  private Shape vendorShape = Shape.CLIENT;
  private volatile @Nullable Statement running;

  private volatile boolean closed;

  /** It was the connection that was closed. */
  private volatile boolean closedWithConnection;

  private @Nullable SQLWarning warnings;
  private @Nullable List<String> batch;

  private @Nullable ResultSet rows;
  private long count = -1;
  private @Nullable ResultSet generated;
  private boolean keysWanted;
  private GeneratedKeys keys = GeneratedKeys.NONE;

  /** Results that the client went on from and wanted kept. */
  private final List<ResultSet> passed = new ArrayList<>(0);

  /** What runs, or has run last. */
  private String ran = "";

  private boolean inSteps;
  private @Nullable ArrayDeque<Object> more;
  private final List<Statement> retired = new ArrayList<>(0);

  /** Guards who runs the statement and who puts it away. */
  private final Object life = new Object();

  private @Nullable Thread performer;
  private boolean releaseLeft;

  TandemStatement(TandemConnection connection, ResultKind kind) {
    super(kind, connection.vendorSettings().fetchRows());
    this.connection = connection;
  }

  // --- Command ------------------------------------------------------------------------------

  @Override
  public final Statement vendor(JdbcLink link, String sql, Shape shape) throws SQLException {
    Statement v = vendor;
    if (v == null || vendorLink != link || vendorShape != shape || !isFor(sql)) {
      closeVendor();
      v = make(link.connection(), sql, shape);
      vendor = v;
      vendorLink = link;
      vendorShape = shape;
      vendorSql = sql;
      v.setFetchSize(
          switch (shape) {
            case CLIENT -> getFetchSize();
            case COUNTED -> 0;
            case STREAMED -> CapturedRows.FIRST_ROWS;
          });
      if (shape == Shape.CLIENT && getLargeMaxRows() != 0) {
        v.setMaxRows((int) Math.min(Integer.MAX_VALUE, getLargeMaxRows()));
      }
      if (shape == Shape.CLIENT && getMaxFieldSize() != 0) {
        v.setMaxFieldSize(getMaxFieldSize());
      }
      if (!escapes()) {
        v.setEscapeProcessing(false);
      }
    }
    if (getQueryTimeout() != 0 || v.getQueryTimeout() != 0) {
      v.setQueryTimeout(getQueryTimeout());
    }
    bind(v, link);
    return v;
  }

  private boolean isFor(String sql) {
    return !isPrepared() || sql.equals(vendorSql);
  }

  @Override
  public boolean isPrepared() {
    return false;
  }

  @Override
  public Optional<Repeatable> repeatable() {
    return isFetchedAtOnce() ? Optional.of(Repeatable.text(escapes())) : Optional.empty();
  }

  /** A client that asks for portions wants no more of it in memory. */
  final boolean isFetchedAtOnce() {
    return getFetchSize() == 0 && getMaxFieldSize() == 0;
  }

  @Override
  public final int timeoutSeconds() {
    return getQueryTimeout();
  }

  @Override
  public final boolean isCombinable() {
    return isPrepared()
        && getQueryTimeout() == 0
        && escapes()
        && connection.networkTimeoutMillis() == 0;
  }

  @Override
  public void bindAt(PreparedStatement to, int offset, Connection link) throws SQLException {}

  Statement make(Connection link, String sql, Shape shape) throws SQLException {
    return link.createStatement(typeFor(shape), ResultSet.CONCUR_READ_ONLY, holdabilityFor(shape));
  }

  final int typeFor(Shape shape) {
    return switch (shape) {
      case CLIENT ->
          // One that is changed is in memory, as the rows that come to it are.
          kind().isUpdatable() ? ResultSet.TYPE_SCROLL_INSENSITIVE : kind().type();
      case COUNTED -> ResultSet.TYPE_SCROLL_INSENSITIVE;
      case STREAMED -> ResultSet.TYPE_FORWARD_ONLY;
    };
  }

  final int holdabilityFor(Shape shape) {
    return shape == Shape.CLIENT ? kind().holdability() : ResultSet.CLOSE_CURSORS_AT_COMMIT;
  }

  /** Sets parameters, where there are any. */
  void bind(Statement vendorStatement, JdbcLink link) throws SQLException {}

  boolean runVendor(Statement vendorStatement, String sql) throws SQLException {
    return vendorStatement.execute(sql);
  }

  @Override
  public final boolean run(Statement vendorStatement, String sql) throws SQLException {
    return timed(vendorStatement, () -> runVendor(vendorStatement, sql));
  }

  /** What the vendor's statement is asked to do. */
  interface Run<T> {
    T run() throws SQLException;
  }

  /** Under the client's time-outs, and so that it can be cancelled. */
  final <T> T timed(Statement vendorStatement, Run<T> work) throws SQLException {
    int networkTimeout = connection.networkTimeoutMillis();
    Connection link = networkTimeout == 0 ? null : vendorStatement.getConnection();
    running = vendorStatement;
    if (connection.isClosed()) {
      // Who closed it has looked for what runs before this did, and will not cancel it.
      running = null;
      throw new SQLException("Another thread closed the connection. Nothing was run.", "57014");
    }
    try {
      if (link != null) {
        link.setNetworkTimeout(Runnable::run, networkTimeout);
      }
      return work.run();
    } finally {
      running = null;
      keepWarnings(vendorStatement);
      if (link != null && !link.isClosed()) {
        // The marker and COMMIT wait for the network as long as the engine says.
        link.setNetworkTimeout(Runnable::run, 0);
      }
    }
  }

  /** They are the client's, whatever becomes of the vendor's statement. */
  private void keepWarnings(Statement vendorStatement) throws SQLException {
    if (!vendorStatement.isClosed()) {
      SQLWarning given = vendorStatement.getWarnings();
      if (given != null) {
        vendorStatement.clearWarnings();
        warn(given);
      }
    }
  }

  @Override
  public final void warn(SQLWarning warning) {
    SQLWarning first = warnings;
    if (first == null) {
      warnings = warning;
    } else {
      first.setNextWarning(warning);
    }
  }

  @Override
  public List<Value> parameters() throws SQLException {
    return List.of();
  }

  @Override
  public void step(String sql) throws SQLException {
    inSteps = true;
    ran = sql;
  }

  @Override
  public final void rows(ResultSet vendorRows, int visible, long rowCount, Lease<JdbcLink> lease)
      throws SQLException {
    ResultKind kind = kind().isUpdatable() ? kind().scrollable() : kind();
    TandemResultSet wrapped =
        new TandemResultSet(this, vendorRows, visible, kind, getLargeMaxRows(), lease);
    if (kind().isUpdatable() && !(keysWanted && rowCount >= 0)) {
      Connection link = lease.link().connection();
      Updatability found =
          getMaxFieldSize() == 0
              ? UpdateTarget.of(link, ran, vendorRows.getMetaData(), visible)
              : Updatability.None.because("setMaxFieldSize may have cut its keys");
      rows(new UpdatableResultSet(this, wrapped, found), wrapped, rowCount);
    } else {
      rows(wrapped, wrapped, rowCount);
    }
  }

  @Override
  public final void rowsApart(
      ResultSet vendorRows, int visible, long rowCount, Lease<JdbcLink> lease) throws SQLException {
    TandemResultSet wrapped =
        new TandemResultSet(this, vendorRows, visible, kind(), getLargeMaxRows(), lease);
    wrapped.onlyWhereNull(visible + 1);
    rows(wrapped, wrapped, rowCount);
  }

  /**
   * @param shown to the client, if it is not for the keys that it has asked for
   */
  private void rows(ResultSet shown, TandemResultSet wrapped, long rowCount) throws SQLException {
    if (inSteps && vendor != null) {
      // The next step must not close these rows by running on the same vendor statement.
      retired.add(vendor);
      vendor = null;
      vendorLink = null;
    }
    if (keysWanted && rowCount >= 0) {
      wrapped.only(keys.indexes());
      generated = wrapped;
      count(rowCount);
    } else {
      take(shown);
    }
  }

  @Override
  public final void rows(MemoryResultSet memory) {
    memory.owner(this);
    take(memory);
  }

  @Override
  public final void count(long affected) {
    take(affected);
  }

  private void take(Object result) {
    if (rows != null || count >= 0) {
      if (more == null) {
        more = new ArrayDeque<>();
      }
      more.add(result);
    } else {
      show(result);
    }
  }

  final void show(Object result) {
    if (result instanceof ResultSet set) {
      rows = set;
      count = -1;
    } else {
      rows = null;
      count = (Long) result;
    }
  }

  @Override
  public final void discard() {
    rows = null;
    count = -1;
    more = null;
    generated = null;
    warnings = null;
  }

  // --- execution ----------------------------------------------------------------------------

  /** Runs {@code request}; its results are then the current ones. */
  final void perform(Request request, boolean wantKeys) throws SQLException {
    ran = request.sql();
    performing(
        wantKeys,
        () -> {
          connection.session().execute(request, this);
          return true;
        });
  }

  /** See {@link ClientSession#pipeline}. */
  final boolean pipeline(Request request, Pipeline elements) throws SQLException {
    return performing(false, () -> connection.session().pipeline(request, elements));
  }

  private boolean performing(boolean wantKeys, Run<Boolean> work) throws SQLException {
    synchronized (life) {
      checkOpen();
      performer = Thread.currentThread();
    }
    try {
      reset();
      keysWanted = wantKeys;
      return work.run();
    } catch (SQLException e) {
      connection.failed(e);
      throw e;
    } finally {
      leave();
    }
  }

  private void leave() throws SQLException {
    boolean last;
    synchronized (life) {
      performer = null;
      last = releaseLeft;
      releaseLeft = false;
    }
    if (last) {
      release();
    }
  }

  final void reset() throws SQLException {
    if (rows != null) {
      rows.close();
    }
    discard();
    inSteps = false;
    closePassed();
    closeRetired();
  }

  private void closePassed() throws SQLException {
    if (!passed.isEmpty()) {
      List<ResultSet> results = List.copyOf(passed);
      passed.clear();
      for (ResultSet result : results) {
        result.close();
      }
    }
  }

  /** Takes the current rows away from the statement: the caller closes them. */
  final @Nullable ResultSet detachRows() {
    ResultSet taken = rows;
    rows = null;
    count = -1;
    return taken;
  }

  private void closeRetired() throws SQLException {
    if (!retired.isEmpty()) {
      for (Statement old : retired) {
        old.close();
      }
      retired.clear();
    }
  }

  /** The last request has rows, which can still be read. */
  final boolean hasRows() throws SQLException {
    if (rows != null && closed) {
      throw new SQLException(
          "Another thread closed this statement while it ran. It was executed all the same, and"
              + " committed if autocommit is on; its rows are gone.",
          "55000");
    }
    return rows != null;
  }

  final ResultSet rowsOf() throws SQLException {
    hasRows();
    if (rows == null) {
      throw new SQLException("No results were returned by the query.", "02000");
    }
    return rows;
  }

  @Override
  final long countOf() throws SQLException {
    if (rows != null) {
      reset();
      throw new SQLException("A result was returned when none was expected.", "0100E");
    }
    return Math.max(0, count);
  }

  private Request request(String sql) throws SQLException {
    return new Request(translated(sql), Request.Markers.QUESTION, List.of());
  }

  private String translated(String sql) throws SQLException {
    return escapes() ? JdbcEscapes.translate(sql) : sql;
  }

  /** Which keys the next execution is to give. */
  final void wantKeys(GeneratedKeys wanted) {
    keys = wanted;
  }

  @Override
  public ResultSet executeQuery(String sql) throws SQLException {
    perform(request(sql), false);
    return rowsOf();
  }

  @Override
  public boolean execute(String sql) throws SQLException {
    perform(request(sql), false);
    return hasRows();
  }

  @Override
  public long executeLargeUpdate(String sql) throws SQLException {
    perform(request(sql), false);
    return countOf();
  }

  @Override
  final boolean executeForKeys(String sql, GeneratedKeys wanted) throws SQLException {
    String own = translated(sql);
    String text = wanted.addTo(own);
    wantKeys(text.equals(own) ? wanted.whole() : wanted);
    perform(new Request(text, Request.Markers.QUESTION, List.of()), wanted.areIn(text));
    return hasRows();
  }

  // --- batches ------------------------------------------------------------------------------

  @Override
  public void addBatch(String sql) throws SQLException {
    checkOpen();
    if (batch == null) {
      batch = new ArrayList<>();
    }
    batch.add(sql);
  }

  @Override
  public void clearBatch() throws SQLException {
    batch = null;
  }

  @Override
  public long[] executeLargeBatch() throws SQLException {
    checkOpen();
    List<String> texts = batch == null ? List.of() : batch;
    batch = null;
    return runBatch(texts.size(), i -> perform(request(texts.get(i)), false));
  }

  @Override
  public int[] executeBatch() throws SQLException {
    return Arrays.stream(executeLargeBatch()).mapToInt(TandemStatement::small).toArray();
  }

  /** The elements of a batch. */
  interface Elements {
    void run(int index) throws SQLException;

    /** They are about to be run, for the first time or again from the first. */
    default void begin() throws SQLException {}

    /** Runs them all at once; false if none has run. */
    default boolean runAll(long[] counts) throws SQLException {
      return false;
    }
  }

  final long[] runBatch(int size, Elements elements) throws SQLException {
    long[] counts = new long[size];
    if (size == 0) {
      return counts;
    }
    int[] done = new int[1];
    try {
      connection
          .session()
          .inOneTransaction(
              true,
              () -> {
                elements.begin();
                if (elements.runAll(counts)) {
                  return;
                }
                SQLWarning given = null;
                for (int i = 0; i < size; i++) {
                  done[0] = i;
                  elements.run(i);
                  given = joined(given, warnings);
                  // As PostgreSQL's own driver: rows are passed over, and count for nothing.
                  counts[i] = rows == null ? Math.max(0, count) : 0;
                }
                warnings = given;
              });
    } catch (SQLException e) {
      connection.failed(e);
      throw failed(e, counts, done[0]);
    }
    return counts;
  }

  private static @Nullable SQLWarning joined(
      @Nullable SQLWarning first, @Nullable SQLWarning second) {
    if (first == null || second == null) {
      return first == null ? second : first;
    }
    first.setNextWarning(second);
    return first;
  }

  /** Nothing of a batch is left when one of its elements has failed, so none has succeeded. */
  private static BatchUpdateException failed(SQLException e, long[] counts, int element) {
    Arrays.fill(counts, Statement.EXECUTE_FAILED);
    if (e instanceof BatchUpdateException vendors) {
      SQLException cause =
          vendors.getNextException() == null ? vendors : vendors.getNextException();
      return failed(String.valueOf(vendors.getMessage()), cause, counts);
    }
    String message =
        "Batch entry "
            + element
            + " was aborted: "
            + e.getMessage()
            + "  Call getNextException to see other errors in the batch.";
    return failed(message, e, counts);
  }

  private static BatchUpdateException failed(String message, SQLException cause, long[] counts) {
    BatchUpdateException failure =
        new BatchUpdateException(message, cause.getSQLState(), cause.getErrorCode(), counts, cause);
    failure.setNextException(cause);
    return failure;
  }

  // --- results ------------------------------------------------------------------------------

  @Override
  public @Nullable ResultSet getResultSet() throws SQLException {
    checkOpen();
    return rows;
  }

  @Override
  public int getUpdateCount() throws SQLException {
    long n = getLargeUpdateCount();
    return n < 0 ? -1 : small(n);
  }

  @Override
  public long getLargeUpdateCount() throws SQLException {
    checkOpen();
    return rows != null ? -1 : count;
  }

  @Override
  public boolean getMoreResults() throws SQLException {
    return getMoreResults(CLOSE_CURRENT_RESULT);
  }

  @Override
  public boolean getMoreResults(int current) throws SQLException {
    checkOpen();
    ResultSet before = rows;
    switch (current) {
      case CLOSE_CURRENT_RESULT -> {
        if (before != null) {
          before.close();
        }
      }
      case KEEP_CURRENT_RESULT -> {
        if (before != null) {
          passed.add(before);
        }
      }
      case CLOSE_ALL_RESULTS -> {
        closePassed();
        if (before != null) {
          before.close();
        }
      }
      default -> throw Refusals.invalid("Unknown argument of getMoreResults: " + current + ".");
    }
    Object next = more == null ? null : more.poll();
    if (next == null) {
      rows = null;
      count = -1;
    } else {
      show(next);
    }
    return rows != null;
  }

  @Override
  public ResultSet getGeneratedKeys() throws SQLException {
    checkOpen();
    return generated != null
        ? generated
        : new MemoryResultSet(new SessionSource.Table(List.of(), List.of()));
  }

  final void generated(@Nullable ResultSet keys) {
    generated = keys;
  }

  // --- life ---------------------------------------------------------------------------------

  @Override
  public void cancel() throws SQLException {
    Statement now = running;
    if (now != null) {
      now.cancel();
    }
  }

  final void resultClosed() throws SQLException {
    if (isCloseOnCompletion() && !closed && (more == null || more.isEmpty())) {
      close();
    }
  }

  private void closeVendor() throws SQLException {
    Statement old = vendor;
    vendor = null;
    vendorLink = null;
    if (old != null) {
      old.close();
    }
  }

  @Override
  public void close() throws SQLException {
    boolean inUse;
    synchronized (life) {
      if (closed && !releaseLeft) {
        return;
      }
      if (connection.isClosed()) {
        closedWithConnection = true;
      }
      closed = true;
      inUse = performer != null && performer != Thread.currentThread();
      releaseLeft = inUse;
    }
    if (inUse) {
      cancel();
    } else {
      release();
    }
  }

  /** The last count stays: whoever has just run the statement has not told its client yet. */
  private void release() throws SQLException {
    connection.forget(this);
    try {
      if (rows != null) {
        rows.close();
      }
      closePassed();
      closeRetired();
      released();
    } finally {
      closeVendor();
    }
  }

  /** Gives back what a subclass holds for the statement. */
  void released() throws SQLException {}

  @Override
  public boolean isClosed() {
    return closed;
  }

  @Override
  final void checkOpen() throws SQLException {
    if (closed) {
      throw closedWithConnection ? Refusals.connectionClosed() : Refusals.closed("statement");
    }
  }

  @Override
  public TandemConnection getConnection() throws SQLException {
    checkOpen();
    return connection;
  }

  // --- settings -----------------------------------------------------------------------------

  @Override
  final void renew() throws SQLException {
    if (rows == null) {
      closeVendor();
    } else if (vendor != null) {
      retired.add(vendor);
      vendor = null;
    }
  }

  @Override
  public @Nullable SQLWarning getWarnings() throws SQLException {
    checkOpen();
    Statement now = running;
    // While it runs, another thread may look at what has come by now.
    return warnings != null || now == null ? warnings : now.getWarnings();
  }

  @Override
  public void clearWarnings() throws SQLException {
    checkOpen();
    warnings = null;
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    if (isWrapperFor(type)) {
      return type.cast(this);
    }
    throw Refusals.noUnwrap(type);
  }

  @Override
  public boolean isWrapperFor(Class<?> type) {
    return type.isInstance(this) && Wrappers.mayBeSeen(type);
  }
}
