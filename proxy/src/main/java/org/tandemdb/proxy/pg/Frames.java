package org.tandemdb.proxy.pg;

import io.netty.buffer.ByteBuf;

/** The frame of a message in either direction: its type, its length, its body. */
public final class Frames {
  private Frames() {}

  /**
   * Writes the type, and leaves room for the length.
   *
   * @return for {@link #end}
   */
  public static int begin(ByteBuf out, char type) {
    out.writeByte(type);
    int start = out.writerIndex();
    out.writeInt(0);
    return start;
  }

  /** Writes the length of what has been written since {@link #begin}. */
  public static void end(ByteBuf out, int start) {
    out.setInt(start, out.writerIndex() - start);
  }
}
