package org.tandemdb.jdbc;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.Reader;
import java.io.StringReader;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.math.BigDecimal;
import java.sql.Array;
import java.sql.Blob;
import java.sql.CallableStatement;
import java.sql.Clob;
import java.sql.Connection;
import java.sql.Date;
import java.sql.JDBCType;
import java.sql.NClob;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLType;
import java.sql.SQLXML;
import java.sql.Statement;
import java.sql.Time;
import java.sql.Timestamp;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Calendar;
import java.util.Deque;
import java.util.GregorianCalendar;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PGobject;

/**
 * Calls every method of JDBC's interfaces on everything that can be reached from a connection, and
 * notes what must not be: an object of the vendor's that could hold a connection, and an end that
 * is neither a value nor an SQLException.
 */
final class SurfaceWalk {
  /** These end the object: they come last. Those that wait for nothing are not called. */
  private static final Set<String> LAST = Set.of("free", "close", "abort");

  /** One column for each kind of value that a getter may meet; the last one is a cursor. */
  static final String ROW =
      "SELECT 1 AS c1, 'text'::text AS c2, '\\x01'::bytea AS c3, true AS c4, 1.5::numeric AS c5,"
          + " DATE '2024-01-01' AS c6, TIMESTAMP '2024-01-01 10:00:00' AS c7, ARRAY[1,2] AS c8,"
          + " '<a/>'::xml AS c9, '(1,2)'::point AS c10, '{\"a\":1}'::json AS c11,"
          + " '1 day'::interval AS c12, NULL::text AS c13, 7::oid AS c14,"
          + " 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid AS c15, TIME '10:00' AS c16,"
          + " TIMESTAMPTZ '2024-01-01 10:00:00+00' AS c17, B'101' AS c18, ROW(1,2) AS c19";

  private final Connection connection;
  private final Deque<Object> found = new ArrayDeque<>();
  private final Set<String> known = new HashSet<>();
  private final Set<String> wrong = new TreeSet<>();
  private int calls;

  SurfaceWalk(Connection connection) {
    this.connection = connection;
  }

  /** Visits {@code objects}, too. */
  SurfaceWalk also(Object... objects) {
    for (Object object : objects) {
      add("one more", object);
    }
    return this;
  }

  /** What was wrong, by object and method. */
  Set<String> walk() throws SQLException {
    seed();
    List<Object> all = new ArrayList<>();
    while (!found.isEmpty()) {
      Object next = found.remove();
      all.add(next);
      visit(next, false);
    }
    // From the last to the first: what was found later belongs to what was found before.
    for (int i = all.size() - 1; i >= 0; i--) {
      if (!(all.get(i) instanceof Connection)) {
        visit(all.get(i), true);
      }
    }
    visit(connection, true);
    return wrong;
  }

  int calls() {
    return calls;
  }

  private void seed() throws SQLException {
    add("the connection", connection);
    Statement statement = connection.createStatement();
    add("a statement", statement);
    ResultSet rows = statement.executeQuery(ROW);
    rows.next();
    add("rows", rows);
    for (int column = 1; column <= rows.getMetaData().getColumnCount(); column++) {
      check("getObject(" + column + ")", rows.getObject(column));
    }
    add("an array", rows.getArray("c8"));
    add("rows of an array", rows.getArray("c8").getResultSet());
    CallableStatement call = connection.prepareCall("{? = call upper(?)}");
    call.registerOutParameter(1, java.sql.Types.VARCHAR);
    call.setString(2, "a");
    call.execute();
    add("a call", call);
    Statement keys = connection.createStatement();
    keys.executeUpdate("INSERT INTO t (name) VALUES ('walk')", Statement.RETURN_GENERATED_KEYS);
    add("keys", keys.getGeneratedKeys());
    connection.setAutoCommit(false);
    add("a savepoint", connection.setSavepoint());
    connection.rollback();
    connection.setAutoCommit(true);
  }

  private void add(String where, @Nullable Object value) {
    check(where, value);
    if (value != null && isJdbc(value) && known.add(value.getClass().getName())) {
      found.add(value);
    }
  }

  private static boolean isJdbc(Object value) {
    return !interfaces(value.getClass()).isEmpty()
        && !value.getClass().getName().startsWith("java.");
  }

  private static Set<Class<?>> interfaces(Class<?> type) {
    Set<Class<?>> all = new HashSet<>();
    for (Class<?> c = type; c != null; c = c.getSuperclass()) {
      collect(c, all);
    }
    all.removeIf(
        i -> !i.getName().startsWith("java.sql.") && !i.getName().startsWith("javax.sql."));
    return all;
  }

  private static void collect(Class<?> type, Set<Class<?>> all) {
    for (Class<?> i : type.getInterfaces()) {
      all.add(i);
      collect(i, all);
    }
  }

  private void check(String where, @Nullable Object value) {
    if (value == null) {
      return;
    }
    boolean isVendors = value.getClass().getName().startsWith("org.postgresql.");
    if (isVendors && !(value instanceof PGobject) && !(value instanceof Throwable)) {
      wrong.add(where + " gives " + value.getClass().getName());
    }
    if (value instanceof Object[] array) {
      for (Object element : array) {
        check(where, element);
      }
    } else if (value instanceof Map<?, ?> map) {
      map.values().forEach(element -> check(where, element));
    }
  }

  private void visit(Object object, boolean last) {
    Set<String> done = new HashSet<>();
    for (Class<?> type : interfaces(object.getClass())) {
      for (Method method : type.getMethods()) {
        if (!Modifier.isStatic(method.getModifiers())
            && LAST.contains(method.getName()) == last
            && done.add(method.getName() + List.of(method.getParameterTypes()))) {
          call(object, method);
        }
      }
    }
  }

  private void call(Object object, Method method) {
    String where = object.getClass().getSimpleName() + "." + method.getName();
    String name = where + List.of(method.getParameterTypes());
    try {
      calls++;
      again(object);
      Object answer = method.invoke(object, arguments(object, method));
      add(name, answer);
      if (answer instanceof Object[] array) {
        check(name, array);
      }
    } catch (InvocationTargetException e) {
      Throwable cause = e.getCause();
      if (!(cause instanceof SQLException sql)) {
        wrong.add(name + " ends with " + cause);
      } else if (!method.getName().endsWith("Builder") // JDBC's own refusal, which has none
          && sql.getSQLState() == null
          && !(sql instanceof java.sql.SQLClientInfoException)) {
        wrong.add(name + " has no SQLState: " + sql.getMessage());
      }
    } catch (IllegalAccessException | IllegalArgumentException | SQLException e) {
      wrong.add(name + " cannot be called: " + e);
    }
  }

  /** Puts what an earlier call may have moved or closed where it was. */
  private void again(Object object) throws SQLException {
    if (object instanceof ResultSet rows && !rows.isClosed() && rows.getRow() == 0) {
      try {
        rows.first();
      } catch (SQLException forwardOnly) {
        rows.next();
      }
    }
  }

  private Object[] arguments(Object object, Method method) throws SQLException {
    Class<?>[] types = method.getParameterTypes();
    Object[] arguments = new Object[types.length];
    for (int i = 0; i < types.length; i++) {
      arguments[i] = argument(object, method.getName(), types[i], i, types.length);
    }
    return arguments;
  }

  private @Nullable Object argument(
      Object object, String method, Class<?> type, int index, int count) throws SQLException {
    if (type == int.class) {
      return number(object, method, index, count);
    }
    if (type == String.class) {
      return string(object, method, index);
    }
    if (type == boolean.class) {
      return !method.equals("setReadOnly");
    }
    if (type == long.class) {
      return method.equals("setMaxRows") || method.equals("setLargeMaxRows") ? 0L : 1L;
    }
    if (type == Class.class) {
      return method.contains("rap")
          ? org.postgresql.PGConnection.class
          : method.equals("getObject") ? String.class : null;
    }
    return value(type);
  }

  private static int number(Object object, String method, int index, int count) {
    boolean isMake =
        method.equals("createStatement")
            || method.equals("prepareCall")
            || (method.equals("prepareStatement") && count > 2);
    if (isMake) {
      int from = method.equals("createStatement") ? 0 : 1;
      return List.of(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE, 1)
          .get(index - from);
    }
    return switch (method) {
      case "setTransactionIsolation" -> Connection.TRANSACTION_READ_COMMITTED;
      case "setFetchDirection" -> ResultSet.FETCH_FORWARD;
      case "setNetworkTimeout", "setQueryTimeout", "setMaxRows" -> 0;
      case "registerOutParameter" -> index == 0 ? 1 : java.sql.Types.VARCHAR;
      case "setObject", "setNull" -> index == 0 ? 2 : java.sql.Types.VARCHAR;
      default ->
          method.startsWith("set") && object instanceof CallableStatement && index == 0 ? 2 : 1;
    };
  }

  private static @Nullable String string(Object object, String method, int index) {
    if (object instanceof Connection || object instanceof Statement) {
      return switch (method) {
        case "setSchema", "setCatalog" -> "public";
        case "setClientInfo", "getClientInfo" -> index == 0 ? "ApplicationName" : "walk";
        case "prepareCall" -> "{? = call lower(?)}";
        case "createArrayOf", "createStruct" -> "int4";
        case "setSavepoint", "enquoteIdentifier", "enquoteLiteral" -> "name";
        default -> index == 0 ? "SELECT 1" : "text";
      };
    }
    if (object instanceof java.sql.DatabaseMetaData) {
      return index == 0 ? null : "%";
    }
    return object instanceof ResultSet ? "c2" : "text";
  }

  private @Nullable Object value(Class<?> type) throws SQLException {
    Map<Class<?>, Object> values =
        Map.ofEntries(
            Map.entry(byte.class, (byte) 1),
            Map.entry(short.class, (short) 1),
            Map.entry(float.class, 1f),
            Map.entry(double.class, 1d),
            Map.entry(Executor.class, (Executor) Runnable::run),
            Map.entry(Map.class, Map.of()),
            Map.entry(Calendar.class, new GregorianCalendar()),
            Map.entry(int[].class, new int[] {1}),
            Map.entry(String[].class, new String[] {"id"}),
            Map.entry(Object[].class, new Object[] {1}),
            Map.entry(Object.class, "value"),
            Map.entry(Properties.class, new Properties()),
            Map.entry(byte[].class, new byte[] {1}),
            Map.entry(BigDecimal.class, BigDecimal.ONE),
            Map.entry(Date.class, Date.valueOf("2024-01-01")),
            Map.entry(Time.class, Time.valueOf("10:00:00")),
            Map.entry(Timestamp.class, Timestamp.valueOf("2024-01-01 10:00:00")),
            Map.entry(SQLType.class, JDBCType.VARCHAR));
    Object value = values.get(type);
    if (value != null) {
      return value;
    }
    if (type == InputStream.class) {
      return new ByteArrayInputStream(new byte[] {'1', '2'});
    }
    if (type == Reader.class) {
      return new StringReader("text");
    }
    if (type == Blob.class) {
      return connection.createBlob();
    }
    if (type == Clob.class || type == NClob.class) {
      return connection.createNClob();
    }
    if (type == SQLXML.class) {
      SQLXML xml = connection.createSQLXML();
      xml.setString("<a/>");
      return xml;
    }
    return type == Array.class ? connection.createArrayOf("int4", new Object[] {1}) : null;
  }
}
