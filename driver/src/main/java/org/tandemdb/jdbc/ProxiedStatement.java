package org.tandemdb.jdbc;

import java.io.InputStream;
import java.io.Reader;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import org.tandemdb.jdbc.ProxiedConnection.Kind;

/**
 * A statement of a connection through proxies. It remembers how it was made and what was set on it,
 * so that it is there again on another connection. Owned by its connection's thread, but for {@code
 * cancel}.
 */
final class ProxiedStatement implements InvocationHandler {
  private final ProxiedConnection connection;
  private final Method maker;
  private final @Nullable Object @Nullable [] making;
  private volatile @Nullable Statement vendors;
  private int generation = -1;
  private boolean closed;

  /** What holds for the statement, by method; and its parameters, by method's kind and index. */
  private final Map<String, Call> settings = new LinkedHashMap<>();

  private final Map<String, Call> parameters = new LinkedHashMap<>();
  private final List<List<Call>> batch = new ArrayList<>();
  private @Nullable Object handle;

  private record Call(Method method, @Nullable Object @Nullable [] arguments) {
    void on(Statement statement) throws SQLException {
      ProxiedConnection.invoked(method, statement, arguments);
    }

    /** A stream can be read once. */
    boolean isRepeatable() {
      if (arguments != null) {
        for (Object argument : arguments) {
          if (argument instanceof InputStream || argument instanceof Reader) {
            return false;
          }
        }
      }
      return true;
    }
  }

  private ProxiedStatement(
      ProxiedConnection connection, Method maker, @Nullable Object @Nullable [] making) {
    this.connection = connection;
    this.maker = maker;
    this.making = making;
  }

  /**
   * @param maker of the connection's methods, with its arguments
   */
  static Object of(
      ProxiedConnection connection,
      Class<?> type,
      Method maker,
      @Nullable Object @Nullable [] making)
      throws SQLException {
    ProxiedStatement made = new ProxiedStatement(connection, maker, making);
    // At once: what is wrong with its text or kind is said where it is made.
    connection.call(Kind.QUESTION, "", true, made::statement);
    Object handle =
        Proxy.newProxyInstance(
            ProxiedStatement.class.getClassLoader(), new Class<?>[] {type}, made);
    made.handle = handle;
    return handle;
  }

  /** The one on {@code current}, with all that was set. */
  private Statement statement(Connection current) throws SQLException {
    Statement known = vendors;
    if (known != null && generation == connection.generation()) {
      return known;
    }
    Object made = ProxiedConnection.invoked(maker, current, making);
    if (!(made instanceof Statement fresh)) {
      throw new IllegalStateException("no statement: " + made);
    }
    for (Call setting : settings.values()) {
      setting.on(fresh);
    }
    for (List<Call> element : batch) {
      for (Call call : element) {
        call.on(fresh);
      }
    }
    for (Call parameter : parameters.values()) {
      parameter.on(fresh);
    }
    vendors = fresh;
    generation = connection.generation();
    return fresh;
  }

  @Override
  public @Nullable Object invoke(Object proxy, Method method, @Nullable Object @Nullable [] given)
      throws Throwable {
    @Nullable Object[] arguments = given == null ? new Object[0] : given;
    String name = method.getName();
    switch (name) {
      case "equals" -> {
        return proxy == arguments[0];
      }
      case "hashCode" -> {
        return System.identityHashCode(proxy);
      }
      case "toString" -> {
        return String.valueOf(vendors);
      }
      case "cancel" -> {
        Statement running = vendors;
        if (running != null) {
          running.cancel();
        }
        return null;
      }
      case "close" -> {
        closed = true;
        Statement last = vendors;
        if (last != null) {
          last.close();
        }
        return null;
      }
      case "isClosed" -> {
        return isClosed();
      }
      case "unwrap", "isWrapperFor" -> {
        return ProxiedConnection.unwrapped(
            proxy, statement(connection.current()), method, arguments);
      }
      default -> {
        return other(name, method, given);
      }
    }
  }

  private boolean isClosed() throws SQLException {
    Statement known = vendors;
    return closed
        || (known != null
            && generation == connection.generation()
            && known.isClosed()
            && !connection.current().isClosed());
  }

  private @Nullable Object other(String name, Method method, @Nullable Object @Nullable [] given)
      throws SQLException {
    if (closed) {
      throw SqlErrors.of("55000", "This statement has been closed.", null);
    }
    if (name.equals("getConnection")) {
      // The vendor's says whether it is closed.
      ProxiedConnection.invoked(method, statement(connection.current()), given);
      return connection.handle();
    }
    if (name.startsWith("execute")) {
      return executed(method, given);
    }
    if (isRemembered(name, given)) {
      Call call = new Call(method, given);
      call.on(statement(connection.current()));
      remember(name, call);
      return null;
    }
    if (name.equals("clearParameters")) {
      parameters.clear();
    } else if (name.equals("clearBatch")) {
      batch.clear();
    }
    return seen(
        connection.call(
            Kind.QUESTION,
            "",
            true,
            current -> ProxiedConnection.invoked(method, statement(current), given)));
  }

  private static boolean isRemembered(String name, @Nullable Object @Nullable [] given) {
    return (name.startsWith("set") && given != null)
        || name.equals("registerOutParameter")
        || name.equals("addBatch")
        || name.equals("closeOnCompletion");
  }

  private void remember(String name, Call call) {
    @Nullable Object[] arguments = call.arguments() == null ? new Object[0] : call.arguments();
    if (name.equals("addBatch")) {
      List<Call> element = new ArrayList<>(parameters.values());
      element.add(call);
      batch.add(element);
    } else if (arguments.length >= 2) {
      String key = name.equals("registerOutParameter") ? "out " : "in ";
      parameters.put(key + arguments[0], call);
    } else {
      settings.put(name, call);
    }
  }

  private @Nullable Object executed(Method method, @Nullable Object @Nullable [] given)
      throws SQLException {
    boolean repeatable =
        parameters.values().stream().allMatch(Call::isRepeatable)
            && batch.stream().flatMap(List::stream).allMatch(Call::isRepeatable);
    try {
      return seen(
          connection.call(
              Kind.STATEMENT,
              text(given),
              repeatable,
              current -> ProxiedConnection.invoked(method, statement(current), given)));
    } finally {
      parameters.values().removeIf(call -> !call.isRepeatable());
      if (method.getName().endsWith("Batch")) {
        batch.clear();
      }
    }
  }

  /** All that may be run. */
  private String text(@Nullable Object @Nullable [] given) {
    StringJoiner text = new StringJoiner("; ");
    if (given != null && given.length > 0 && given[0] instanceof String sql) {
      text.add(sql);
    }
    if (making != null && making.length > 0 && making[0] instanceof String sql) {
      text.add(sql);
    }
    for (List<Call> element : batch) {
      @Nullable Object @Nullable [] arguments = element.get(element.size() - 1).arguments();
      if (arguments != null && arguments.length > 0) {
        text.add(String.valueOf(arguments[0]));
      }
    }
    return text.toString();
  }

  private @Nullable Object seen(@Nullable Object value) {
    Object own = handle;
    return value instanceof ResultSet rows && own != null
        ? ProxiedRows.rows(connection, rows, own)
        : value;
  }
}
