package org.tandemdb.proxy.front;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/** The client's half of SCRAM-SHA-256 with the bytes of libpq, and no library's idea of them. */
final class LibpqScram {
  private static final String BARE = "n=,r=rOprNGfwEbeRWgbNEkqO8Z1v";

  private final String password;
  private final String header;
  private final String bare;
  private final byte[] endPoint;
  private String serverFinal = "";

  private LibpqScram(String password, String header, String bare, byte[] endPoint) {
    this.password = password;
    this.header = header;
    this.bare = bare;
    this.endPoint = endPoint.clone();
  }

  /** Without channel binding. */
  static LibpqScram plain(String password) {
    return of(password, "n,,", BARE, new byte[0]);
  }

  static LibpqScram bound(String password, byte[] endPoint) {
    return of(password, "p=tls-server-end-point,,", BARE, endPoint);
  }

  /** Another one that says of itself what it likes. */
  static LibpqScram of(String password, String header, String bare, byte[] endPoint) {
    return new LibpqScram(password, header, bare, endPoint);
  }

  String mechanism() {
    return header.startsWith("p=") ? "SCRAM-SHA-256-PLUS" : "SCRAM-SHA-256";
  }

  String first() {
    return header + bare;
  }

  /** The answer to the server's first message. */
  String last(String serverFirst) throws GeneralSecurityException {
    String[] asked = serverFirst.split(",", 3);
    ByteArrayOutputStream binding = new ByteArrayOutputStream();
    binding.writeBytes(header.getBytes(StandardCharsets.UTF_8));
    binding.writeBytes(endPoint);
    String withoutProof = "c=" + base64(binding.toByteArray()) + "," + asked[0];
    String signed = bare + "," + serverFirst + "," + withoutProof;

    byte[] salted =
        SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
            .generateSecret(
                new PBEKeySpec(
                    password.toCharArray(),
                    Base64.getDecoder().decode(asked[1].substring(2)),
                    Integer.parseInt(asked[2].substring(2)),
                    256))
            .getEncoded();
    byte[] proof = hmac(salted, "Client Key");
    byte[] mask = hmac(MessageDigest.getInstance("SHA-256").digest(proof), signed);
    for (int i = 0; i < proof.length; i++) {
      proof[i] ^= mask[i];
    }
    serverFinal = "v=" + base64(hmac(hmac(salted, "Server Key"), signed));
    return withoutProof + ",p=" + base64(proof);
  }

  /** What a server that knows the secret says in the end. */
  String serverFinal() {
    return serverFinal;
  }

  private static byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }
}
