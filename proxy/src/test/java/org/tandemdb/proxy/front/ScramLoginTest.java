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
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** The server's half of SCRAM against the client's half of a library. */
class ScramLoginTest {
  private static final ScramMechanism MECHANISM = ScramMechanism.SCRAM_SHA_256;
  private static final byte[] SEED = {1, 2, 3};
  private static final byte[] UNBOUND = {};
  private static final byte[] END_POINT = {4, 5, 6};

  private final ScramLogin login =
      new ScramLogin("app", Optional.of(secret("right")), SEED, UNBOUND);

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

  /** One that binds to what it sees of the channel. */
  private static ScramClient client(byte[] endPoint) {
    return ScramClient.builder()
        .advertisedMechanisms(List.of("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"))
        .username("*")
        .password("right".toCharArray())
        .channelBinding("tls-server-end-point", endPoint)
        .build();
  }

  private static ScramLogin bound() {
    return new ScramLogin("app", Optional.of(secret("right")), SEED, END_POINT);
  }

  /** What the server says to the client's first message. */
  private static String first(ScramLogin login, ScramClient client) {
    return first(
        login, client.getScramMechanism().getName(), client.clientFirstMessage().toString());
  }

  private static String first(ScramLogin login, String mechanism, String first) {
    return said(login, initial(mechanism, first));
  }

  /** SASLInitialResponse without its type and length. */
  private static ByteBuf initial(String mechanism, String first) {
    byte[] message = first.getBytes(StandardCharsets.UTF_8);
    return text(mechanism + "\0").writeInt(message.length).writeBytes(message);
  }

  private static String said(ScramLogin login, ByteBuf body) {
    ByteBuf out = Unpooled.buffer();
    login.answer(body, out);
    return out.skipBytes(9).toString(StandardCharsets.UTF_8);
  }

  private static ByteBuf text(String text) {
    return Unpooled.buffer().writeBytes(text.getBytes(StandardCharsets.UTF_8));
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
    ScramLogin nobody = new ScramLogin("nobody", Optional.empty(), SEED, UNBOUND);
    ScramLogin again = new ScramLogin("nobody", Optional.empty(), SEED, UNBOUND);
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
    ScramLogin other = new ScramLogin("app", Optional.of(secret("right")), SEED, UNBOUND);
    first(other, client("right"));
    assertThatThrownBy(() -> said(other, text(last))).isInstanceOf(ClientFailure.class);
  }

  private static void isRefused(String sqlState, ThrowingCallable login) {
    assertThatThrownBy(login)
        .isInstanceOfSatisfying(
            ClientFailure.class, e -> assertThat(e.sqlState()).isEqualTo(sqlState));
  }

  @Test
  void aProofThatIsBoundToTheChannelIsTaken() throws Exception {
    ScramLogin login = bound();
    ScramClient client = client(END_POINT);
    client.serverFirstMessage(first(login, client));
    client.serverFinalMessage(said(login, text(client.clientFinalMessage().toString())));
    assertThat(login.isComplete()).isTrue();
  }

  /** Whoever stands between has another certificate. */
  @Test
  void aProofThatIsBoundToAnotherChannelIsWorthNothing() throws Exception {
    ScramLogin login = bound();
    ScramClient client = client(new byte[] {7});
    client.serverFirstMessage(first(login, client));
    ByteBuf last = text(client.clientFinalMessage().toString());
    isRefused("28000", () -> said(login, last));
    assertThat(login.isComplete()).isFalse();
  }

  @Test
  void aClientThatWasToldOfNoBindingFindsOut() {
    isRefused("28000", () -> first(bound(), "SCRAM-SHA-256", "y,,n=*,r=abcdefghijklmnop"));
    // Where there is none it is right.
    assertThat(first(login, "SCRAM-SHA-256", "y,,n=*,r=abcdefghijklmnop")).contains("i=4096");
  }

  @Test
  void aBindingThatDoesNotFitTheMechanismBreaksTheProtocol() {
    assertThatThrownBy(() -> first(bound(), "SCRAM-SHA-256-PLUS", "n,,n=*,r=abcdefghijklmnop"))
        .isInstanceOf(ProtocolException.class);
    assertThatThrownBy(
            () -> first(bound(), "SCRAM-SHA-256", "p=tls-server-end-point,,n=*,r=abcdefghijklmnop"))
        .isInstanceOf(ProtocolException.class);
    assertThatThrownBy(
            () -> first(bound(), "SCRAM-SHA-256-PLUS", "p=tls-unique,,n=*,r=abcdefghijklmnop"))
        .isInstanceOf(ProtocolException.class);
    assertThatThrownBy(() -> first(login, "SCRAM-SHA-256-PLUS", "n,,n=*,r=abcdefghijklmnop"))
        .isInstanceOf(ProtocolException.class);
  }

  @Test
  void whatIsNotScramBreaksTheProtocol() {
    assertThatThrownBy(() -> said(login, text("SCRAM-SHA-1\0\0\0\0\0")))
        .isInstanceOf(ProtocolException.class);
    assertThatThrownBy(() -> said(login, text("SCRAM-SHA-256\0\0\0\0\3abc")))
        .isInstanceOf(ProtocolException.class);
    first(login, client("right"));
    assertThatThrownBy(() -> said(login, text("nonsense"))).isInstanceOf(ProtocolException.class);
    assertThatThrownBy(() -> said(login, text("nonsense,p=AAAA")))
        .isInstanceOf(ProtocolException.class);
  }

  // --- libpq, which leaves the user's name empty

  private static void isLetIn(ScramLogin login, LibpqScram client) throws Exception {
    String asked = said(login, initial(client.mechanism(), client.first()));
    assertThat(said(login, text(client.last(asked)))).isEqualTo(client.serverFinal());
    assertThat(login.isComplete()).isTrue();
    assertThat(login.credential()).isNotEmpty();
  }

  private static void isRefused(String sqlState, ScramLogin login, LibpqScram client)
      throws Exception {
    String last = client.last(said(login, initial(client.mechanism(), client.first())));
    isRefused(sqlState, () -> said(login, text(last)));
    assertThat(login.isComplete()).isFalse();
  }

  @Test
  void libpqIsLetInAlthoughItsMessageNamesNobody() throws Exception {
    LibpqScram client = LibpqScram.plain("right");
    assertThat(client.first()).isEqualTo("n,,n=,r=rOprNGfwEbeRWgbNEkqO8Z1v");
    isLetIn(login, client);
    isLetIn(bound(), LibpqScram.plain("right")); // channel_binding=disable
    isRefused("28P01", bound(), LibpqScram.plain("wrong"));
  }

  @Test
  void libpqIsLetInWithItsProofBoundToTheChannel() throws Exception {
    LibpqScram client = LibpqScram.bound("right", END_POINT);
    assertThat(client.first()).isEqualTo("p=tls-server-end-point,,n=,r=rOprNGfwEbeRWgbNEkqO8Z1v");
    isLetIn(bound(), client);
    isRefused("28P01", bound(), LibpqScram.bound("wrong", END_POINT));
    isRefused("28000", bound(), LibpqScram.bound("right", new byte[] {7}));
  }

  @Test
  void libpqFindsOutThatSomebodyHasHiddenTheBinding() throws Exception {
    isRefused("28000", () -> first(bound(), "SCRAM-SHA-256", "y,,n=,r=abcdefghijklmnop"));
    // Over TLS with a certificate that cannot be bound to, it is right.
    isLetIn(login, LibpqScram.of("right", "y,,", "n=,r=abcdefghijklmnop", UNBOUND));
  }

  /** The proof is made over what was sent, not over what somebody would have sent in its place. */
  @Test
  void theProofIsCheckedAgainstTheMessageAsItWasSent() throws Exception {
    for (String bare :
        List.of(
            "n=zo\u00eb,r=abcdefghijklmnop",
            "n=\ufeffa=b=2C \u0001,r=abcdefghijklmnop",
            "n=,r=a,x=1,y=zo\u00eb")) {
      ScramLogin login = new ScramLogin("app", Optional.of(secret("right")), SEED, UNBOUND);
      isLetIn(login, LibpqScram.of("right", "n,,", bare, UNBOUND));
    }
  }
}
