package org.tandemdb.jdbc;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;

/** Reads characters into a {@link Spool}. */
final class CharacterSpool {
  private CharacterSpool() {}

  /**
   * @param length most characters that are read; -1 for all
   * @throws SQLException as {@link Spool#of(InputStream, long)}; 22021 for half a character
   */
  static Spool of(Reader source, long length) throws SQLException {
    try (InputStream bytes = new ReaderBytes(length < 0 ? source : new Limited(source, length))) {
      return Spool.of(bytes, -1);
    } catch (IOException e) {
      throw Spool.unreadable(e);
    }
  }

  /** As {@link #of(Reader, long)}, of bytes in {@code charset}; at most {@code length} of them. */
  static Spool of(InputStream source, Charset charset, long length) throws SQLException {
    Spool bytes = Spool.atMost(source, length);
    if (charset.equals(StandardCharsets.UTF_8)) {
      return bytes;
    }
    try (bytes;
        InputStream all = bytes.open()) {
      return of(new InputStreamReader(all, charset), -1);
    } catch (IOException e) {
      throw Spool.unreadable(e);
    }
  }

  /** The first characters of another; does not close it. */
  private static final class Limited extends Reader {
    private final Reader source;
    private long left;

    Limited(Reader source, long length) {
      this.source = source;
      this.left = length;
    }

    @Override
    public int read(char[] into, int from, int count) throws IOException {
      if (left == 0) {
        return -1;
      }
      int got = source.read(CharBuffer.wrap(into, from, (int) Math.min(count, left)));
      left -= Math.max(0, got);
      return got;
    }

    @Override
    public void close() {}
  }
}
