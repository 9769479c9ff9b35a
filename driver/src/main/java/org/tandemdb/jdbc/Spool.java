package org.tandemdb.jdbc;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * What a client gave as a stream or large object, read once and kept until the statement has run:
 * it may have to run again, and the log wants it too. Up to {@link #MEMORY_BYTES} are kept in
 * memory, the rest in a temporary file that only this process can see: it is removed from its
 * directory as soon as it is open, or, where the system cannot do that, when it is closed. Written
 * by one thread, then read by any.
 */
final class Spool implements AutoCloseable {
  /** What is larger goes to a file. */
  static final int MEMORY_BYTES = 1 << 20;

  /**
   * What is larger is refused: 54000. As hexadecimal text it takes twice as much in the log, which
   * is nearly what one statement may have there.
   */
  static final long MOST_BYTES = 64L << 20;

  private static final int PORTION = 1 << 16;

  private final byte[] memory;
  private final @Nullable FileChannel file;
  private final long length;

  private Spool(byte[] memory, @Nullable FileChannel file, long length) {
    this.memory = memory;
    this.file = file;
    this.length = length;
  }

  static Spool of(byte[] bytes) {
    return new Spool(bytes, null, bytes.length);
  }

  /**
   * Reads {@code source} to its end, or {@code length} bytes of it; does not close it.
   *
   * @param length -1 for all of it
   * @throws SQLException 54000 if it is larger than {@link #MOST_BYTES}, 22023 if it ends before
   *     {@code length}, 58030 if it or the file cannot be read or written
   */
  static Spool of(InputStream source, long length) throws SQLException {
    if (length > MOST_BYTES) {
      throw tooLarge();
    }
    return of(source, length, length);
  }

  /** As {@link #of}, where {@code source} may be shorter than {@code length}. */
  static Spool atMost(InputStream source, long length) throws SQLException {
    return of(source, length, 0);
  }

  private static Spool of(InputStream source, long most, long least) throws SQLException {
    try {
      return read(source, most, least);
    } catch (CharacterCodingException e) {
      throw new SQLException("The text has half a character in it: " + e.getMessage(), "22021", e);
    } catch (EOFException e) {
      throw new SQLException(String.valueOf(e.getMessage()), "22023", e);
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  static SQLException unreadable(IOException e) {
    return new SQLException("A stream could not be read: " + e.getMessage(), "58030", e);
  }

  private static Spool read(InputStream source, long most, long least)
      throws IOException, SQLException {
    ByteArrayOutputStream first = new ByteArrayOutputStream();
    byte[] portion = new byte[PORTION];
    long read = 0;
    FileChannel overflow = null;
    boolean complete = false;
    try {
      while (most < 0 || read < most) {
        int wanted = (int) (most < 0 ? PORTION : Math.min(PORTION, most - read));
        int got = source.read(portion, 0, wanted);
        if (got < 0) {
          break;
        }
        read += got;
        if (read > MOST_BYTES) {
          throw tooLarge();
        }
        if (overflow == null && read > MEMORY_BYTES) {
          overflow = create();
          write(overflow, first.toByteArray(), first.size());
          first.reset();
        }
        if (overflow == null) {
          first.write(portion, 0, got);
        } else {
          write(overflow, portion, got);
        }
      }
      if (read < least) {
        throw new EOFException(
            "Premature end of input stream: "
                + least
                + " bytes were announced, "
                + read
                + " came.");
      }
      complete = true;
      return new Spool(first.toByteArray(), overflow, read);
    } finally {
      if (!complete && overflow != null) {
        overflow.close();
      }
    }
  }

  private static FileChannel create() throws IOException {
    Path path = Files.createTempFile("tandem-parameter", ".tmp");
    return FileChannel.open(
        path,
        StandardOpenOption.READ,
        StandardOpenOption.WRITE,
        StandardOpenOption.DELETE_ON_CLOSE);
  }

  private static void write(FileChannel to, byte[] bytes, int count) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, count);
    while (buffer.hasRemaining()) {
      to.write(buffer);
    }
  }

  static SQLException tooLarge() {
    return new SQLException(
        "A parameter is larger than "
            + (MOST_BYTES >> 20)
            + " MiB, more than one statement may bring. Nothing was done. Store it in parts.",
        "54000");
  }

  /** Bytes. */
  long length() {
    return length;
  }

  boolean isInMemory() {
    return file == null;
  }

  /** All of it, each time anew. */
  InputStream open() {
    return file == null ? new java.io.ByteArrayInputStream(memory) : new FileStream(file, length);
  }

  /** Not to be changed. */
  byte[] bytes() throws SQLException {
    if (file == null) {
      return memory;
    }
    try (InputStream all = open()) {
      return all.readNBytes((int) length);
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /** What it says as UTF-8. */
  String text() throws SQLException {
    return new String(bytes(), StandardCharsets.UTF_8);
  }

  /** As PostgreSQL reads bytea: {@code \x} and hexadecimal digits. */
  String hex() throws SQLException {
    byte[] digits = new byte[Math.toIntExact(2 + 2 * length)];
    digits[0] = '\\';
    digits[1] = 'x';
    int at = 2;
    byte[] portion = new byte[PORTION];
    try (InputStream all = open()) {
      for (int got = all.read(portion); got >= 0; got = all.read(portion)) {
        for (int i = 0; i < got; i++) {
          digits[at++] = (byte) Character.forDigit(portion[i] >> 4 & 0xf, 16);
          digits[at++] = (byte) Character.forDigit(portion[i] & 0xf, 16);
        }
      }
    } catch (IOException e) {
      throw unreadable(e);
    }
    return new String(digits, StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() throws SQLException {
    if (file != null) {
      try {
        file.close();
      } catch (IOException e) {
        throw unreadable(e);
      }
    }
  }

  /** Reads by place, so that several may read at once. */
  private static final class FileStream extends InputStream {
    private final FileChannel file;
    private final long length;
    private long at;

    FileStream(FileChannel file, long length) {
      this.file = file;
      this.length = length;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int from, int count) throws IOException {
      if (count == 0) {
        return 0;
      }
      if (at >= length) {
        return -1;
      }
      int got = file.read(ByteBuffer.wrap(into, from, count), at);
      if (got < 0) {
        throw new EOFException("the temporary file of a parameter was cut off");
      }
      at += got;
      return got;
    }
  }
}
