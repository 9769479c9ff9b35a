package org.tandemdb.jdbc;

import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** The text of a reader as UTF-8, piece by piece. Used by one thread. */
final class ReaderBytes extends InputStream {
  private static final int CHARACTERS = 8192;

  private final Reader reader;
  private final CharBuffer characters = CharBuffer.allocate(CHARACTERS).flip();
  private final ByteBuffer bytes = ByteBuffer.allocate(3 * CHARACTERS + 4).flip();

  /** A text that is none (half a pair of surrogates) is an error: it would not be the client's. */
  private final CharsetEncoder encoder =
      StandardCharsets.UTF_8
          .newEncoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT);

  private boolean atEnd;

  ReaderBytes(Reader reader) {
    this.reader = reader;
  }

  @Override
  public int read() throws IOException {
    return more() ? bytes.get() & 0xff : -1;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (!more()) {
      return -1;
    }
    int count = Math.min(length, bytes.remaining());
    bytes.get(target, offset, count);
    return count;
  }

  private boolean more() throws IOException {
    while (!bytes.hasRemaining()) {
      if (atEnd) {
        return false;
      }
      characters.compact();
      atEnd = reader.read(characters) < 0;
      characters.flip();
      bytes.clear();
      CoderResult result = encoder.encode(characters, bytes, atEnd);
      if (result.isError()) {
        result.throwException();
      }
      bytes.flip();
    }
    return true;
  }
}
