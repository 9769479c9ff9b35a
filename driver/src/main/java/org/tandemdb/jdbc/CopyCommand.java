package org.tandemdb.jdbc;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.backend.Lease;
import org.tandemdb.entry.Value;

/**
 * A COPY as {@link ClientSession} runs it. Its vendor's statement executes nothing: the link itself
 * carries the bytes. Used once, by one thread; {@link #cancel} by any.
 */
final class CopyCommand implements Command {

  /** Carries the bytes over a link. */
  private interface Carrier {
    long run(JdbcLink link, String sql) throws SQLException, IOException;
  }

  private final Carrier carrier;
  private final int networkTimeoutMillis;
  private @Nullable JdbcLink link;
  private @Nullable Statement handle;
  private volatile @Nullable JdbcLink running;
  private long rows;

  /** The client's stream has been used, so it cannot be gone through again. */
  private boolean touched;

  private CopyCommand(@Nullable InputStream from, @Nullable OutputStream to, int timeoutMillis) {
    this.networkTimeoutMillis = timeoutMillis;
    this.carrier =
        from == null
            ? (on, sql) ->
                on.copyOut(sql, writing(to == null ? OutputStream.nullOutputStream() : to))
            : (on, sql) -> on.copyIn(sql, reading(from));
  }

  /**
   * COPY ... FROM STDIN.
   *
   * @param networkTimeoutMillis for one answer of the server; 0 for none
   */
  static CopyCommand in(InputStream from, int networkTimeoutMillis) {
    return new CopyCommand(from, null, networkTimeoutMillis);
  }

  /** COPY ... TO STDOUT. */
  static CopyCommand out(OutputStream to, int networkTimeoutMillis) {
    return new CopyCommand(null, to, networkTimeoutMillis);
  }

  private InputStream reading(InputStream from) {
    return new FilterInputStream(from) {
      @Override
      public int read() throws IOException {
        touched = true;
        return super.read();
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        touched = true;
        return super.read(bytes, offset, length);
      }
    };
  }

  private OutputStream writing(OutputStream to) {
    return new FilterOutputStream(to) {
      @Override
      public void write(int one) throws IOException {
        touched = true;
        out.write(one);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        touched = true;
        out.write(bytes, offset, length);
      }
    };
  }

  @Override
  public long rows() {
    return rows;
  }

  /** Lets go what it holds of its link. */
  void end() throws SQLException {
    Statement old = handle;
    handle = null;
    if (old != null) {
      old.close();
    }
  }

  /** Asks the server to stop it, if it runs. */
  void cancel() {
    JdbcLink now = running;
    if (now != null) {
      now.cancel();
    }
  }

  @Override
  public boolean mayRunAgain() {
    return !touched;
  }

  @Override
  public boolean isPrepared() {
    return false;
  }

  @Override
  public int timeoutSeconds() {
    return 0;
  }

  @Override
  public boolean isCombinable() {
    return false;
  }

  @Override
  public void bindAt(PreparedStatement to, int offset, Connection on) {
    // COPY has no parameters.
  }

  @Override
  public Statement vendor(JdbcLink on, String sql, Shape shape) throws SQLException {
    end();
    link = on;
    Statement fresh = on.connection().createStatement();
    handle = fresh;
    return fresh;
  }

  @Override
  public boolean run(Statement vendor, String sql) throws SQLException {
    JdbcLink on = link;
    if (on == null) {
      throw new IllegalStateException("COPY without a link");
    }
    running = on;
    try {
      on.connection().setNetworkTimeout(Runnable::run, networkTimeoutMillis);
      rows = carrier.run(on, sql);
      return false;
    } catch (IOException | RuntimeException e) {
      throw new StreamFailure(e);
    } finally {
      running = null;
      if (networkTimeoutMillis != 0 && !on.connection().isClosed()) {
        on.connection().setNetworkTimeout(Runnable::run, 0);
      }
    }
  }

  @Override
  public List<Value> parameters() {
    return List.of();
  }

  @Override
  public void rows(ResultSet vendorRows, int visible, long count, Lease<JdbcLink> lease) {
    throw new IllegalStateException("COPY has no result set");
  }

  @Override
  public void rowsApart(ResultSet vendorRows, int visible, long count, Lease<JdbcLink> lease) {
    throw new IllegalStateException("COPY has no result set");
  }

  @Override
  public void rows(MemoryResultSet memory) {
    throw new IllegalStateException("COPY has no result set");
  }

  /** The link has said how many there were. */
  @Override
  public void count(long affected) {}

  @Override
  public void discard() {
    rows = 0;
  }

  @Override
  public void step(String sql) {
    throw new IllegalStateException("COPY is one statement");
  }

  /**
   * The client's own stream failed. Not with that as its cause, where an {@link IOException} means
   * that the link is lost.
   */
  static final class StreamFailure extends SQLException {
    private static final long serialVersionUID = 1L;
    private final Exception stream;

    StreamFailure(Exception stream) {
      super("The stream of a COPY failed: " + stream, "57014");
      this.stream = stream;
    }

    /** What the client's stream threw, which is for the client. */
    IOException rethrown() {
      if (stream instanceof RuntimeException unchecked) {
        throw unchecked;
      }
      return (IOException) stream;
    }
  }
}
