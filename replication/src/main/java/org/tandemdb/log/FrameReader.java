package org.tandemdb.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.tandemdb.env.Disk.DiskFile;

/** Reads the frames of one segment forwards. Owned by one reader. */
final class FrameReader {
  /** Frames are read without regard to their sync number: they were verified before. */
  static final long ANY_SYNC = -1;

  private static final int WINDOW_BYTES = 128 << 10;

  private final DiskFile file;
  private final long salt;
  private final long end;
  private long offset;
  private long sync;
  private ByteBuffer window = ByteBuffer.allocate(WINDOW_BYTES).limit(0);
  private long windowStart;

  /**
   * @param sync the sync number of the first frame, or {@link #ANY_SYNC}
   */
  FrameReader(DiskFile file, long salt, long from, long end, long sync) {
    this.file = file;
    this.salt = salt;
    this.offset = from;
    this.end = end;
    this.sync = sync;
  }

  /** Where the next frame begins, or the one that could not be read. */
  long offset() {
    return offset;
  }

  /** The sync number that the next frame must have. */
  long sync() {
    return sync;
  }

  /** The next frame; null at the end, and at a frame that is not valid. */
  @Nullable Frame next() throws IOException {
    int size = validFrameAt(offset);
    if (size == 0) {
      return null;
    }
    int at = (int) (offset - windowStart);
    long number = window.getLong(at + 8);
    if (sync != ANY_SYNC && number != sync) {
      return null;
    }
    byte[] payload = new byte[window.getInt(at)];
    window.get(at + Frame.HEAD_BYTES, payload);
    Frame frame = new Frame(offset, window.get(at + 16), window.get(at + 17), number, payload);
    offset += size;
    if (sync != ANY_SYNC && frame.isSync()) {
      sync++;
    }
    return frame;
  }

  /**
   * Looks behind a frame that is not valid for one that proves it had been durable: a valid frame
   * with a higher sync number.
   *
   * @return its offset, or -1
   */
  long laterProof() throws IOException {
    for (long at = offset + Frame.ALIGNMENT; at + Frame.HEAD_BYTES <= end; at += Frame.ALIGNMENT) {
      if (validFrameAt(at) > 0 && window.getLong((int) (at - windowStart) + 8) > sync) {
        return at;
      }
    }
    return -1;
  }

  /** The size of the frame at {@code at}, which is in the window then; 0 when there is none. */
  private int validFrameAt(long at) throws IOException {
    if (!fill(at, Frame.HEAD_BYTES)) {
      return 0;
    }
    int head = (int) (at - windowStart);
    int length = window.getInt(head);
    byte kind = window.get(head + 16);
    if (length < 0 || length > Frame.MAX_PAYLOAD_BYTES || kind == 0) {
      return 0;
    }
    int size = Frame.sizeOf(length);
    if (!fill(at, size)) {
      return 0;
    }
    head = (int) (at - windowStart);
    return window.getInt(head + 4) == Frame.checksum(window, head, size, salt) ? size : 0;
  }

  private boolean fill(long at, int bytes) throws IOException {
    if (at + bytes > end) {
      return false;
    }
    if (at >= windowStart && at + bytes <= windowStart + window.limit()) {
      return true;
    }
    if (window.capacity() < bytes) {
      window = ByteBuffer.allocate(bytes);
    }
    window.clear().limit((int) Math.min(window.capacity(), end - at));
    windowStart = at;
    int read = file.read(window, at);
    window.position(0).limit(Math.max(read, 0));
    return read >= bytes;
  }
}
