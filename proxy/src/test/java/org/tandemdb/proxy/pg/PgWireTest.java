package org.tandemdb.proxy.pg;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tandemdb.backend.BackendLink.BeginSpec;
import org.tandemdb.backend.BackendLink.MarkOutcome;
import org.tandemdb.backend.BackendLink.ServerProcess;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Position;

/** The wire without a server: what it sends, and what it does not believe. */
class PgWireTest {
  private static final int MAX_FRAME = 1024;

  private final EmbeddedChannel channel = new EmbeddedChannel(false, true);
  private PgWire wire;

  @BeforeEach
  void start() throws Exception {
    wire =
        new PgWire(
            channel,
            Map.of("user", "shop"),
            new ServerAuthentication("shop", "", ServerTls.Binding.PREFER),
            MAX_FRAME);
    channel.pipeline().addLast(wire);
    channel.register();
    receive('R', new byte[] {0, 0, 0, 0});
    receive('K', new byte[] {0, 0, 0, 1, 0, 0, 0, 2});
    receive('Z', new byte[] {'I'});
    assertThat(wire.ready().toCompletableFuture()).isCompletedWithValue(new PgWire.Key(1, 2));
    drained();
  }

  @Test
  void beginTravelsWithTheFirstStatementUpToOneSync() {
    NettyLink link = link();
    link.begin(BeginSpec.READ_WRITE);
    channel.runPendingTasks();
    assertThat(drained()).isEmpty();
    link.query("SELECT 1", List.of());
    channel.runPendingTasks();
    assertThat(messageTypes(drained())).isEqualTo("PBEPBDES");
    receive('1', new byte[0]);
    receive('2', new byte[0]);
    receive('C', new byte[] {'B', 'E', 'G', 'I', 'N', 0});
    receive('1', new byte[0]);
    receive('2', new byte[0]);
    receive('C', new byte[] {'S', 'E', 'L', 'E', 'C', 'T', ' ', '0', 0});
    receive('Z', new byte[] {'T'});

    // The server knows BEGIN now.
    link.begin(BeginSpec.READ_WRITE);
    link.query("SELECT 1", List.of());
    channel.runPendingTasks();
    assertThat(messageTypes(drained())).isEqualTo("BEPBDES");
  }

  @Test
  void whatWasRefusedMayHaveBeenPreparedAndGetsAnotherName() {
    NettyLink link = link();
    CompletableFuture<MarkOutcome> refused =
        link.mark(new Position(1, 1), false).toCompletableFuture();
    channel.runPendingTasks();
    assertThat(drained()).contains("tandem_own_1");
    receive('1', new byte[0]);
    receive('E', "SERROR\0C57014\0Mcanceled\0\0".getBytes(StandardCharsets.US_ASCII));
    receive('Z', new byte[] {'E'});
    assertThat(refused).isCompletedWithValueMatching(MarkOutcome.Refused.class::isInstance);

    link.mark(new Position(1, 2), false);
    channel.runPendingTasks();
    assertThat(drained()).contains("tandem_own_2");
  }

  @Test
  void aFrameThatClaimsMoreThanTheLimitEndsTheConnectionBeforeItIsGathered() {
    CompletableFuture<List<PgResult>> answer = asked();
    receive(Unpooled.buffer().writeByte('D').writeInt(MAX_FRAME + 1));
    assertLost(answer);
  }

  @Test
  void aValueThatClaimsMoreThanItsFrameHoldsEndsTheConnection() {
    CompletableFuture<List<PgResult>> answer = asked();
    receive('D', new byte[] {0, 1, 0x7f, 0, 0, 0, 'x'});
    assertLost(answer);
    assertThat(answer)
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .withMessageContaining("where 1 bytes are left");
  }

  @Test
  void aMessageThatIsNotUnderstoodEndsTheConnection() {
    CompletableFuture<List<PgResult>> answer = asked();
    receive('?', new byte[0]);
    assertLost(answer);
  }

  @Test
  void fewerAnswersThanStatementsAreAnError() {
    CompletableFuture<List<PgResult>> answer = asked();
    receive('Z', new byte[] {'I'});
    assertThat(answer).isCompletedExceptionally();
  }

  private CompletableFuture<List<PgResult>> asked() {
    CompletableFuture<List<PgResult>> answer =
        wire.send(List.of(PgStatement.of("SELECT 1"))).toCompletableFuture();
    channel.runPendingTasks();
    assertThat(answer).isNotDone();
    return answer;
  }

  private void assertLost(CompletableFuture<?> answer) {
    assertThat(answer).isCompletedExceptionally();
    assertThat(channel.isOpen()).isFalse();
    assertThat(wire.isUsable()).isFalse();
  }

  private NettyLink link() {
    return new NettyLink(
        new BackendId("a"),
        new ServerProcess(1, "then"),
        wire,
        "secret",
        "tandem:",
        () -> CompletableFuture.completedFuture(null),
        null);
  }

  private void receive(char type, byte[] body) {
    receive(Unpooled.buffer().writeByte(type).writeInt(body.length + 4).writeBytes(body));
  }

  private void receive(ByteBuf bytes) {
    channel.writeInbound(bytes);
  }

  private String drained() {
    StringBuilder sent = new StringBuilder();
    for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
      sent.append(out.toString(StandardCharsets.ISO_8859_1));
      out.release();
    }
    return sent.toString();
  }

  private static String messageTypes(String sent) {
    StringBuilder types = new StringBuilder();
    for (int at = 0; at < sent.length(); ) {
      types.append(sent.charAt(at));
      at += 1 + (sent.charAt(at + 3) << 8 | sent.charAt(at + 4));
    }
    return types.toString();
  }
}
