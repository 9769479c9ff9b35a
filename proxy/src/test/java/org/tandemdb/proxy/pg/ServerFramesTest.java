package org.tandemdb.proxy.pg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.TooLongFrameException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ServerFramesTest {
  private static final int MOST = 5_000;
  private final List<@Nullable ByteBuf> kept = new ArrayList<>();
  private final List<String> taken = new ArrayList<>();

  private static ByteBuf message(int number, int bytes) {
    ByteBuf message = Unpooled.buffer().writeByte('D').writeInt(Integer.BYTES + bytes);
    return message.writeBytes(
        String.valueOf((char) ('a' + number % 26)).repeat(bytes).getBytes(StandardCharsets.UTF_8));
  }

  private static String text(ByteBuf frame) {
    return frame.toString(StandardCharsets.UTF_8);
  }

  /** However the stream is cut, and whatever is kept of it, each message stays what it was. */
  @Test
  void messagesComeWholeAndWhatIsKeptStays() {
    Random random = new Random(7);
    for (int round = 0; round < 200; round++) {
      kept.clear();
      taken.clear();
      ServerFrames frames =
          new ServerFrames(
              MOST,
              frame -> {
                taken.add(text(frame));
                kept.add(random.nextInt(3) == 0 ? frame.retain() : null);
              });
      List<String> sent = new ArrayList<>();
      ByteBuf stream = Unpooled.buffer();
      for (int i = 0; i < 40; i++) {
        ByteBuf message = message(i, random.nextInt(round % 2 == 0 ? 20 : 4_000));
        sent.add(text(message));
        stream.writeBytes(message);
      }
      List<ByteBuf> chunks = new ArrayList<>();
      while (stream.isReadable()) {
        int bytes =
            Math.min(stream.readableBytes(), 1 + random.nextInt(round % 3 == 0 ? 9 : 3_000));
        ByteBuf chunk = PooledByteBufAllocator.DEFAULT.buffer(bytes).writeBytes(stream, bytes);
        chunks.add(chunk);
        frames.read(chunk);
      }
      assertThat(taken).isEqualTo(sent);
      for (int i = 0; i < kept.size(); i++) {
        ByteBuf still = kept.get(i);
        if (still != null) {
          assertThat(text(still)).isEqualTo(sent.get(i));
          still.release();
        }
      }
      frames.close();
      assertThat(chunks).as("what is nobody's is given back").allMatch(c -> c.refCnt() == 0);
    }
  }

  @Test
  void aLengthThatCannotBeEndsItAndNothingIsLost() {
    ServerFrames frames = new ServerFrames(MOST, frame -> taken.add(text(frame)));
    ByteBuf tooShort = Unpooled.buffer().writeByte('Z').writeInt(3);
    assertThatThrownBy(() -> frames.read(tooShort)).isInstanceOf(CorruptedFrameException.class);
    ByteBuf tooLong = Unpooled.buffer().writeByte('D').writeInt(MOST);
    assertThatThrownBy(() -> frames.read(tooLong)).isInstanceOf(TooLongFrameException.class);
    assertThat(tooShort.refCnt() + tooLong.refCnt()).isZero();
    assertThat(taken).isEmpty();
  }

  @Test
  void onceClosedNothingIsHandedOn() {
    List<ServerFrames> own = new ArrayList<>();
    ServerFrames frames =
        new ServerFrames(
            MOST,
            frame -> {
              taken.add(text(frame));
              own.get(0).close();
            });
    own.add(frames);
    ByteBuf both = Unpooled.buffer().writeBytes(message(0, 1)).writeBytes(message(1, 1));
    frames.read(both);
    assertThat(taken).hasSize(1);
    assertThat(both.refCnt()).isZero();
  }
}
