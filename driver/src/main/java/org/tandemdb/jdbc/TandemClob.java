package org.tandemdb.jdbc;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Reader;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.sql.Clob;
import java.sql.NClob;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * Characters in memory that look like a large object: those of a {@code text}, or what a client
 * makes. They reach the database only as a parameter. Not thread-safe.
 */
final class TandemClob implements NClob {
  private @Nullable String text;

  TandemClob(String text) {
    this.text = text;
  }

  private String text() throws SQLException {
    String now = text;
    if (now == null) {
      throw new SQLException("free() was called on this LOB previously", "55000");
    }
    return now;
  }

  @Override
  public long length() throws SQLException {
    return text().length();
  }

  @Override
  public String getSubString(long pos, int length) throws SQLException {
    String all = text();
    int from = LobRange.from(pos, length, all.length());
    return all.substring(from, (int) Math.min(all.length(), (long) from + length));
  }

  @Override
  public Reader getCharacterStream() throws SQLException {
    return new StringReader(text());
  }

  @Override
  public Reader getCharacterStream(long pos, long length) throws SQLException {
    return new StringReader(getSubString(pos, LobRange.small(length)));
  }

  @Override
  public InputStream getAsciiStream() throws SQLException {
    return new ByteArrayInputStream(text().getBytes(StandardCharsets.US_ASCII));
  }

  @Override
  public long position(String searchstr, long start) throws SQLException {
    String all = text();
    int found = all.indexOf(searchstr, LobRange.from(start, 0, all.length()));
    return found < 0 ? -1 : found + 1L;
  }

  @Override
  public long position(Clob searchstr, long start) throws SQLException {
    return position(searchstr.getSubString(1, LobRange.small(searchstr.length())), start);
  }

  @Override
  public int setString(long pos, String str) throws SQLException {
    return setString(pos, str, 0, str.length());
  }

  @Override
  public int setString(long pos, String str, int offset, int len) throws SQLException {
    String all = text();
    if (offset < 0 || len < 0 || len > str.length() - offset) {
      throw Refusals.invalid("Offset and length are not within the text.");
    }
    int from = LobRange.from(pos, len, all.length());
    LobRange.checkSize((long) from + len);
    String rest = from + len < all.length() ? all.substring(from + len) : "";
    text = all.substring(0, from) + str.substring(offset, offset + len) + rest;
    return len;
  }

  @Override
  public OutputStream setAsciiStream(long pos) throws SQLException {
    LobRange.from(pos, 0, text().length());
    return new ByteArrayOutputStream() {
      private boolean closed;

      @Override
      public void close() throws IOException {
        if (!closed) {
          closed = true;
          put(pos, toString(StandardCharsets.US_ASCII));
        }
      }
    };
  }

  @Override
  public Writer setCharacterStream(long pos) throws SQLException {
    LobRange.from(pos, 0, text().length());
    return new StringWriter() {
      private boolean closed;

      @Override
      public void close() throws IOException {
        if (!closed) {
          closed = true;
          put(pos, toString());
        }
      }
    };
  }

  private void put(long pos, String written) throws IOException {
    try {
      setString(pos, written);
    } catch (SQLException e) {
      throw new IOException(e);
    }
  }

  @Override
  public void truncate(long len) throws SQLException {
    String all = text();
    if (len < 0 || len > all.length()) {
      throw Refusals.invalid("Cannot truncate to " + len + " of " + all.length() + " characters.");
    }
    text = all.substring(0, (int) len);
  }

  @Override
  public void free() {
    text = null;
  }
}
