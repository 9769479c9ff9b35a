package org.tandemdb.plan;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.text.Normalizer;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A password as the server stores it for SCRAM-SHA-256 (RFC 5802, RFC 7677), so that every copy
 * stores the same: by itself each would take a salt of its own.
 */
final class ScramSecret {
  static final int SALT_BYTES = 16;

  /** The server's own default. */
  private static final int ITERATIONS = 4096;

  private static final String ALGORITHM = "HmacSHA256";

  private ScramSecret() {}

  /**
   * What is stored; empty for a password with characters whose preparation (SASLprep, RFC 4013) is
   * not known here: they must be given as they are stored.
   */
  static Optional<String> of(String password, byte[] salt) {
    if (!password.chars().allMatch(ScramSecret::isKnown)) {
      return Optional.empty();
    }
    String prepared = Normalizer.normalize(password, Normalizer.Form.NFKC);
    try {
      byte[] salted = salted(prepared.getBytes(StandardCharsets.UTF_8), salt);
      byte[] client = hmac(salted, "Client Key".getBytes(StandardCharsets.US_ASCII));
      byte[] stored = MessageDigest.getInstance("SHA-256").digest(client);
      byte[] server = hmac(salted, "Server Key".getBytes(StandardCharsets.US_ASCII));
      Base64.Encoder base64 = Base64.getEncoder();
      return Optional.of(
          "SCRAM-SHA-256$"
              + ITERATIONS
              + ":"
              + base64.encodeToString(salt)
              + "$"
              + base64.encodeToString(stored)
              + ":"
              + base64.encodeToString(server));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no " + ALGORITHM, e);
    }
  }

  /** ASCII, and letters of Latin scripts that Unicode 3.2 has. */
  private static boolean isKnown(int character) {
    return (character >= ' ' && character < 0x7f) || (character >= 0xc0 && character <= 0x220);
  }

  /** PBKDF2 with one block. */
  private static byte[] salted(byte[] password, byte[] salt) throws GeneralSecurityException {
    Mac mac = Mac.getInstance(ALGORITHM);
    mac.init(new SecretKeySpec(password, ALGORITHM));
    mac.update(salt);
    byte[] block = mac.doFinal(new byte[] {0, 0, 0, 1});
    byte[] result = block.clone();
    for (int i = 1; i < ITERATIONS; i++) {
      block = mac.doFinal(block);
      for (int k = 0; k < result.length; k++) {
        result[k] ^= block[k];
      }
    }
    return result;
  }

  private static byte[] hmac(byte[] key, byte[] text) throws GeneralSecurityException {
    Mac mac = Mac.getInstance(ALGORITHM);
    mac.init(new SecretKeySpec(key, ALGORITHM));
    return mac.doFinal(text);
  }
}
