package org.tandemdb.proxy.front;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a connection may cost before its client is known. */
class ClientLoginTest {
  private static final Duration DEADLINE = Duration.ofSeconds(20);

  private final List<String> admitted = new ArrayList<>();
  private final CompletableFuture<ClientLogin.Authentication> unanswered =
      new CompletableFuture<>();
  private EmbeddedChannel channel;

  @BeforeEach
  void connect() {
    channel = new EmbeddedChannel();
    channel.freezeTime();
    ClientFrames frames = new ClientFrames(1 << 20);
    ClientLogin login =
        new ClientLogin(frames, new Door(), DEADLINE, Optional.empty(), Runnable::run);
    channel
        .pipeline()
        .addLast(new FirstByte(Optional.empty(), login, Runnable::run), frames, login);
    channel.pipeline().fireChannelActive();
  }

  private final class Door implements ClientLogin.Door {
    @Override
    public void cancel(int pid, int secret) {
      admitted.add("cancel " + pid + " " + secret);
    }

    @Override
    public CompletionStage<ClientLogin.Authentication> authentication(
        String user, String database, boolean encrypted) {
      return user.equals("slow")
          ? unanswered
          : CompletableFuture.completedFuture(
              new ScramLogin(user, Optional.empty(), new byte[] {1}, new byte[0]));
    }

    @Override
    public void admit(
        ChannelHandlerContext context,
        String user,
        String database,
        String credential,
        Map<String, String> settings) {
      admitted.add(user);
    }
  }

  private void pass(Duration time) {
    channel.advanceTimeBy(time.toMillis(), TimeUnit.MILLISECONDS);
    channel.runScheduledPendingTasks();
  }

  private static ByteBuf startup() {
    return startup("app");
  }

  private static ByteBuf startup(String user) {
    byte[] parameters = ("user\0" + user + "\0\0").getBytes(StandardCharsets.UTF_8);
    return Unpooled.buffer()
        .writeInt(8 + parameters.length)
        .writeInt(3 << 16)
        .writeBytes(parameters);
  }

  @Test
  void whoSaysNothingIsGivenUp() {
    pass(DEADLINE.minusSeconds(1));
    assertThat(channel.isOpen()).isTrue();
    pass(Duration.ofSeconds(2));
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void whoSaysLittleByLittleIsGivenUpAllTheSame() {
    ByteBuf message = startup();
    for (int i = 0; i < 10; i++) {
      channel.writeInbound(Unpooled.buffer().writeByte(message.readByte()));
      pass(DEADLINE.dividedBy(11));
    }
    assertThat(channel.isOpen()).isTrue();
    pass(DEADLINE.dividedBy(5));
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void whoDoesNotAnswerTheQuestionIsGivenUp() {
    channel.writeInbound(startup());
    pass(DEADLINE.plusSeconds(1));
    assertThat(channel.isOpen()).isFalse();
    assertThat(admitted).isEmpty();
  }

  @Test
  void whoseSecretIsNotFoundInTimeIsGivenUp() {
    channel.writeInbound(startup("slow"));
    assertThat(channel.config().isAutoRead()).isFalse();
    pass(DEADLINE.plusSeconds(1));
    assertThat(channel.isOpen()).isFalse();
    unanswered.complete(new ScramLogin("slow", Optional.empty(), new byte[] {1}, new byte[0]));
    assertThat((Object) channel.readOutbound()).isNull();
  }

  @Test
  void aMessageThatIsTooLongIsRefusedByItsLengthAlone() {
    channel.writeInbound(Unpooled.buffer().writeInt(10_001));
    assertBroken();
  }

  @Test
  void anAnswerThatIsTooLongIsRefusedByItsLengthAlone() {
    channel.writeInbound(startup());
    channel.releaseOutbound();
    channel.writeInbound(Unpooled.buffer().writeByte('p').writeInt(8_193));
    assertBroken();
  }

  @Test
  void nothingButAnAnswerIsTakenFromWhomIsNotKnown() {
    channel.writeInbound(startup());
    channel.releaseOutbound();
    channel.writeInbound(Unpooled.buffer().writeByte('S').writeInt(4));
    assertBroken();
    assertThat(admitted).isEmpty();
  }

  @Test
  void aHandshakeIsNotTakenForAMessageWhereThereIsNoTls() {
    channel.writeInbound(Unpooled.buffer().writeByte(0x16).writeByte(3).writeByte(1));
    assertThat(channel.isOpen()).isFalse();
    assertThat((Object) channel.readOutbound()).isNull();
  }

  @Test
  void whatComesBehindARequestForEncryptionIsRefused() {
    ByteBuf request = Unpooled.buffer().writeInt(8).writeInt(80877103);
    channel.writeInbound(request.writeBytes(startup()));
    assertBroken();
    assertThat(admitted).isEmpty();
  }

  private void assertBroken() {
    ByteBuf said = channel.readOutbound();
    assertThat(said.toString(StandardCharsets.UTF_8)).contains("FATAL").contains("08P01");
    said.release();
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void aCancelRequestIsPassedOnAndTheConnectionClosed() {
    channel.writeInbound(
        Unpooled.buffer().writeInt(16).writeInt(80877102).writeInt(7).writeInt(-8));
    assertThat(admitted).containsExactly("cancel 7 -8");
    assertThat(channel.isOpen()).isFalse();
  }
}
