package org.tandemdb.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.backend.Lease;
import org.tandemdb.entry.Value;

/** A client's statement as {@link ClientSession} runs it. */
interface Command {

  /** How rows are to come from the vendor. */
  enum Shape {
    /** As the client asked. */
    CLIENT,
    /** All of them, scrollable: they are counted before the client sees them. */
    COUNTED,
    /** In portions, to the end: none is the client's. */
    STREAMED
  }

  /** True if {@link #vendor} gives prepared statements. */
  boolean isPrepared();

  /** The client's limit for one execution; 0 for none. */
  int timeoutSeconds();

  /** True if any session may execute it: prepared, without time-outs of its own. */
  boolean isCombinable();

  /** Sets the parameters on somebody else's statement, behind {@code offset} others. */
  void bindAt(PreparedStatement to, int offset, Connection link) throws SQLException;

  /** The vendor's statement for {@code sql} on {@code link}, parameters set. */
  Statement vendor(JdbcLink link, String sql, Shape shape) throws SQLException;

  /** Executes it; true if it has rows. */
  boolean run(Statement vendor, String sql) throws SQLException;

  /** The parameters as the server received them. */
  List<Value> parameters() throws SQLException;

  /** Takes rows, of which the first {@code visible} columns are the client's. */
  void rows(ResultSet vendorRows, int visible, long count, Lease<JdbcLink> lease)
      throws SQLException;

  /**
   * As {@link #rows(ResultSet, int, long, Lease)}, of rows that are the client's where the column
   * after the visible ones is NULL.
   */
  void rowsApart(ResultSet vendorRows, int visible, long count, Lease<JdbcLink> lease)
      throws SQLException;

  /** Takes rows that no backend made. */
  void rows(MemoryResultSet rows);

  void count(long rows);

  /** Takes a warning that no server has given. */
  default void warn(SQLWarning warning) {}

  /** Of COPY: how many rows were taken or given. */
  default long rows() {
    return 0;
  }

  /** How the same is executed once more, without its client; empty if it cannot. */
  default Optional<Repeatable> repeatable() {
    return Optional.empty();
  }

  /** False once what the client gave is used up, or what it took is gone. */
  default boolean mayRunAgain() {
    return true;
  }

  /** What has been taken is void: the statement runs again. */
  void discard();

  /** As {@link #discard}; the step that comes next is the first. */
  default void restart() {
    discard();
  }

  /** The step that comes next stands for {@code sql}, and has its share of the parameters. */
  void step(String sql) throws SQLException;
}
