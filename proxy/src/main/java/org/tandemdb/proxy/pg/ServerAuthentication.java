package org.tandemdb.proxy.pg;

import com.ongres.scram.client.ScramClient;
import com.ongres.scram.common.exception.ScramException;
import com.ongres.scram.common.util.TlsServerEndpoint;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.CorruptedFrameException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Proves to a server who a link is: trust, cleartext, MD5, SCRAM-SHA-256, over TLS bound to the
 * server's certificate. A server that has been asked for SCRAM must prove in turn that it knows the
 * secret. Owned by its wire.
 */
final class ServerAuthentication {
  private static final int MOST_MECHANISMS = 16;

  private final String user;
  private final String password;
  private final Optional<ScramKeys> keys;
  private final ServerTls.Binding binding;
  private @Nullable ScramClient scram;
  private boolean complete;
  private boolean bound;

  /**
   * @param password or {@link ScramKeys#text}
   */
  ServerAuthentication(String user, String password, ServerTls.Binding binding) {
    this.user = user;
    this.keys = ScramKeys.of(password);
    this.password = keys.isPresent() ? "" : password;
    this.binding = binding;
  }

  /** True when the server has let the link in. */
  boolean isComplete() {
    return complete;
  }

  /**
   * What to answer to an Authentication message; empty for nothing.
   *
   * @param certificate the server's, with TLS
   * @throws CorruptedFrameException for a method that is not known, or a server that fails to prove
   *     itself
   */
  byte[] answer(ByteBuf body, Optional<X509Certificate> certificate) {
    int method = BackendMessages.int32(body);
    try {
      return switch (method) {
        case 0 -> admitted();
        case 3 -> {
          requireBinding(false);
          yield text(needed());
        }
        case 5 -> {
          requireBinding(false);
          yield md5(rest(body));
        }
        case 10 -> scramFirst(body, certificate);
        case 11 -> scramFinal(string(rest(body)));
        case 12 -> scramProof(string(rest(body)));
        default ->
            throw new CorruptedFrameException(
                "the server asks for authentication method " + method + ", which is not known");
      };
    } catch (ScramException e) {
      throw new CorruptedFrameException("SCRAM: " + e.getMessage(), e);
    }
  }

  private byte[] admitted() {
    requireBinding(bound);
    complete = true;
    return new byte[0];
  }

  /** Before anything is shown that could be passed on. */
  private void requireBinding(boolean isThere) {
    if (binding == ServerTls.Binding.REQUIRE && !isThere) {
      throw new CorruptedFrameException("channelBinding=require, and the server does not bind");
    }
  }

  private String needed() {
    if (password.isEmpty()) {
      throw new CorruptedFrameException(
          keys.isPresent()
              ? "the server asks for the password itself, and the proxy has only seen SCRAM's proof"
              : "the server asks for a password, and there is none");
    }
    return password;
  }

  private byte[] md5(byte[] salt) {
    byte[] inner = hex(digest(bytes(needed()), bytes(user)));
    byte[] outer = hex(digest(inner, salt));
    return text("md5" + string(outer));
  }

  private static byte[] hex(byte[] bytes) {
    return bytes(HexFormat.of().formatHex(bytes));
  }

  private static byte[] digest(byte[] first, byte[] second) {
    try {
      MessageDigest md5 = MessageDigest.getInstance("MD5");
      md5.update(first);
      return md5.digest(second);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has MD5", e);
    }
  }

  private byte[] scramFirst(ByteBuf body, Optional<X509Certificate> certificate) {
    List<String> mechanisms = new ArrayList<>();
    for (String name = BackendMessages.cstring(body);
        !name.isEmpty() && mechanisms.size() < MOST_MECHANISMS;
        name = BackendMessages.cstring(body)) {
      mechanisms.add(name);
    }
    ScramClient client = scramClient(mechanisms, certificate);
    bound = client.getScramMechanism().isPlus();
    requireBinding(bound);
    scram = client;
    byte[] name = text(client.getScramMechanism().getName());
    byte[] first = bytes(client.clientFirstMessage().toString());
    byte[] answer = new byte[name.length + Integer.BYTES + first.length];
    System.arraycopy(name, 0, answer, 0, name.length);
    for (int i = 0; i < Integer.BYTES; i++) {
      answer[name.length + i] = (byte) (first.length >>> (8 * (Integer.BYTES - 1 - i)));
    }
    System.arraycopy(first, 0, answer, name.length + Integer.BYTES, first.length);
    return answer;
  }

  private ScramClient scramClient(List<String> mechanisms, Optional<X509Certificate> certificate) {
    try {
      byte[] endPoint =
          certificate.isPresent() && binding != ServerTls.Binding.DISABLE
              ? TlsServerEndpoint.getChannelBindingData(certificate.get())
              : new byte[0];
      if (endPoint.length == 0) {
        mechanisms.removeIf(name -> name.endsWith("-PLUS"));
      }
      // PostgreSQL takes the user from the start-up message.
      ScramClient.PasswordBuildStage named =
          ScramClient.builder().advertisedMechanisms(mechanisms).username("*");
      ScramClient.FinalBuildStage builder =
          keys.isPresent()
              ? named.clientAndServerKey(keys.get().clientKey(), keys.get().serverKey())
              : named.password(needed().toCharArray());
      return endPoint.length == 0
          ? builder.build()
          : builder.channelBinding(TlsServerEndpoint.TLS_SERVER_END_POINT, endPoint).build();
    } catch (CertificateEncodingException | IllegalArgumentException e) {
      throw new CorruptedFrameException("SCRAM: " + e.getMessage(), e);
    }
  }

  private byte[] scramFinal(String message) throws ScramException {
    ScramClient client = started();
    client.serverFirstMessage(message);
    return bytes(client.clientFinalMessage().toString());
  }

  private byte[] scramProof(String message) throws ScramException {
    started().serverFinalMessage(message);
    return new byte[0];
  }

  private ScramClient started() {
    ScramClient client = scram;
    if (client == null) {
      throw new CorruptedFrameException("SCRAM has not begun");
    }
    return client;
  }

  private static byte[] rest(ByteBuf body) {
    byte[] bytes = new byte[body.readableBytes()];
    body.readBytes(bytes);
    return bytes;
  }

  private static byte[] text(String text) {
    return bytes(text + "\0");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String string(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
