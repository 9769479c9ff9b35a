package org.tandemdb.jdbc;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a connection through proxies hands out beside statements: leads back to the connection and
 * the statement that the application knows, and says what a loss meant. Owned as they are.
 */
final class ProxiedRows implements InvocationHandler {
  private final ProxiedConnection connection;
  private final Object vendors;
  private final String back;
  private final Supplier<@Nullable Object> owner;

  private ProxiedRows(
      ProxiedConnection connection, Object vendors, String back, Supplier<@Nullable Object> owner) {
    this.connection = connection;
    this.vendors = vendors;
    this.back = back;
    this.owner = owner;
  }

  private static <T> T of(
      Class<T> type,
      ProxiedConnection connection,
      Object vendors,
      String back,
      Supplier<@Nullable Object> owner) {
    return type.cast(
        Proxy.newProxyInstance(
            ProxiedRows.class.getClassLoader(),
            new Class<?>[] {type},
            new ProxiedRows(connection, vendors, back, owner)));
  }

  static DatabaseMetaData metaData(ProxiedConnection connection, DatabaseMetaData vendors) {
    return of(DatabaseMetaData.class, connection, vendors, "getConnection", connection::handle);
  }

  /**
   * @param statement of the application's
   */
  static ResultSet rows(ProxiedConnection connection, ResultSet vendors, Object statement) {
    return of(ResultSet.class, connection, vendors, "getStatement", () -> statement);
  }

  @Override
  public @Nullable Object invoke(Object proxy, Method method, @Nullable Object @Nullable [] given)
      throws Throwable {
    @Nullable Object[] arguments = given == null ? new Object[0] : given;
    String name = method.getName();
    if (method.getDeclaringClass() == Object.class) {
      return name.equals("equals")
          ? (Object) (proxy == arguments[0])
          : name.equals("hashCode") ? System.identityHashCode(proxy) : vendors.toString();
    }
    if (name.equals("unwrap") || name.equals("isWrapperFor")) {
      return ProxiedConnection.unwrapped(proxy, vendors, method, arguments);
    }
    try {
      @Nullable Object value = ProxiedConnection.invoked(method, vendors, given);
      // The vendor's own, if it does not say that it is closed.
      return name.equals(back) && value != null ? owner.get() : value;
    } catch (SQLException e) {
      throw connection.ofRows(e);
    }
  }
}
