package org.tandemdb.jdbc;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Reader;
import java.io.Writer;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tandemdb.plan.Request;

/** COPY on one connection, as any other statement of it. */
final class TandemCopy implements CopyApi {
  private final TandemConnection connection;
  private volatile @Nullable CopyCommand running;

  TandemCopy(TandemConnection connection) {
    this.connection = connection;
  }

  @Override
  public long copyIn(String sql, Reader from) throws SQLException, IOException {
    return copyIn(sql, new ReaderBytes(from));
  }

  @Override
  public long copyIn(String sql, InputStream from) throws SQLException, IOException {
    return perform(sql, "FROM", CopyCommand.in(from, connection.networkTimeoutMillis()));
  }

  @Override
  public long copyOut(String sql, Writer to) throws SQLException, IOException {
    WriterBytes bytes = new WriterBytes(to);
    long rows = copyOut(sql, bytes);
    bytes.finish();
    return rows;
  }

  @Override
  public long copyOut(String sql, OutputStream to) throws SQLException, IOException {
    return perform(sql, "TO", CopyCommand.out(to, connection.networkTimeoutMillis()));
  }

  private long perform(String sql, String direction, CopyCommand command)
      throws SQLException, IOException {
    StatementText text = StatementText.scan(sql);
    if (text.statements() != 1 || !text.words().get(0).equals("COPY")) {
      throw SqlErrors.of("42601", "This is for one COPY statement. Nothing was done.", null);
    }
    // The vendor's driver would lose track of what its server sends.
    boolean asAsked =
        text.words().stream()
            .filter(word -> word.equals("FROM") || word.equals("TO"))
            .findFirst()
            .filter(direction::equals)
            .isPresent();
    if (!asAsked) {
      throw SqlErrors.of(
          "42809", "copyIn is for COPY ... FROM, copyOut for COPY ... TO. Nothing was done.", null);
    }
    running = command;
    try {
      connection.session().execute(new Request(sql, Request.Markers.DOLLAR, List.of()), command);
    } catch (CopyCommand.StreamFailure e) {
      throw e.rethrown();
    } finally {
      running = null;
      command.end();
    }
    return command.rows();
  }

  @Override
  public void cancel() throws SQLException {
    CopyCommand now = running;
    if (now != null) {
      now.cancel();
    }
  }
}
