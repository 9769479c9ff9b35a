package org.tandemdb.jdbc;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Reader;
import java.io.Writer;
import java.sql.SQLException;

/**
 * COPY through a connection of Tandem's: {@code connection.unwrap(CopyApi.class)}. Its methods are
 * those of the vendor's {@code CopyManager}.
 *
 * <p>A COPY belongs to the connection's open transaction, or is one of its own in autocommit mode.
 * What it brings in is on every copy like any other write; COPY ... TO is a read like any other. An
 * error undoes all of it. One thread at a time, {@link #cancel} aside; of no use once the
 * connection is closed.
 *
 * <p>When its link is lost after the first byte of the client's stream was used, Tandem cannot run
 * it again: 40001, and nothing of it is left.
 */
public interface CopyApi {

  /**
   * Runs {@code COPY ... FROM STDIN} with text, which the server gets as UTF-8.
   *
   * @param from read to its end, not closed
   * @return rows that were taken
   * @throws IOException what {@code from} throws; the COPY is undone
   */
  long copyIn(String sql, Reader from) throws SQLException, IOException;

  /** As {@link #copyIn(String, Reader)}, with bytes as they are to be sent. */
  long copyIn(String sql, InputStream from) throws SQLException, IOException;

  /**
   * Runs {@code COPY ... TO STDOUT} of text, which comes as UTF-8.
   *
   * @param to written to, not flushed or closed
   * @return rows that came
   * @throws IOException what {@code to} throws
   */
  long copyOut(String sql, Writer to) throws SQLException, IOException;

  /** As {@link #copyOut(String, Writer)}, with the bytes as they come. */
  long copyOut(String sql, OutputStream to) throws SQLException, IOException;

  /** Asks the server to stop the COPY that another thread runs, if there is one. */
  void cancel() throws SQLException;
}
