package org.tandemdb.proxy.front;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.ongres.scram.client.ScramClient;
import com.ongres.scram.common.ScramFunctions;
import com.ongres.scram.common.ScramMechanism;
import com.ongres.scram.common.StringPreparation;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The server's half of SCRAM against the client's half of a library. */
class ScramLoginTest {
  private static final ScramMechanism MECHANISM = ScramMechanism.SCRAM_SHA_256;
  private static final byte[] SEED = {1, 2, 3};

  private final ScramLogin login = new ScramLogin("app", Optional.of(secret("right")), SEED);

  private static ScramSecret secret(String password) {
    byte[] salt = "sixteen bytes ok".getBytes(StandardCharsets.UTF_8);
    byte[] salted =
        ScramFunctions.saltedPassword(
            MECHANISM,
            StringPreparation.POSTGRESQL_PREPARATION,
            password.toCharArray(),
            salt,
            4096);
    byte[] stored =
        ScramFunctions.storedKey(MECHANISM, ScramFunctions.clientKey(MECHANISM, salted));
    Base64.Encoder base64 = Base64.getEncoder();
    return ScramSecret.parse(
        "SCRAM-SHA-256$4096:"
            + base64.encodeToString(salt)
            + "$"
            + base64.encodeToString(stored)
            + ":"
            + base64.encodeToString(ScramFunctions.serverKey(MECHANISM, salted)));
  }

  private static ScramClient client(String password) {
    return ScramClient.builder()
        .advertisedMechanisms(List.of("SCRAM-SHA-256"))
        .username("*")
        .password(password.toCharArray())
        .build();
  }

  /** What the server says to the client's first message. */
  private static String first(ScramLogin login, ScramClient client) {
    String first = client.clientFirstMessage().toString();
    ByteBuf body = Unpooled.buffer();
    body.writeBytes("SCRAM-SHA-256\0".getBytes(StandardCharsets.UTF_8));
    body.writeInt(first.length()).writeBytes(first.getBytes(StandardCharsets.UTF_8));
    return said(login, body);
  }

  private static String said(ScramLogin login, ByteBuf body) {
    ByteBuf out = Unpooled.buffer();
    login.answer(body, out);
    return out.skipBytes(9).toString(StandardCharsets.UTF_8);
  }

  private static ByteBuf text(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
  }

  @Test
  void whoKnowsThePasswordIsLetInAndLearnsThatTheServerKnowsTheSecret() throws Exception {
    ScramClient client = client("right");
    client.serverFirstMessage(first(login, client));
    assertThat(login.isComplete()).isFalse();
    client.serverFinalMessage(said(login, text(client.clientFinalMessage().toString())));
    assertThat(login.isComplete()).isTrue();
  }

  @Test
  void whoDoesNotKnowItIsNot() throws Exception {
    ScramClient client = client("wrong");
    client.serverFirstMessage(first(login, client));
    ByteBuf last = text(client.clientFinalMessage().toString());
    assertThatThrownBy(() -> said(login, last))
        .isInstanceOfSatisfying(
            ClientFailure.class, e -> assertThat(e.sqlState()).isEqualTo("28P01"));
    assertThat(login.isComplete()).isFalse();
  }

  /** The questions do not tell whether there is such a user, however often they are asked. */
  @Test
  void aUserThatThereIsNotFailsAtTheEnd() throws Exception {
    ScramLogin nobody = new ScramLogin("nobody", Optional.empty(), SEED);
    ScramLogin again = new ScramLogin("nobody", Optional.empty(), SEED);
    ScramClient client = client("right");
    String asked = first(nobody, client);
    String salt = asked.replaceAll(".*,s=([^,]*),i=4096", "$1");
    assertThat(first(again, client("right"))).contains(",s=" + salt + ",i=4096");
    client.serverFirstMessage(asked);
    ByteBuf last = text(client.clientFinalMessage().toString());
    assertThatThrownBy(() -> said(nobody, last)).isInstanceOf(ClientFailure.class);
  }

  @Test
  void anotherConversationsProofIsWorthNothing() throws Exception {
    ScramClient client = client("right");
    client.serverFirstMessage(first(login, client));
    String last = client.clientFinalMessage().toString();
    ScramLogin other = new ScramLogin("app", Optional.of(secret("right")), SEED);
    first(other, client("right"));
    assertThatThrownBy(() -> said(other, text(last))).isInstanceOf(ClientFailure.class);
  }

  @Test
  void whatIsNotScramBreaksTheProtocol() {
    assertThatThrownBy(() -> said(login, text("SCRAM-SHA-1\0\0\0\0\0")))
        .isInstanceOf(ProtocolException.class);
    assertThatThrownBy(() -> said(login, text("SCRAM-SHA-256\0\0\0\0\3abc")))
        .isInstanceOf(ProtocolException.class);
    first(login, client("right"));
    assertThatThrownBy(() -> said(login, text("nonsense"))).isInstanceOf(ProtocolException.class);
  }
}
