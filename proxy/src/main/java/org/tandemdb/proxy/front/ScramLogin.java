package org.tandemdb.proxy.front;

import com.ongres.scram.common.ScramFunctions;
import com.ongres.scram.common.ScramMechanism;
import com.ongres.scram.common.util.TlsServerEndpoint;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import org.tandemdb.proxy.pg.ScramKeys;

/**
 * SCRAM-SHA-256 (RFC 5802, 7677) from the server's side, over TLS also with channel binding
 * (SCRAM-SHA-256-PLUS, tls-server-end-point of RFC 5929): then whoever stands between client and
 * proxy with a certificate of his own cannot pass the proof on. A user that there is not gets the
 * same questions, with a salt that stays the same, and fails at the end: who asks does not learn
 * which names there are.
 */
final class ScramLogin implements ClientLogin.Authentication {
  private static final ScramMechanism MECHANISM = ScramMechanism.SCRAM_SHA_256;
  private static final ScramMechanism BOUND = ScramMechanism.SCRAM_SHA_256_PLUS;
  private static final String BINDING = "p=" + TlsServerEndpoint.TLS_SERVER_END_POINT;
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int NONCE_CHARACTERS = 24;
  private static final int USUAL_ITERATIONS = 4096;
  private static final int SALT_BYTES = 16;

  private final String user;
  private final Optional<ScramSecret> secret;
  private final byte[] mockSeed;

  /** Empty where there is nothing to bind to. */
  private final byte[] endPoint;

  /** What the client must show of the channel, in Base64. */
  private String binding = "";

  private String clientFirst = "";
  private String serverFirst = "";
  private String nonce = "";
  private boolean complete;
  private String credential = "";

  /**
   * @param mockSeed makes salts for users that there are not
   * @param endPoint see {@link ClientTls#endPoint}; empty without TLS
   */
  ScramLogin(String user, Optional<ScramSecret> secret, byte[] mockSeed, byte[] endPoint) {
    this.user = user;
    this.secret = secret;
    this.mockSeed = mockSeed;
    this.endPoint = endPoint.clone();
  }

  @Override
  public boolean isComplete() {
    return complete;
  }

  /** The client's key, which its proof tells whoever knows the stored one. */
  @Override
  public String credential() {
    return credential;
  }

  @Override
  public void begin(ByteBuf out) {
    String offered = endPoint.length > 0 ? BOUND.getName() + "\0" : "";
    ClientMessages.sasl(out, 10, bytes(offered + MECHANISM.getName() + "\0\0"));
  }

  @Override
  public void answer(ByteBuf body, ByteBuf out) {
    if (serverFirst.isEmpty()) {
      first(body, out);
    } else if (!complete) {
      last(body.toString(StandardCharsets.UTF_8), out);
    } else {
      throw new ProtocolException("nothing was asked");
    }
  }

  private void first(ByteBuf body, ByteBuf out) {
    String mechanism = FrontendReader.cstring(body);
    boolean bound = endPoint.length > 0 && mechanism.equals(BOUND.getName());
    if (!(bound || mechanism.equals(MECHANISM.getName())) || body.readableBytes() < Integer.BYTES) {
      throw new ProtocolException("client selected an invalid SASL authentication mechanism");
    }
    int length = body.readInt();
    if (length != body.readableBytes()) {
      throw new ProtocolException("invalid length of a SASL answer");
    }
    ScramClientFirst message = ScramClientFirst.read(body);
    checkBinding(message.flag(), bound);
    byte[] header = bytes(message.header());
    binding = Base64.getEncoder().encodeToString(bound ? join(header, endPoint) : header);
    clientFirst = message.bare();
    nonce = message.nonce() + ScramFunctions.nonce(NONCE_CHARACTERS, RANDOM);
    serverFirst =
        "r="
            + nonce
            + ",s="
            + secret.map(ScramSecret::salt).orElseGet(this::mockSalt)
            + ",i="
            + secret.map(ScramSecret::iterations).orElse(USUAL_ITERATIONS);
    ClientMessages.sasl(out, 11, bytes(serverFirst));
  }

  /**
   * @param flag what the client says of binding: {@code n} does not know it, {@code y} thinks that
   *     the server does not, {@code p=type} binds
   */
  private void checkBinding(String flag, boolean bound) {
    if (flag.equals("y") && endPoint.length > 0) {
      // Somebody has taken the mechanism out of the list on its way.
      throw new ClientFailure(
          "28000",
          "SCRAM channel binding negotiation error: the client supports channel binding but thinks"
              + " the server does not. However, this server does support it");
    }
    if (bound && flag.startsWith("p=") && !flag.equals(BINDING)) {
      throw new ProtocolException(
          "unsupported SCRAM channel-binding type \"" + flag.substring(2) + "\"");
    }
    if (bound != flag.startsWith("p=")) {
      throw new ProtocolException(
          bound
              ? "the client has chosen channel binding, and its message has none"
              : "the client requires SCRAM channel binding, which needs TLS");
    }
  }

  private static byte[] join(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  private String mockSalt() {
    byte[] hash = ScramFunctions.hmac(MECHANISM, mockSeed, bytes(user));
    return Base64.getEncoder().encodeToString(Arrays.copyOf(hash, SALT_BYTES));
  }

  private void last(String message, ByteBuf out) {
    int at = message.lastIndexOf(",p=");
    String expected = "c=" + binding + ",r=" + nonce;
    if (at < 0 || !message.startsWith("c=")) {
      throw malformed();
    }
    String withoutProof = message.substring(0, at);
    if (!withoutProof.startsWith("c=" + binding + ",")) {
      throw new ClientFailure("28000", "SCRAM channel binding check failed");
    }
    byte[] proof;
    try {
      proof = Base64.getDecoder().decode(message.substring(at + 3));
    } catch (IllegalArgumentException e) {
      throw malformed();
    }
    boolean same = MessageDigest.isEqual(bytes(withoutProof), bytes(expected));
    String all = clientFirst + "," + serverFirst + "," + withoutProof;
    ScramSecret known = secret.orElse(null);
    if (known == null
        || !same
        || proof.length != known.storedKey().length
        || !ScramFunctions.verifyClientProof(MECHANISM, proof, known.storedKey(), all)) {
      throw new ClientFailure("28P01", "password authentication failed for user \"" + user + "\"");
    }
    byte[] mask = ScramFunctions.clientSignature(MECHANISM, known.storedKey(), all);
    byte[] clientKey = ScramFunctions.clientProof(proof, mask); // the proof is the key in this mask
    credential = new ScramKeys(clientKey, known.serverKey()).text();
    byte[] signature = ScramFunctions.serverSignature(MECHANISM, known.serverKey(), all);
    ClientMessages.sasl(out, 12, bytes("v=" + Base64.getEncoder().encodeToString(signature)));
    complete = true;
  }

  private static ProtocolException malformed() {
    return new ProtocolException("malformed SCRAM message");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
