package org.tandemdb.proxy.front;

import io.netty.buffer.ByteBuf;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The client's first message of SCRAM (RFC 5802, section 7), cut up but not changed: the proof is
 * made over {@link #bare} as it was sent. Stricter than PostgreSQL, but for the name: who logs in
 * is said in the start-up message, so that libpq leaves the name empty, which the RFC does not
 * allow, and others do not escape it. Nobody reads it, so anything that ends at a comma is taken.
 *
 * @param header flag and identity with both commas, which the binding covers
 * @param flag {@code n}, {@code y} or {@code p=type}
 * @param bare what comes behind the header
 * @param nonce the client's
 */
record ScramClientFirst(String header, String flag, String bare, String nonce) {
  private static final Pattern FLAG = Pattern.compile("[ny]|p=[A-Za-z0-9.-]+");

  /** Printable ASCII without the comma. */
  private static final Pattern NONCE = Pattern.compile("[!-+\\--~]+");

  /** An extension, of which the server knows none and may pass over all. */
  private static final Pattern EXTENSION = Pattern.compile("[A-Za-z]=[^,]+");

  /**
   * @param message up to its end; not released
   * @throws ProtocolException if it is not one
   * @throws ClientFailure 0A000, if it wants what there is not: to act as somebody else, or an
   *     extension that may not be passed over
   */
  static ScramClientFirst read(ByteBuf message) {
    String text = text(message);
    int flagEnd = text.indexOf(',');
    int headerEnd = text.indexOf(',', flagEnd + 1);
    if (flagEnd < 0 || headerEnd < 0 || text.indexOf('\0') >= 0) {
      throw malformed();
    }
    String flag = text.substring(0, flagEnd);
    String identity = text.substring(flagEnd + 1, headerEnd);
    if (!FLAG.matcher(flag).matches() || !(identity.isEmpty() || identity.startsWith("a="))) {
      throw malformed();
    }
    if (!identity.isEmpty()) {
      throw new ClientFailure(
          "0A000", "client uses authorization identity, but it is not supported");
    }
    String bare = text.substring(headerEnd + 1);
    return new ScramClientFirst(text.substring(0, headerEnd + 1), flag, bare, nonce(bare));
  }

  private static String nonce(String bare) {
    List<String> attributes = List.of(bare.split(",", -1));
    if (attributes.stream().anyMatch(attribute -> attribute.startsWith("m="))) {
      throw new ClientFailure("0A000", "client requires an unsupported SCRAM extension");
    }
    if (attributes.size() < 2
        || !attributes.get(0).startsWith("n=")
        || !attributes.get(1).startsWith("r=")) {
      throw malformed();
    }
    String nonce = attributes.get(1).substring(2);
    if (!NONCE.matcher(nonce).matches()
        || !attributes.stream().skip(2).allMatch(EXTENSION.asMatchPredicate())) {
      throw malformed();
    }
    return nonce;
  }

  /** What is no UTF-8 is refused, since it would not be what the client has signed. */
  private static String text(ByteBuf message) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(message.nioBuffer()).toString();
    } catch (CharacterCodingException e) {
      throw malformed();
    }
  }

  private static ProtocolException malformed() {
    return new ProtocolException("malformed SCRAM message");
  }
}
