package org.tandemdb.log;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * One record of a segment:
 *
 * <pre>
 *  0  int   length of the payload in bytes
 *  4  int   CRC-32C over the segment's salt, the length, and everything from offset 8 to the end
 *  8  long  sync number: how many syncs of this segment had succeeded when it was written
 * 16  byte  kind
 * 17  byte  flags
 * 18  6     zero
 * 24  payload, then zeros up to a multiple of 8
 * </pre>
 *
 * <p>The sync number tells a torn tail from corruption: a frame with number n+1 is written only
 * after every frame with number n is durable. So a bad frame followed by a good one of a
 * <em>higher</em> number is corruption, and one followed by nothing, or by its own group's remains,
 * is a torn tail.
 */
record Frame(long offset, int kind, int flags, long syncNumber, byte[] payload) {
  static final int HEAD_BYTES = 24;
  static final int ALIGNMENT = 8;
  static final int MAX_PAYLOAD_BYTES = 1 << 30;

  static final int ENTRY = 1;
  static final int CHUNK = 2;
  static final int EPOCH = 3;
  static final int CLOSE = 4;

  /** The last entry of its batch: without it no entry of the batch counts. */
  static final int BATCH_END = 1;

  /** The last frame before a sync: the next frame's sync number is one higher. */
  static final int SYNC = 2;

  /** Bytes that a frame with this payload takes in the file. */
  static int sizeOf(int payloadBytes) {
    return (HEAD_BYTES + payloadBytes + ALIGNMENT - 1) & -ALIGNMENT;
  }

  long end() {
    return offset + sizeOf(payload.length);
  }

  boolean isBatchEnd() {
    return (flags & BATCH_END) != 0;
  }

  boolean isSync() {
    return (flags & SYNC) != 0;
  }

  /** Puts a frame at the position of {@code target}, which must have room for {@link #sizeOf}. */
  static void put(
      ByteBuffer target, long salt, int kind, int flags, long syncNumber, byte[] payload) {
    int start = target.position();
    target.putInt(payload.length).putInt(0).putLong(syncNumber);
    target.put((byte) kind).put((byte) flags).putShort((short) 0).putInt(0);
    target.put(payload);
    while ((target.position() - start) % ALIGNMENT != 0) {
      target.put((byte) 0);
    }
    target.putInt(start + 4, checksum(target, start, target.position() - start, salt));
  }

  /** The checksum of the frame of {@code size} bytes at {@code start}. */
  static int checksum(ByteBuffer buffer, int start, int size, long salt) {
    CRC32C crc = new CRC32C();
    ByteBuffer seed = ByteBuffer.allocate(12).putLong(salt).putInt(buffer.getInt(start));
    crc.update(seed.array(), 0, 12);
    crc.update(buffer.duplicate().limit(start + size).position(start + 8));
    return (int) crc.getValue();
  }
}
