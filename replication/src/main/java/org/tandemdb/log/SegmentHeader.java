package org.tandemdb.log;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.tandemdb.entry.Position;
import org.tandemdb.env.Disk.DiskFile;
import org.tandemdb.log.schema.SegmentHead;

/**
 * The first 4096 bytes of a segment: magic, format version, and a checksummed {@link SegmentHead}.
 * Written once, before the file gets its name.
 *
 * @param previousEnd where the segment before ends, decided for ever: what stands behind is not
 *     part of the log, whatever a later look at the medium may show
 * @param durableEnd frames up to here were durable before the segment got its name
 */
record SegmentHeader(
    UUID cluster,
    long number,
    long salt,
    long previous,
    long previousEnd,
    long durableEnd,
    long epoch,
    String primary,
    Position head) {

  static final int BYTES = 4096;
  private static final long MAGIC = 0x54414E44454D4C47L; // TANDEMLG
  private static final int FORMAT_VERSION = 1;
  private static final int PREFIX_BYTES = 20;

  SegmentHeader withDurableEnd(long end) {
    return new SegmentHeader(
        cluster, number, salt, previous, previousEnd, end, epoch, primary, head);
  }

  /** The header as a block of {@link #BYTES} bytes. */
  ByteBuffer encode() {
    byte[] proto =
        SegmentHead.newBuilder()
            .setClusterId(encode(cluster))
            .setNumber(number)
            .setSalt(salt)
            .setPrevious(previous)
            .setPreviousEnd(previousEnd)
            .setDurableEnd(durableEnd)
            .setEpoch(epoch)
            .setPrimary(primary)
            .setHead(EntryCodec.toProto(head))
            .build()
            .toByteArray();
    if (PREFIX_BYTES + proto.length > BYTES) {
      throw new IllegalArgumentException("the primary's name is too long: " + primary);
    }
    ByteBuffer block = ByteBuffer.allocate(BYTES);
    block.putLong(MAGIC).putInt(FORMAT_VERSION).putInt(proto.length).putInt(checksum(proto));
    return block.put(proto).clear();
  }

  /**
   * @throws IOException when the file does not begin with a header that this version can read
   */
  static SegmentHeader read(DiskFile file) throws IOException {
    ByteBuffer block = ByteBuffer.allocate(BYTES);
    if (file.read(block, 0) < BYTES || block.flip().getLong() != MAGIC) {
      throw new IOException("not a segment of a Tandem log");
    }
    int version = block.getInt();
    if (version != FORMAT_VERSION) {
      throw new IOException(
          "format version " + version + ", but this program reads " + FORMAT_VERSION);
    }
    int length = block.getInt();
    int crc = block.getInt();
    if (length < 0 || length > block.remaining()) {
      throw new IOException("damaged header");
    }
    byte[] proto = new byte[length];
    block.get(proto);
    if (checksum(proto) != crc) {
      throw new IOException("damaged header: wrong checksum");
    }
    SegmentHead head = SegmentHead.parseFrom(proto);
    return new SegmentHeader(
        decodeCluster(head.getClusterId()),
        head.getNumber(),
        head.getSalt(),
        head.getPrevious(),
        head.getPreviousEnd(),
        head.getDurableEnd(),
        head.getEpoch(),
        head.getPrimary(),
        EntryCodec.fromProto(head.getHead()));
  }

  static int checksum(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, bytes.length);
    return (int) crc.getValue();
  }

  static ByteString encode(UUID id) {
    ByteBuffer bytes = ByteBuffer.allocate(16);
    bytes.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits()).flip();
    return ByteString.copyFrom(bytes);
  }

  static UUID decodeCluster(ByteString bytes) throws IOException {
    if (bytes.size() != 16) {
      throw new InvalidProtocolBufferException("a cluster id has 16 bytes, not " + bytes.size());
    }
    ByteBuffer buffer = bytes.asReadOnlyByteBuffer();
    return new UUID(buffer.getLong(), buffer.getLong());
  }
}
