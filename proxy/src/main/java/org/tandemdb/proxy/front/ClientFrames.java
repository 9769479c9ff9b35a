package org.tandemdb.proxy.front;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;

/**
 * Cuts what a client sends into messages. A length is compared with what is allowed now before
 * anything is kept for it: a little before the client is known, as much as PostgreSQL allows for a
 * message of its kind afterwards.
 */
final class ClientFrames extends ByteToMessageDecoder {
  /** PostgreSQL's own limit of a start-up message. */
  static final int MOST_STARTUP_BYTES = 10_000;

  /** Of a password or a step of SCRAM. */
  static final int MOST_PASSWORD_BYTES = 8_192;

  /** Of a message that holds names and numbers only; PostgreSQL's own. */
  private static final int MOST_SMALL_BYTES = 10_000;

  private final int mostBytes;
  private Phase phase = Phase.STARTUP;

  /** What may come. */
  enum Phase {
    /** Messages without a type. */
    STARTUP,
    /** Answers to what is asked. */
    LOGIN,
    /** The client is known. */
    OPEN
  }

  /**
   * @param mostBytes of one message of a known client
   */
  ClientFrames(int mostBytes) {
    this.mostBytes = mostBytes;
  }

  void phase(Phase now) {
    phase = now;
  }

  /** Something has come behind the message that is being worked on. */
  boolean holdsMore() {
    return actualReadableBytes() > 0;
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
    int typeBytes = phase == Phase.STARTUP ? 0 : 1;
    if (in.readableBytes() < typeBytes + Integer.BYTES) {
      return;
    }
    int length = in.getInt(in.readerIndex() + typeBytes);
    int most =
        switch (phase) {
          case STARTUP -> MOST_STARTUP_BYTES;
          case LOGIN -> MOST_PASSWORD_BYTES;
          case OPEN -> most(in.getByte(in.readerIndex()));
        };
    if (length < Integer.BYTES || length > most) {
      in.skipBytes(in.readableBytes());
      throw new ProtocolException("invalid message length");
    }
    if (in.readableBytes() >= typeBytes + length) {
      out.add(in.readSlice(typeBytes + length).retain());
    }
  }

  private int most(byte type) {
    return switch (type) {
      case 'Q', 'P', 'B', 'F', 'd' -> mostBytes;
      case 'E', 'D', 'C', 'S', 'H', 'X', 'c', 'f', 'p' -> MOST_SMALL_BYTES;
      default -> throw new ProtocolException("invalid frontend message type " + (type & 0xff));
    };
  }
}
