package org.tandemdb.it.proxy;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** A client that says what it is told, message by message, and hears every answer. */
final class WireClient implements Closeable {
  private static final int TIMEOUT_MILLIS = 30_000;

  private Socket socket;
  private boolean oldest;
  private String lastError = "none";
  private DataInputStream in;
  private final ByteArrayOutputStream gathered = new ByteArrayOutputStream();
  private final DataOutputStream out = new DataOutputStream(gathered);

  WireClient(int port) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(TIMEOUT_MILLIS);
    in = new DataInputStream(socket.getInputStream());
  }

  /** The next {@link #encrypt} speaks TLS 1.2. */
  WireClient oldest() {
    oldest = true;
    return this;
  }

  /**
   * Goes on in TLS, and asks nobody whose certificate that is.
   *
   * @param protocols for ALPN
   */
  WireClient encrypt(String... protocols) throws IOException {
    try {
      SSLContext tls = SSLContext.getInstance("TLS");
      tls.init(null, new TrustManager[] {new TrustAll()}, null);
      SSLSocket encrypted =
          (SSLSocket) tls.getSocketFactory().createSocket(socket, "127.0.0.1", 0, true);
      SSLParameters parameters = encrypted.getSSLParameters();
      parameters.setApplicationProtocols(protocols);
      if (oldest) {
        parameters.setProtocols(new String[] {"TLSv1.2"});
      }
      encrypted.setSSLParameters(parameters);
      encrypted.startHandshake();
      socket = encrypted;
      in = new DataInputStream(socket.getInputStream());
      return this;
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  /** Begins the handshake anew, which only TLS 1.2 knows. */
  void renegotiate() throws IOException {
    ((SSLSocket) socket).startHandshake();
    isClosed();
  }

  private static final class TrustAll extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket on) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket on) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine on) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine on) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  /** One that has been let in. */
  static WireClient ready(int port) throws IOException {
    WireClient client = new WireClient(port);
    client.startup(3 << 16, "user", "shop", "database", "shop").send();
    client.until('Z');
    return client;
  }

  /**
   * An answer.
   *
   * @param body without type and length
   */
  record Answer(char type, byte[] body) {
    String text() {
      return new String(body, StandardCharsets.UTF_8);
    }

    /** A field of ErrorResponse or NoticeResponse. */
    String field(char name) {
      int at = 0;
      while (body[at] != 0) {
        int end = at + 1;
        while (body[end] != 0) {
          end++;
        }
        if (body[at] == name) {
          return new String(body, at + 1, end - at - 1, StandardCharsets.UTF_8);
        }
        at = end + 1;
      }
      return "";
    }

    /** Of NotificationResponse: channel and payload. */
    String notification() {
      if (type != 'A') {
        throw new IllegalStateException("not a notification: " + this);
      }
      byte[] rest = Arrays.copyOfRange(body, 4, body.length - 1);
      return new String(rest, StandardCharsets.UTF_8).replace("\0", ": ");
    }

    /** Type and what matters of the body. */
    @Override
    public String toString() {
      return switch (type) {
        case 'C' -> "C " + text().replace("\0", "");
        case 'Z' -> "Z" + text();
        case 'E', 'N' -> type + " " + field('C');
        case 'D' -> "D " + values();
        case 'T' -> "T " + columns();
        default -> String.valueOf(type);
      };
    }

    private List<String> values() {
      List<String> values = new ArrayList<>();
      int at = 2;
      for (int i = 0; i < count(); i++) {
        int length = int32(at);
        at += 4;
        values.add(length < 0 ? "-" : new String(body, at, length, StandardCharsets.UTF_8));
        at += Math.max(0, length);
      }
      return values;
    }

    private List<String> columns() {
      List<String> columns = new ArrayList<>();
      int at = 2;
      for (int i = 0; i < count(); i++) {
        int end = at;
        while (body[end] != 0) {
          end++;
        }
        columns.add(new String(body, at, end - at, StandardCharsets.UTF_8));
        at = end + 19;
      }
      return columns;
    }

    private int count() {
      return (body[0] & 0xff) << 8 | (body[1] & 0xff);
    }

    int int32(int at) {
      return (body[at] & 0xff) << 24
          | (body[at + 1] & 0xff) << 16
          | (body[at + 2] & 0xff) << 8
          | (body[at + 3] & 0xff);
    }
  }

  WireClient startup(int protocol, String... parameters) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (String text : parameters) {
      body.writeBytes(cstring(text));
    }
    body.write(0);
    return raw(body.size() + 8, protocol).bytes(body.toByteArray());
  }

  /** Two numbers, as requests without a type begin. */
  WireClient raw(int... numbers) {
    try {
      for (int number : numbers) {
        out.writeInt(number);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  WireClient bytes(byte... bytes) {
    gathered.writeBytes(bytes);
    return this;
  }

  WireClient message(char type, byte... body) {
    bytes((byte) type);
    raw(body.length + 4);
    return bytes(body);
  }

  WireClient query(String sql) {
    return message('Q', cstring(sql));
  }

  WireClient parse(String name, String sql) {
    return message('P', join(cstring(name), cstring(sql), new byte[2]));
  }

  /** Without parameters, results in text. */
  WireClient bind(String portal, String statement) {
    return message('B', join(cstring(portal), cstring(statement), new byte[6]));
  }

  /** One parameter in text. */
  WireClient bind(String portal, String statement, String value) {
    byte[] text = value.getBytes(StandardCharsets.UTF_8);
    return message(
        'B',
        join(
            cstring(portal),
            cstring(statement),
            new byte[] {0, 0, 0, 1, 0, 0, 0, (byte) text.length},
            text,
            new byte[2]));
  }

  WireClient describe(char what, String name) {
    return message('D', join(new byte[] {(byte) what}, cstring(name)));
  }

  WireClient execute(String portal, int rows) {
    return message('E', join(cstring(portal), new byte[] {0, 0, 0, (byte) rows}));
  }

  WireClient sync() {
    return message('S');
  }

  WireClient flush() {
    return message('H');
  }

  void send() throws IOException {
    socket.getOutputStream().write(gathered.toByteArray());
    socket.getOutputStream().flush();
    gathered.reset();
  }

  /** The byte that answers a request for encryption. */
  char oneByte() throws IOException {
    return (char) in.readUnsignedByte();
  }

  Answer answer() throws IOException {
    int type = in.read();
    if (type < 0) {
      throw new EOFException("the server closed the connection; its last error: " + lastError);
    }
    byte[] body = new byte[in.readInt() - 4];
    in.readFully(body);
    Answer answer = new Answer((char) type, body);
    if (type == 'E') {
      lastError = answer.field('C') + " " + answer.field('M');
    }
    return answer;
  }

  /** Reads past so much of what is answered. */
  void skip(int bytes) throws IOException {
    in.readFully(new byte[bytes]);
  }

  /** All answers up to one of that type, settings left out. */
  List<Answer> until(char type) throws IOException {
    List<Answer> answers = new ArrayList<>();
    Answer last;
    do {
      last = answer();
      if (last.type() != 'S') {
        answers.add(last);
      }
    } while (last.type() != type);
    return answers;
  }

  /** As {@link #until}, in words. */
  List<String> words(char type) throws IOException {
    return until(type).stream().map(Answer::toString).toList();
  }

  /** True if nothing more comes, ever. */
  boolean isClosed() throws IOException {
    try {
      return in.read() < 0;
    } catch (SocketException | EOFException e) {
      return true;
    }
  }

  static byte[] cstring(String text) {
    return (text + "\0").getBytes(StandardCharsets.UTF_8);
  }

  static byte[] join(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
