package org.tandemdb.it.pgjdbc;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.jdbc.PreferQueryMode;

/**
 * A connection of Tandem's that also is a {@link PGConnection}, because the suite asks each one for
 * its query mode before the first test. All else that is PostgreSQL's driver's own is refused.
 */
final class BridgedConnection implements InvocationHandler {
  /** Begins the message of each refusal. */
  static final String VENDOR = "only PostgreSQL's own driver has it: ";

  private final Connection connection;

  private BridgedConnection(Connection connection) {
    this.connection = connection;
  }

  static Connection of(Connection connection) {
    return (Connection)
        Proxy.newProxyInstance(
            BridgedConnection.class.getClassLoader(),
            new Class<?>[] {Connection.class, PGConnection.class},
            new BridgedConnection(connection));
  }

  @Override
  public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments)
      throws Throwable {
    boolean vendors = method.getDeclaringClass() == PGConnection.class;
    if (vendors && method.getName().equals("getPreferQueryMode")) {
      return PreferQueryMode.EXTENDED;
    }
    if (vendors && method.getExceptionTypes().length == 0) {
      throw new UnsupportedOperationException(VENDOR + method.getName());
    }
    if (vendors) {
      throw new SQLFeatureNotSupportedException(VENDOR + method.getName(), "0A000");
    }
    if (method.getName().equals("unwrap") && arguments != null) {
      return unwrap(proxy, (Class<?>) arguments[0]);
    }
    if (method.getName().equals("equals") && arguments != null) {
      return proxy == arguments[0];
    }
    try {
      return method.invoke(connection, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause() == null ? e : e.getCause();
    }
  }

  private Object unwrap(Object proxy, Class<?> type) throws SQLException {
    if (type == PGConnection.class) {
      return proxy;
    }
    if (type.getName().startsWith("org.postgresql.")) {
      throw new SQLFeatureNotSupportedException(VENDOR + type.getName(), "0A000");
    }
    return connection.unwrap(type);
  }
}
