package org.tandemdb.it.proxy;

import com.ongres.scram.common.ScramFunctions;
import com.ongres.scram.common.ScramMechanism;
import com.ongres.scram.common.StringPreparation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Logs in by SCRAM with the bytes that libpq sends. Its first message names nobody ({@code n=}),
 * which libraries' clients do not do.
 */
final class LibpqLogin {
  private static final ScramMechanism HASH = ScramMechanism.SCRAM_SHA_256;
  private static final String BARE = "n=,r=rOprNGfwEbeRWgbNEkqO8Z1v";

  private final String header;
  private final byte[] endPoint;

  private LibpqLogin(String header, byte[] endPoint) {
    this.header = header;
    this.endPoint = endPoint;
  }

  /** {@code channel_binding=disable}, or without TLS. */
  static LibpqLogin unbound() {
    return new LibpqLogin("n,,", new byte[0]);
  }

  /**
   * {@code channel_binding=require}.
   *
   * @param endPoint the hash of the proxy's certificate
   */
  static LibpqLogin bound(byte[] endPoint) {
    return new LibpqLogin("p=tls-server-end-point,,", endPoint);
  }

  /**
   * From the start-up message to the answer to the proof.
   *
   * @param client that has encrypted what it wants encrypted
   * @return ErrorResponse, or AuthenticationOk after a proof of the server's that was right
   */
  WireClient.Answer of(WireClient client, String user, String password) throws IOException {
    client.startup(3 << 16, "user", user, "database", "shop", "application_name", "psql").send();
    authentication(client, 10);
    byte[] first = bytes(header + BARE);
    String mechanism = endPoint.length > 0 ? "SCRAM-SHA-256-PLUS" : "SCRAM-SHA-256";
    byte[] length = ByteBuffer.allocate(Integer.BYTES).putInt(first.length).array();
    client.message('p', WireClient.join(WireClient.cstring(mechanism), length, first)).send();
    String asked = authentication(client, 11);

    String[] parts = asked.split(",", 3);
    byte[] salt = Base64.getDecoder().decode(parts[1].substring(2));
    byte[] salted =
        ScramFunctions.saltedPassword(
            HASH,
            StringPreparation.POSTGRESQL_PREPARATION,
            password.toCharArray(),
            salt,
            Integer.parseInt(parts[2].substring(2)));
    String unproven = "c=" + base64(WireClient.join(bytes(header), endPoint)) + "," + parts[0];
    String signed = BARE + "," + asked + "," + unproven;
    byte[] key = ScramFunctions.clientKey(HASH, salted);
    byte[] mask = ScramFunctions.clientSignature(HASH, ScramFunctions.storedKey(HASH, key), signed);
    client
        .message('p', bytes(unproven + ",p=" + base64(ScramFunctions.clientProof(key, mask))))
        .send();
    WireClient.Answer answer = client.answer();
    if (answer.type() == 'E') {
      return answer;
    }
    byte[] serverKey = ScramFunctions.serverKey(HASH, salted);
    String expected = "v=" + base64(ScramFunctions.serverSignature(HASH, serverKey, signed));
    if (answer.int32(0) != 12 || !answer.text().substring(Integer.BYTES).equals(expected)) {
      throw new IOException("the server has not shown that it knows the secret");
    }
    return client.answer();
  }

  /** What an authentication request of that kind says. */
  private static String authentication(WireClient client, int kind) throws IOException {
    WireClient.Answer answer = client.answer();
    if (answer.type() != 'R' || answer.int32(0) != kind) {
      throw new IOException("not the request " + kind + " but " + answer);
    }
    return answer.text().substring(Integer.BYTES);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }
}
