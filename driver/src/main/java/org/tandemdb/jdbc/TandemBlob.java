package org.tandemdb.jdbc;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.sql.Blob;
import java.sql.SQLException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Bytes in memory that look like a large object: those of a {@code bytea}, or what a client makes.
 * They reach the database only as a parameter. Not thread-safe.
 */
final class TandemBlob implements Blob {
  private byte @Nullable [] bytes;

  TandemBlob(byte[] bytes) {
    this.bytes = bytes;
  }

  private byte[] bytes() throws SQLException {
    byte[] now = bytes;
    if (now == null) {
      throw new SQLException("free() was called on this LOB previously", "55000");
    }
    return now;
  }

  @Override
  public long length() throws SQLException {
    return bytes().length;
  }

  @Override
  public byte[] getBytes(long pos, int length) throws SQLException {
    byte[] all = bytes();
    int from = LobRange.from(pos, length, all.length);
    return Arrays.copyOfRange(all, from, Math.min(all.length, from + length));
  }

  @Override
  public InputStream getBinaryStream() throws SQLException {
    return new ByteArrayInputStream(bytes());
  }

  @Override
  public InputStream getBinaryStream(long pos, long length) throws SQLException {
    return new ByteArrayInputStream(getBytes(pos, LobRange.small(length)));
  }

  @Override
  public long position(byte[] pattern, long start) throws SQLException {
    byte[] all = bytes();
    int first = LobRange.from(start, 0, all.length);
    for (int i = first; i + pattern.length <= all.length; i++) {
      if (Arrays.equals(all, i, i + pattern.length, pattern, 0, pattern.length)) {
        return i + 1L;
      }
    }
    return -1;
  }

  @Override
  public long position(Blob pattern, long start) throws SQLException {
    return position(pattern.getBytes(1, LobRange.small(pattern.length())), start);
  }

  @Override
  public int setBytes(long pos, byte[] value) throws SQLException {
    return setBytes(pos, value, 0, value.length);
  }

  @Override
  public int setBytes(long pos, byte[] value, int offset, int length) throws SQLException {
    byte[] all = bytes();
    if (offset < 0 || length < 0 || length > value.length - offset) {
      throw Refusals.invalid("Offset and length are not within the array.");
    }
    int from = LobRange.from(pos, length, all.length);
    LobRange.checkSize((long) from + length);
    byte[] changed = Arrays.copyOf(all, Math.max(all.length, from + length));
    System.arraycopy(value, offset, changed, from, length);
    bytes = changed;
    return length;
  }

  @Override
  public OutputStream setBinaryStream(long pos) throws SQLException {
    LobRange.from(pos, 0, bytes().length);
    return new ByteArrayOutputStream() {
      private boolean closed;

      @Override
      public void close() throws java.io.IOException {
        if (!closed) {
          closed = true;
          try {
            setBytes(pos, toByteArray());
          } catch (SQLException e) {
            throw new java.io.IOException(e);
          }
        }
      }
    };
  }

  @Override
  public void truncate(long len) throws SQLException {
    byte[] all = bytes();
    if (len < 0 || len > all.length) {
      throw Refusals.invalid("Cannot truncate to " + len + " of " + all.length + " bytes.");
    }
    bytes = Arrays.copyOf(all, (int) len);
  }

  @Override
  public void free() {
    bytes = null;
  }
}
