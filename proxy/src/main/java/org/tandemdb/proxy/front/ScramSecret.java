package org.tandemdb.proxy.front;

import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a server keeps to check a password by SCRAM-SHA-256 without knowing it, as PostgreSQL stores
 * it: {@code SCRAM-SHA-256$iterations:salt$stored key:server key}.
 *
 * @param salt as it is sent, in Base64
 */
@SuppressWarnings("ArrayRecordComponent")
record ScramSecret(int iterations, String salt, byte[] storedKey, byte[] serverKey) {
  private static final Pattern FORM =
      Pattern.compile("SCRAM-SHA-256\\$([0-9]{1,9}):([^$:]+)\\$([^$:]+):([^$:]+)");

  private static final int KEY_BYTES = 32;

  /**
   * @throws IllegalArgumentException if it is not one; the text is not repeated
   */
  static ScramSecret parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "a secret has the form SCRAM-SHA-256$iterations:salt$stored key:server key, as in"
              + " pg_authid.rolpassword");
    }
    Base64.Decoder decoder = Base64.getDecoder();
    decoder.decode(matcher.group(2));
    byte[] stored = decoder.decode(matcher.group(3));
    byte[] server = decoder.decode(matcher.group(4));
    if (stored.length != KEY_BYTES || server.length != KEY_BYTES) {
      throw new IllegalArgumentException("the keys of a secret have " + KEY_BYTES + " bytes each");
    }
    return new ScramSecret(Integer.parseInt(matcher.group(1)), matcher.group(2), stored, server);
  }

  /** Without what is secret. */
  @Override
  public String toString() {
    return "ScramSecret[" + iterations + "]";
  }
}
