package org.tandemdb.jdbc;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.SQLClientInfoException;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tandemdb.error.ErrorCode;

/**
 * A connection through proxies. PostgreSQL's own driver does the work; this one makes the
 * connection again when its proxy is lost, and says what that meant:
 *
 * <ul>
 *   <li>nothing was under way: the application does not notice;
 *   <li>a statement on its own: the proxy is asked for its outcome, by the token that it had; if
 *       nothing of it was committed it is run again, unseen;
 *   <li>an open transaction: 40001, run it again; nothing of it is left, since COMMIT was not sent;
 *   <li>COMMIT: its outcome is asked for, too: success, or 40001;
 *   <li>08007, if nobody could tell within the patience, or the answer of what is committed is
 *       lost;
 *   <li>57P01, once, if what was lost belonged to the connection alone, as temporary tables do.
 * </ul>
 *
 * What JDBC itself sets on a connection (auto-commit, isolation) is kept here, what is SET in SQL
 * as the proxy reports it. Owned by one thread at a time, as connections of that driver's are.
 */
final class ProxiedConnection implements InvocationHandler {
  private static final Logger LOG = LoggerFactory.getLogger(ProxiedConnection.class);

  /** Setters whose last call holds for the connection, whichever it is. */
  private static final Set<String> KEPT =
      Set.of(
          "setAutoCommit",
          "setReadOnly",
          "setTransactionIsolation",
          "setHoldability",
          "setNetworkTimeout",
          "setTypeMap");

  /** The text may end the transaction that is open: no text is looked at more closely here. */
  private static final Pattern MAY_COMMIT =
      Pattern.compile("\\b(commit|end|prepare|call|do)\\b", Pattern.CASE_INSENSITIVE);

  private static final int MOST_TRIES = 5;
  private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final long LONGEST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final ProxyUrl url;
  private final Connection handle;
  private final Map<String, Kept> kept = new LinkedHashMap<>();
  private volatile VendorConnection vendor;

  /** Grows with each connection that is made. */
  private int generation;

  private volatile boolean closed;

  /** What the application has to be told at its next statement. */
  private @Nullable SQLException lost;

  private final NotificationApi notifications = new ProxiedNotifications(this);

  /** A connection that listened was lost: what was notified until the next did, nobody heard. */
  private @Nullable SQLWarning missed;

  private record Kept(Method method, @Nullable Object @Nullable [] arguments) {}

  /** Something that is done on the vendor's connection. */
  interface Action {
    @Nullable Object on(Connection connection) throws SQLException;
  }

  /** What a loss would interrupt. */
  enum Kind {
    /** It has a text, or several. */
    STATEMENT,
    /** It ends the transaction that is open. */
    COMMIT,
    ROLLBACK,
    /** It asks, and changes nothing. */
    QUESTION
  }

  private ProxiedConnection(ProxyUrl url, VendorConnection vendor) {
    this.url = url;
    this.vendor = vendor;
    this.handle =
        (Connection)
            Proxy.newProxyInstance(
                ProxiedConnection.class.getClassLoader(), new Class<?>[] {Connection.class}, this);
  }

  /**
   * Connects to the first proxy that lets it in.
   *
   * @throws SQLException PostgreSQL's own driver's, or Tandem's
   */
  static Connection open(ProxyUrl url) throws SQLException {
    return new ProxiedConnection(url, VendorConnection.open(url)).handle;
  }

  Connection handle() {
    return handle;
  }

  int generation() {
    return generation;
  }

  Connection current() {
    return vendor.connection();
  }

  // --- JDBC's methods

  @Override
  public @Nullable Object invoke(Object proxy, Method method, @Nullable Object @Nullable [] given)
      throws Throwable {
    @Nullable Object[] arguments = given == null ? new Object[0] : given;
    switch (method.getName()) {
      case "equals" -> {
        return proxy == arguments[0];
      }
      case "hashCode" -> {
        return System.identityHashCode(proxy);
      }
      case "toString" -> {
        return "connection through " + url.shown();
      }
      case "close" -> {
        closed = true;
        vendor.connection().close();
        return null;
      }
      case "abort" -> {
        vendor.connection().abort((Executor) arguments[0]);
        closed = true;
        return null;
      }
      case "isClosed" -> {
        return closed;
      }
      case "isValid" -> {
        return isValid((Integer) arguments[0]);
      }
      case "unwrap", "isWrapperFor" -> {
        if (arguments[0] == NotificationApi.class) {
          requireOpen();
          return method.getName().equals("unwrap") ? notifications : (Object) true;
        }
        return unwrapped(handle, vendor.connection(), method, arguments);
      }
      case "createStatement" -> {
        return ProxiedStatement.of(this, Statement.class, method, given);
      }
      case "prepareStatement" -> {
        return ProxiedStatement.of(this, PreparedStatement.class, method, given);
      }
      case "prepareCall" -> {
        return ProxiedStatement.of(this, CallableStatement.class, method, given);
      }
      case "setClientInfo" -> {
        try {
          return other(method, given);
        } catch (SQLClientInfoException e) {
          throw e;
        } catch (SQLException e) {
          throw new SQLClientInfoException(e.getMessage(), e.getSQLState(), Map.of(), e);
        }
      }
      default -> {
        return other(method, given);
      }
    }
  }

  private @Nullable Object other(Method method, @Nullable Object @Nullable [] given)
      throws SQLException {
    requireOpen();
    Action action = connection -> invoked(method, connection, given);
    switch (method.getName()) {
      case "commit" -> {
        return call(Kind.COMMIT, "", true, action);
      }
      case "rollback" -> {
        return call(Kind.ROLLBACK, "", true, action);
      }
      case "setAutoCommit" -> {
        // It commits what is open.
        @Nullable Object done = call(Kind.COMMIT, "", true, action);
        kept.put(method.getName(), new Kept(method, given));
        return done;
      }
      case "getMetaData" -> {
        @Nullable Object answer = call(Kind.QUESTION, "", true, action);
        return answer instanceof DatabaseMetaData vendors
            ? ProxiedRows.metaData(this, vendors)
            : answer;
      }
      case "getWarnings" -> {
        return warnings();
      }
      case "clearWarnings" -> {
        call(Kind.QUESTION, "", true, action);
        missed = null;
        return null;
      }
      default -> {
        @Nullable Object done = call(Kind.QUESTION, "", true, action);
        if (KEPT.contains(method.getName())) {
          kept.put(method.getName(), new Kept(method, given));
        }
        return done;
      }
    }
  }

  /** The vendor's, behind what is to be told of the connection itself. */
  @Nullable SQLWarning warnings() throws SQLException {
    @Nullable Object vendors = call(Kind.QUESTION, "", true, Connection::getWarnings);
    SQLWarning own = missed;
    if (own == null) {
      return (SQLWarning) vendors;
    }
    SQLWarning first = new SQLWarning(own.getMessage(), own.getSQLState());
    if (vendors instanceof SQLWarning next) {
      first.setNextWarning(next);
    }
    return first;
  }

  /** What has come, and makes the connection again where that is lost. */
  List<NotificationApi.Notification> notified(int timeoutMillis) throws SQLException {
    List<NotificationApi.Notification> all = new ArrayList<>();
    try {
      call(
          Kind.QUESTION,
          "",
          true,
          connection -> {
            all.addAll(vendor.notifications(timeoutMillis));
            return null;
          });
    } catch (SQLException e) {
      requireOpen();
      throw e;
    }
    return all;
  }

  /** The last warning that something may have been missed, the proxy's or one's own. */
  @Nullable SQLWarning missed() throws SQLException {
    SQLWarning last = missed;
    for (SQLWarning one = vendor.connection().getWarnings();
        one != null;
        one = one.getNextWarning()) {
      last = "01000".equals(one.getSQLState()) ? one : last;
    }
    return last;
  }

  boolean inTransaction() {
    return vendor.inTransaction();
  }

  private void requireOpen() throws SQLException {
    if (closed) {
      throw SqlErrors.of("08003", "This connection has been closed.", null);
    }
  }

  private boolean isValid(int seconds) throws SQLException {
    if (closed) {
      return false;
    }
    if (vendor.connection().isValid(seconds)) {
      return true;
    }
    try {
      // In a transaction it is to be rolled back first.
      call(Kind.QUESTION, "", true, Connection::getWarnings);
      return vendor.connection().isValid(seconds);
    } catch (SQLException e) {
      LOG.debug("not valid", e);
      return false;
    }
  }

  /** {@code unwrap} and {@code isWrapperFor}: this, or what the vendor's has to offer. */
  static @Nullable Object unwrapped(
      Object handle, Object vendors, Method method, @Nullable Object[] arguments)
      throws SQLException {
    Class<?> type = (Class<?>) arguments[0];
    boolean own = type != null && type.isInstance(handle);
    if (own) {
      return method.getName().equals("unwrap") ? handle : (Object) true;
    }
    return invoked(method, vendors, arguments);
  }

  /** As if it were called by name. */
  static @Nullable Object invoked(Method method, Object on, @Nullable Object @Nullable [] arguments)
      throws SQLException {
    try {
      return method.invoke(on, arguments);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof SQLException failure) {
        throw failure;
      }
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      if (e.getCause() instanceof Error failure) {
        throw failure;
      }
      throw new IllegalStateException(e);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e); // methods of public interfaces
    }
  }

  // --- what may be lost

  /**
   * Does {@code action}, and answers for a loss of the connection meanwhile.
   *
   * @param text of a {@link Kind#STATEMENT}
   * @param repeatable false if it cannot be done a second time as it was
   */
  @Nullable Object call(Kind kind, String text, boolean repeatable, Action action)
      throws SQLException {
    requireOpen();
    for (int attempt = 1; ; attempt++) {
      if (vendor.connection().isClosed()) {
        boolean open = vendor.inTransaction();
        reconnect(null);
        if (open && kind != Kind.ROLLBACK) {
          throw transactionLost(null);
        }
      }
      if (kind == Kind.STATEMENT) {
        sayWhatIsLost();
      }
      String token = vendor.token();
      boolean open = vendor.inTransaction();
      try {
        return action.on(vendor.connection());
      } catch (SQLException e) {
        if (ErrorCode.OUTCOME_UNKNOWN.sqlState().equals(e.getSQLState())
            && !vendor.connection().isClosed()) {
          // The proxy could not tell then; it may be able to now.
          known(kind, token, e);
          continue;
        }
        if (closed || !vendor.isLost(e)) {
          throw e;
        }
        LOG.info("the connection through {} is lost: {}", url.shown(), e.getMessage());
        boolean again = lostDuring(kind, text, token, open, e);
        if (!again) {
          return null;
        }
        if (!repeatable || attempt == MOST_TRIES) {
          throw transactionLost(e);
        }
      }
    }
  }

  private void sayWhatIsLost() throws SQLException {
    SQLException said = lost;
    if (said != null) {
      lost = null;
      throw said;
    }
  }

  private static SQLException transactionLost(@Nullable Throwable cause) {
    return SqlErrors.of(
        ErrorCode.TRANSACTION_LOST, "the connection to the proxy was lost, and made again", cause);
  }

  /** True if it is to be done again; false if it is done. */
  private boolean lostDuring(Kind kind, String text, String token, boolean open, SQLException cause)
      throws SQLException {
    VendorConnection before = vendor;
    long deadline = System.nanoTime() + url.patience().toNanos();
    boolean committing =
        kind == Kind.COMMIT
            || (kind == Kind.STATEMENT && (!open || MAY_COMMIT.matcher(text).find()));
    try {
      reconnect(cause);
    } catch (SQLException e) {
      throw committing && (open || kind == Kind.STATEMENT) ? unknown("no proxy answers", e) : e;
    }
    if (kind == Kind.ROLLBACK) {
      return false;
    }
    if (kind == Kind.QUESTION || (kind == Kind.COMMIT && !open)) {
      if (open) {
        throw transactionLost(cause);
      }
      return true;
    }
    if (!committing) {
      throw transactionLost(cause);
    }
    boolean committed = isCommitted(token, deadline, cause);
    if (committed && kind == Kind.COMMIT) {
      return true; // there is nothing to commit now, and auto-commit is still to be set
    }
    if (committed) {
      throw unknown("it is committed, and only its answer is lost: do not repeat it", cause);
    }
    if (open) {
      throw transactionLost(cause);
    }
    if (!before.pinned().isEmpty()) {
      sayWhatIsLost();
    }
    return true;
  }

  /** Returns if there is nothing left to do but what comes after a COMMIT. */
  private void known(Kind kind, String token, SQLException cause) throws SQLException {
    if (!isCommitted(token, System.nanoTime() + url.patience().toNanos(), cause)) {
      throw transactionLost(cause);
    }
    if (kind != Kind.COMMIT) {
      throw unknown("it is committed, and only its answer is lost: do not repeat it", cause);
    }
  }

  private static SQLException unknown(String detail, Throwable cause) {
    return SqlErrors.of(ErrorCode.OUTCOME_UNKNOWN, detail, cause);
  }

  private boolean isCommitted(String token, long deadline, SQLException cause) throws SQLException {
    long pause = FIRST_PAUSE_NANOS;
    while (true) {
      String outcome = "in progress";
      try {
        outcome = vendor.outcome(token).orElse("unknown");
      } catch (SQLException e) {
        if (vendor.isLost(e)) {
          reconnect(e);
        } else if (!ErrorCode.NO_BACKEND.sqlState().equals(e.getSQLState())) {
          e.addSuppressed(cause);
          throw unknown("its outcome cannot be asked for: " + e.getMessage(), e);
        }
      }
      switch (outcome) {
        case "committed" -> {
          return true;
        }
        case "not committed" -> {
          return false;
        }
        case "in progress" -> {
          if (System.nanoTime() - deadline >= 0) {
            throw unknown("its session has not ended within " + url.patience(), cause);
          }
          LockSupport.parkNanos(pause);
          pause = Math.min(2 * pause, LONGEST_PAUSE_NANOS);
        }
        default -> throw unknown("the proxy's log does not reach back to it", cause);
      }
    }
  }

  /** Makes the connection again, as it was, within the patience. */
  private void reconnect(@Nullable SQLException cause) throws SQLException {
    VendorConnection before = vendor;
    Map<String, String> settings = before.settings();
    List<String> channels = before.channels();
    String pinned = before.pinned();
    before.connection().close();
    long deadline = System.nanoTime() + url.patience().toNanos();
    long pause = FIRST_PAUSE_NANOS;
    while (true) {
      Optional<SQLException> failure = tryConnect(settings, channels);
      if (failure.isEmpty()) {
        break;
      }
      if (closed || !isWorthTrying(failure.get()) || System.nanoTime() - deadline >= 0) {
        if (cause != null) {
          failure.get().addSuppressed(cause);
        }
        throw failure.get();
      }
      LockSupport.parkNanos(pause);
      pause = Math.min(2 * pause, LONGEST_PAUSE_NANOS);
    }
    if (!channels.isEmpty()) {
      missed =
          new SQLWarning(
              "The connection to the proxy was lost, and made again: what was notified meanwhile"
                  + " may have been missed.",
              "01000");
    }
    if (!pinned.isEmpty()) {
      lost =
          SqlErrors.of(
              "57P01",
              "with the connection to the proxy were lost: " + pinned + ". The session goes on.",
              cause);
    }
  }

  private Optional<SQLException> tryConnect(Map<String, String> settings, List<String> channels) {
    VendorConnection fresh;
    try {
      fresh = VendorConnection.open(url);
    } catch (SQLException e) {
      return Optional.of(e);
    }
    try {
      fresh.restore(settings, channels);
      for (Kept one : kept.values()) {
        invoked(one.method(), fresh.connection(), one.arguments());
      }
      vendor = fresh;
      generation = generation + 1;
      return Optional.empty();
    } catch (SQLException e) {
      try {
        fresh.connection().close();
      } catch (SQLException alsoLost) {
        e.addSuppressed(alsoLost);
      }
      return Optional.of(e);
    }
  }

  /** Nobody is there, or not yet; not: nobody is let in. */
  private static boolean isWorthTrying(SQLException e) {
    String state = String.valueOf(e.getSQLState());
    return state.startsWith("08") || state.startsWith("57P") || state.startsWith("53");
  }

  /** A failure of rows that were being read, as the application is to see it. */
  SQLException ofRows(SQLException e) throws SQLException {
    return vendor.isLost(e) && vendor.inTransaction() ? transactionLost(e) : e;
  }
}
