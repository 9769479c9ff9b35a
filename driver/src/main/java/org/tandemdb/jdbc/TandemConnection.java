package org.tandemdb.jdbc;

import java.sql.Array;
import java.sql.Blob;
import java.sql.CallableStatement;
import java.sql.ClientInfoStatus;
import java.sql.Clob;
import java.sql.Connection;
import java.sql.NClob;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLClientInfoException;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.SQLXML;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Struct;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.tandemdb.plan.Request;

/**
 * A client's connection. It owns no vendor connection: {@link ClientSession} leases one for each
 * request or transaction. One thread at a time, except {@link #abort} and {@link #isClosed}.
 */
final class TandemConnection extends UnshardedConnection {
  private static final String APPLICATION_NAME = "ApplicationName";

  private final ClientSession session;
  private final String url;
  private final VendorSettings vendorSettings;
  private final ConnectionEnd end;
  private final Set<TandemStatement> open =
      Collections.synchronizedSet(Collections.newSetFromMap(new IdentityHashMap<>()));
  private final TandemCopy copy = new TandemCopy(this);
  private final NotificationApi notifications = new TandemNotifications(this);

  private Map<String, Class<?>> typeMap = Map.of();
  private @Nullable SQLWarning warnings;
  private int holdability = ResultSet.CLOSE_CURSORS_AT_COMMIT;
  private int savepoints;
  private int networkTimeoutMillis;
  private volatile boolean closed;

  /**
   * @param url without passwords
   * @param onClose gives the engine back
   */
  TandemConnection(
      ClientSession session, String url, VendorSettings vendorSettings, Runnable onClose) {
    this(session, url, vendorSettings, ConnectionEnd.ofSession(session, onClose));
  }

  TandemConnection(
      ClientSession session, String url, VendorSettings vendorSettings, ConnectionEnd end) {
    this.session = session;
    this.url = url;
    this.vendorSettings = vendorSettings;
    this.end = end;
  }

  /** Another connection over the same session, for a pool; this one is not to be used meanwhile. */
  TandemConnection handle(ConnectionEnd handleEnd) throws SQLException {
    checkOpen();
    return new TandemConnection(session, url, vendorSettings, handleEnd);
  }

  VendorSettings vendorSettings() {
    return vendorSettings;
  }

  /** A request of this connection met {@code e}. */
  void failed(SQLException e) {
    end.failed(e);
  }

  ClientSession session() throws SQLException {
    checkOpen();
    return session;
  }

  String url() {
    return url;
  }

  int networkTimeoutMillis() {
    return networkTimeoutMillis;
  }

  private void checkOpen() throws SQLException {
    if (closed) {
      throw Refusals.connectionClosed();
    }
  }

  void forget(TandemStatement statement) {
    open.remove(statement);
  }

  // --- statements ---------------------------------------------------------------------------

  private ResultKind kind(int type, int concurrency, int hold) throws SQLException {
    checkOpen();
    if (concurrency != ResultSet.CONCUR_READ_ONLY && concurrency != ResultSet.CONCUR_UPDATABLE) {
      throw Refusals.invalid("Unknown ResultSet concurrency " + concurrency + ".");
    }
    if (type < ResultSet.TYPE_FORWARD_ONLY || type > ResultSet.TYPE_SCROLL_SENSITIVE) {
      throw Refusals.invalid("Unknown ResultSet type " + type + ".");
    }
    checkHoldability(hold);
    if (type == ResultSet.TYPE_SCROLL_SENSITIVE) {
      warn("01J02", "Sensitive ResultSets are not supported: this one is insensitive.");
      return new ResultKind(ResultSet.TYPE_SCROLL_INSENSITIVE, hold, concurrency);
    }
    ResultKind kind = new ResultKind(type, hold, concurrency);
    return kind.equals(ResultKind.FORWARD) ? ResultKind.FORWARD : kind;
  }

  private static void checkHoldability(int hold) throws SQLException {
    if (hold != ResultSet.HOLD_CURSORS_OVER_COMMIT && hold != ResultSet.CLOSE_CURSORS_AT_COMMIT) {
      throw Refusals.invalid("Unknown ResultSet holdability setting: " + hold + ".");
    }
  }

  private void warn(String sqlState, String text) {
    SQLWarning warning = new SQLWarning(text, sqlState);
    if (warnings == null) {
      warnings = warning;
    } else {
      warnings.setNextWarning(warning);
    }
  }

  private <S extends TandemStatement> S opened(S statement) {
    open.add(statement);
    return statement;
  }

  @Override
  public Statement createStatement() throws SQLException {
    return createStatement(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY, holdability);
  }

  @Override
  public Statement createStatement(int type, int concurrency) throws SQLException {
    return createStatement(type, concurrency, holdability);
  }

  @Override
  public Statement createStatement(int type, int concurrency, int hold) throws SQLException {
    return opened(new TandemStatement(this, kind(type, concurrency, hold)));
  }

  private PreparedStatement prepare(String sql, ResultKind kind, GeneratedKeys keys)
      throws SQLException {
    return opened(new TandemPreparedStatement(this, kind, sql, keys));
  }

  @Override
  public PreparedStatement prepareStatement(String sql) throws SQLException {
    return prepareStatement(
        sql, ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY, holdability);
  }

  @Override
  public PreparedStatement prepareStatement(String sql, int type, int concurrency)
      throws SQLException {
    return prepareStatement(sql, type, concurrency, holdability);
  }

  @Override
  public PreparedStatement prepareStatement(String sql, int type, int concurrency, int hold)
      throws SQLException {
    return prepare(sql, kind(type, concurrency, hold), GeneratedKeys.NONE);
  }

  @Override
  public PreparedStatement prepareStatement(String sql, int autoGeneratedKeys) throws SQLException {
    checkOpen();
    return prepare(sql, ResultKind.FORWARD, GeneratedKeys.of(autoGeneratedKeys));
  }

  @Override
  public PreparedStatement prepareStatement(String sql, int[] columnIndexes) throws SQLException {
    checkOpen();
    return prepare(sql, ResultKind.FORWARD, GeneratedKeys.of(columnIndexes));
  }

  @Override
  public PreparedStatement prepareStatement(String sql, String[] columnNames) throws SQLException {
    checkOpen();
    return prepare(sql, ResultKind.FORWARD, GeneratedKeys.of(columnNames));
  }

  @Override
  public CallableStatement prepareCall(String sql) throws SQLException {
    return prepareCall(sql, ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY, holdability);
  }

  @Override
  public CallableStatement prepareCall(String sql, int type, int concurrency) throws SQLException {
    return prepareCall(sql, type, concurrency, holdability);
  }

  @Override
  public CallableStatement prepareCall(String sql, int type, int concurrency, int hold)
      throws SQLException {
    ResultKind kind = kind(type, concurrency, hold);
    return opened(
        new TandemCallableStatement(
            this, kind, sql, CallText.parse(sql, vendorSettings.callMode()).orElse(null)));
  }

  @Override
  public String nativeSQL(String sql) throws SQLException {
    String translated = JdbcEscapes.translate(sql);
    return session().ask(link -> link.nativeSQL(translated));
  }

  // --- transactions -------------------------------------------------------------------------

  @Override
  public void setAutoCommit(boolean autoCommit) throws SQLException {
    if (session().autoCommit(autoCommit)) {
      warn("01000", "The transaction had failed: it was rolled back, and not committed.");
    }
  }

  @Override
  public boolean getAutoCommit() throws SQLException {
    return session().autoCommit();
  }

  private void refuseInAutoCommit(String what) throws SQLException {
    if (session().autoCommit()) {
      throw new SQLException("Cannot " + what + " when autoCommit is enabled.", "25P01");
    }
  }

  @Override
  public void commit() throws SQLException {
    refuseInAutoCommit("commit");
    try {
      session.commit();
    } catch (SQLException e) {
      failed(e);
      throw e;
    }
  }

  @Override
  public void rollback() throws SQLException {
    refuseInAutoCommit("rollback");
    try {
      session.rollback();
    } catch (SQLException e) {
      failed(e);
      throw e;
    }
  }

  @Override
  public Savepoint setSavepoint() throws SQLException {
    return savepoint(new TandemSavepoint(savepoints++, null));
  }

  @Override
  public Savepoint setSavepoint(String name) throws SQLException {
    return savepoint(new TandemSavepoint(savepoints++, name));
  }

  private Savepoint savepoint(TandemSavepoint savepoint) throws SQLException {
    if (session().autoCommit()) {
      throw new SQLException("Cannot establish a savepoint in auto-commit mode.", "25P01");
    }
    command("SAVEPOINT " + savepoint.identifier());
    return savepoint;
  }

  private static TandemSavepoint own(Savepoint savepoint) throws SQLException {
    if (savepoint instanceof TandemSavepoint own) {
      return own;
    }
    throw Refusals.invalid("This savepoint belongs to another driver.");
  }

  @Override
  public void rollback(Savepoint savepoint) throws SQLException {
    toSavepoint("ROLLBACK TO SAVEPOINT", savepoint);
  }

  @Override
  public void releaseSavepoint(Savepoint savepoint) throws SQLException {
    toSavepoint("RELEASE SAVEPOINT", savepoint);
    own(savepoint).release();
  }

  /** Begins no transaction: none that begins now has it. */
  private void toSavepoint(String verb, Savepoint savepoint) throws SQLException {
    checkOpen();
    String identifier = own(savepoint).identifier();
    if (!session.hasBegun()) {
      throw new SQLException(verb + " can only be used in transaction blocks", "25P01");
    }
    command(verb + " " + identifier);
  }

  /** Runs a command of the driver's own as a client's would be. */
  private void command(String sql) throws SQLException {
    try (TandemStatement statement = new TandemStatement(this, ResultKind.FORWARD)) {
      statement.perform(new Request(sql, Request.Markers.QUESTION, List.of()), false);
    }
  }

  @Override
  public void setReadOnly(boolean readOnly) throws SQLException {
    session().readOnly(readOnly);
  }

  @Override
  public boolean isReadOnly() throws SQLException {
    return session().readOnly();
  }

  @Override
  public void setTransactionIsolation(int level) throws SQLException {
    session()
        .isolation(
            switch (level) {
              case TRANSACTION_READ_UNCOMMITTED -> IsolationName.READ_UNCOMMITTED;
              case TRANSACTION_READ_COMMITTED -> IsolationName.READ_COMMITTED;
              case TRANSACTION_REPEATABLE_READ -> IsolationName.REPEATABLE_READ;
              case TRANSACTION_SERIALIZABLE -> IsolationName.SERIALIZABLE;
              default ->
                  throw SqlErrors.of(
                      "0A000", "Transaction isolation level " + level + " not supported.", null);
            });
  }

  @Override
  public int getTransactionIsolation() throws SQLException {
    return switch (session().isolation()) {
      case READ_UNCOMMITTED -> TRANSACTION_READ_UNCOMMITTED;
      case READ_COMMITTED -> TRANSACTION_READ_COMMITTED;
      case REPEATABLE_READ -> TRANSACTION_REPEATABLE_READ;
      case SERIALIZABLE -> TRANSACTION_SERIALIZABLE;
    };
  }

  // --- session ------------------------------------------------------------------------------

  @Override
  public TandemDatabaseMetaData getMetaData() throws SQLException {
    checkOpen();
    return new TandemDatabaseMetaData(this);
  }

  @Override
  public void setCatalog(String catalog) throws SQLException {
    checkOpen(); // as PostgreSQL's own driver: a connection stays in its database
  }

  @Override
  public String getCatalog() throws SQLException {
    return session().ask(Connection::getCatalog);
  }

  @Override
  public void setSchema(@Nullable String schema) throws SQLException {
    checkOpen();
    command(
        schema == null
            ? "SET SESSION search_path TO DEFAULT"
            : "SET SESSION search_path TO '" + schema.replace("'", "''") + "'");
  }

  @Override
  public @Nullable String getSchema() throws SQLException {
    checkOpen();
    try (Statement ask = createStatement();
        ResultSet answer = ask.executeQuery("SELECT current_schema()")) {
      return answer.next() ? answer.getString(1) : null;
    }
  }

  @Override
  public boolean isValid(int timeout) throws SQLException {
    if (timeout < 0) {
      throw Refusals.invalid("Timeout must not be negative.");
    }
    if (closed) {
      return false;
    }
    try {
      return session.ask(
          link -> {
            if (link.isValid(timeout)) {
              return true;
            }
            throw new SQLException("the link does not answer", "08006");
          });
    } catch (SQLException cannotServe) {
      return false;
    }
  }

  @Override
  public void setNetworkTimeout(@Nullable Executor executor, int milliseconds) throws SQLException {
    checkOpen();
    if (milliseconds < 0) {
      throw Refusals.invalid("Network timeout must not be negative.");
    }
    networkTimeoutMillis = milliseconds;
    session.use().networkTimeoutMillis(milliseconds);
  }

  @Override
  public int getNetworkTimeout() throws SQLException {
    checkOpen();
    return networkTimeoutMillis;
  }

  @Override
  public void setHoldability(int hold) throws SQLException {
    checkOpen();
    checkHoldability(hold);
    holdability = hold;
  }

  @Override
  public int getHoldability() throws SQLException {
    checkOpen();
    return holdability;
  }

  @Override
  public @Nullable SQLWarning getWarnings() throws SQLException {
    checkOpen();
    if (session.inbox().hasMissed()) {
      warn(
          "01000",
          "The server that notifications came from was lost: what was notified meanwhile may have"
              + " been missed.");
    }
    return warnings;
  }

  @Override
  public void clearWarnings() throws SQLException {
    checkOpen();
    warnings = null;
  }

  @Override
  public Map<String, Class<?>> getTypeMap() throws SQLException {
    checkOpen();
    return new HashMap<>(typeMap);
  }

  /** Kept, and without an effect on what ResultSets give: pgjdbc has PGobject for such types. */
  @Override
  public void setTypeMap(Map<String, Class<?>> map) throws SQLException {
    checkOpen();
    typeMap = Map.copyOf(map);
  }

  @Override
  public void setClientInfo(String name, @Nullable String value) throws SQLClientInfoException {
    try {
      checkOpen();
      if (!name.equals(APPLICATION_NAME)) {
        warn("0A000", "ClientInfo property not supported: " + name + ".");
        return;
      }
      String text = value == null ? "" : value;
      command("SET SESSION application_name TO '" + text.replace("'", "''") + "'");
    } catch (SQLException e) {
      throw new SQLClientInfoException(
          "Failed to set ClientInfo property: " + name + ". " + e.getMessage(),
          e.getSQLState(),
          Map.of(name, ClientInfoStatus.REASON_UNKNOWN),
          e);
    }
  }

  /** One that is not given is cleared, as JDBC has it. */
  @Override
  public void setClientInfo(@Nullable Properties properties) throws SQLClientInfoException {
    Properties given = properties == null ? new Properties() : properties;
    for (String name : given.stringPropertyNames()) {
      if (!name.equals(APPLICATION_NAME)) {
        setClientInfo(name, given.getProperty(name));
      }
    }
    setClientInfo(APPLICATION_NAME, given.getProperty(APPLICATION_NAME));
  }

  @Override
  public @Nullable String getClientInfo(String name) throws SQLException {
    checkOpen();
    return name.equals(APPLICATION_NAME) ? applicationName() : null;
  }

  @Override
  public Properties getClientInfo() throws SQLException {
    checkOpen();
    Properties info = new Properties();
    info.setProperty(APPLICATION_NAME, applicationName());
    return info;
  }

  /** As the server has it, whoever has SET it; its driver is told of changes. */
  private String applicationName() throws SQLException {
    return session.ask(
        link -> {
          String name = link.getClientInfo(APPLICATION_NAME);
          return name == null ? "" : name;
        });
  }

  @Override
  public Array createArrayOf(String typeName, Object @Nullable [] elements) throws SQLException {
    checkOpen();
    return new TandemArray(typeName, elements);
  }

  @Override
  public Clob createClob() throws SQLException {
    checkOpen();
    return new TandemClob("");
  }

  @Override
  public Blob createBlob() throws SQLException {
    checkOpen();
    return new TandemBlob(new byte[0]);
  }

  @Override
  public NClob createNClob() throws SQLException {
    checkOpen();
    return new TandemClob("");
  }

  @Override
  public SQLXML createSQLXML() throws SQLException {
    checkOpen();
    return new TandemSqlXml();
  }

  @Override
  public Struct createStruct(String typeName, Object[] attributes) throws SQLException {
    throw Refusals.unsupported("createStruct");
  }

  // --- life ---------------------------------------------------------------------------------

  @Override
  public void close() throws SQLException {
    if (closed) {
      return;
    }
    closed = true;
    session.inbox().wake();
    if (session.use().isBusyElsewhere()) {
      cancelStatements();
    }
    end.close(this::closeStatements);
  }

  private void cancelStatements() throws SQLException {
    for (TandemStatement statement : statements()) {
      statement.cancel();
    }
    copy.cancel();
  }

  private List<TandemStatement> statements() {
    synchronized (open) {
      return List.copyOf(open);
    }
  }

  /** Before the links go back: nobody may reach one through a statement that is still open. */
  private void closeStatements() throws SQLException {
    SQLException first = null;
    for (TandemStatement statement : statements()) {
      try {
        statement.close();
      } catch (SQLException e) {
        if (first == null) {
          first = e;
        } else {
          first.addSuppressed(e);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }

  @Override
  public boolean isClosed() {
    return closed;
  }

  @Override
  public void abort(@Nullable Executor executor) throws SQLException {
    if (executor == null) {
      throw Refusals.invalid("executor is null");
    }
    if (closed) {
      return;
    }
    cancelStatements();
    executor.execute(
        () -> {
          try {
            close();
          } catch (SQLException e) {
            throw new IllegalStateException("abort could not close the session", e);
          }
        });
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    if (type == CopyApi.class) {
      checkOpen();
      return type.cast(copy);
    }
    if (type == NotificationApi.class) {
      checkOpen();
      return type.cast(notifications);
    }
    if (isWrapperFor(type)) {
      return type.cast(this);
    }
    throw Refusals.noUnwrap(type);
  }

  @Override
  public boolean isWrapperFor(Class<?> type) {
    return type == CopyApi.class
        || type == NotificationApi.class
        || (type.isInstance(this) && Wrappers.mayBeSeen(type));
  }
}
