package org.tandemdb.jdbc;

import java.io.IOException;
import java.io.OutputStream;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Writes UTF-8 to a writer as text, piece by piece. Used by one thread. */
final class WriterBytes extends OutputStream {
  private static final int BYTES = 8192;

  private final Writer writer;
  private final ByteBuffer bytes = ByteBuffer.allocate(BYTES);
  private final CharBuffer characters = CharBuffer.allocate(BYTES);
  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT);

  WriterBytes(Writer writer) {
    this.writer = writer;
  }

  @Override
  public void write(int one) throws IOException {
    write(new byte[] {(byte) one}, 0, 1);
  }

  @Override
  public void write(byte[] source, int offset, int length) throws IOException {
    int from = offset;
    int left = length;
    while (left > 0) {
      int count = Math.min(left, bytes.remaining());
      bytes.put(source, from, count);
      decode(false);
      from += count;
      left -= count;
    }
  }

  /** Nothing comes any more; the writer is neither flushed nor closed. */
  void finish() throws IOException {
    decode(true);
  }

  private void decode(boolean last) throws IOException {
    bytes.flip();
    CoderResult result = decoder.decode(bytes, characters, last);
    bytes.compact();
    if (result.isError()) {
      result.throwException();
    }
    characters.flip();
    writer.append(characters);
    characters.clear();
  }
}
