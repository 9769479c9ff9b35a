package org.tandemdb.it.framework;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Connections that give one error for every statement, and are fine otherwise. */
final class FailingSource {
  private FailingSource() {}

  static DataSource withSqlState(String sqlState) {
    return make(
        DataSource.class,
        method -> method.getName().equals("getConnection") ? connection(sqlState) : null);
  }

  private static Connection connection(String sqlState) {
    return make(
        Connection.class,
        method -> {
          if (method.getName().equals("createStatement")) {
            throw new SQLException("as asked", sqlState);
          }
          return method.getName().equals("isValid") ? true : null;
        });
  }

  private interface Answer {
    @Nullable Object to(Method method) throws SQLException;
  }

  private static <T> T make(Class<T> type, Answer answer) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              Object given = answer.to(method);
              return given != null ? given : nothing(method.getReturnType());
            }));
  }

  private static @Nullable Object nothing(Class<?> type) {
    if (type == boolean.class) {
      return false;
    }
    return type == int.class ? Integer.valueOf(0) : null;
  }
}
