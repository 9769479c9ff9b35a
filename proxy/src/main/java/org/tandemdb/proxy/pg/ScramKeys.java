package org.tandemdb.proxy.pg;

import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a client has shown of its password when it proved by SCRAM that it knows it: enough to prove
 * the same to every server that keeps the same secret, and to nobody else.
 */
@SuppressWarnings("ArrayRecordComponent")
public record ScramKeys(byte[] clientKey, byte[] serverKey) {
  private static final Pattern FORM = Pattern.compile("scram-keys:([^:]+):([^:]+)");

  /** In the place of a password, where the engine takes one. */
  public String text() {
    Base64.Encoder encoder = Base64.getEncoder();
    return "scram-keys:"
        + encoder.encodeToString(clientKey)
        + ":"
        + encoder.encodeToString(serverKey);
  }

  /** Empty for what is a password. */
  static Optional<ScramKeys> of(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    try {
      Base64.Decoder decoder = Base64.getDecoder();
      return Optional.of(
          new ScramKeys(decoder.decode(matcher.group(1)), decoder.decode(matcher.group(2))));
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // somebody's password looks like it
    }
  }

  /** Without what is secret. */
  @Override
  public String toString() {
    return "ScramKeys[]";
  }
}
