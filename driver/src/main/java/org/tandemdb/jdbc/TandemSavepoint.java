package org.tandemdb.jdbc;

import java.sql.SQLException;
import java.sql.Savepoint;
import org.jspecify.annotations.Nullable;

/** A savepoint by the name it has at the server. */
final class TandemSavepoint implements Savepoint {
  private final int id;
  private final @Nullable String name;
  private boolean released;

  TandemSavepoint(int id, @Nullable String name) {
    this.id = id;
    this.name = name;
  }

  /** Quoted for SQL. */
  String identifier() throws SQLException {
    checkThere();
    String plain = name == null ? "JDBC_SAVEPOINT_" + id : name;
    return '"' + plain.replace("\"", "\"\"") + '"';
  }

  private void checkThere() throws SQLException {
    if (released) {
      throw new SQLException("Cannot reference a savepoint after it has been released.", "3B000");
    }
  }

  void release() {
    released = true;
  }

  @Override
  public int getSavepointId() throws SQLException {
    checkThere();
    if (name != null) {
      throw new SQLException("Cannot retrieve the id of a named savepoint.", "42809");
    }
    return id;
  }

  @Override
  public String getSavepointName() throws SQLException {
    checkThere();
    if (name == null) {
      throw new SQLException("Cannot retrieve the name of an unnamed savepoint.", "42809");
    }
    return name;
  }
}
