package org.tandemdb.proxy.pg;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.TooLongFrameException;
import java.util.function.Consumer;

/**
 * Cuts what a server sends into messages. They are views of what was read, without a count of their
 * own: whoever keeps one retains it. Netty's decoders make and release an object for each, which is
 * what a short answer of five messages would cost most. On the event loop.
 */
final class ServerFrames {
  private static final int HEADER_BYTES = 1 + Integer.BYTES;

  private final int mostBytes;
  private final Consumer<ByteBuf> to;
  private ByteBuf held = Unpooled.EMPTY_BUFFER;
  private boolean closed;

  /**
   * @param mostBytes of one message, compared with its length field before it is gathered
   */
  ServerFrames(int mostBytes, Consumer<ByteBuf> to) {
    this.mostBytes = mostBytes;
    this.to = to;
  }

  /**
   * @param chunk the next part of the stream; released here
   */
  void read(ByteBuf chunk) {
    ByteBuf all = joined(chunk);
    held = Unpooled.EMPTY_BUFFER;
    try {
      for (int length = length(all);
          !closed && length > 0 && all.readableBytes() >= length;
          length = length(all)) {
        to.accept(all.readSlice(length));
      }
      if (!closed && all.isReadable()) {
        held = all.retain();
      }
    } finally {
      all.release();
    }
  }

  private ByteBuf joined(ByteBuf chunk) {
    if (held.isReadable() && held.refCnt() == 1) {
      held.discardSomeReadBytes(); // nobody keeps a message of it
    }
    return ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(chunk.alloc(), held, chunk);
  }

  /** Of the next message; 0 while that is not known. */
  private int length(ByteBuf in) {
    if (in.readableBytes() < HEADER_BYTES) {
      return 0;
    }
    int length = in.getInt(in.readerIndex() + 1);
    if (length < Integer.BYTES) {
      throw new CorruptedFrameException("a message of length " + length);
    }
    if (length >= mostBytes) {
      throw new TooLongFrameException(
          "a message of " + length + " bytes, more than " + mostBytes + " are not taken");
    }
    return 1 + length;
  }

  /** Nothing more is handed on. */
  void close() {
    closed = true;
    held.release();
    held = Unpooled.EMPTY_BUFFER;
  }
}
