package org.tandemdb.it.proxy;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** A client's conversation, by a seed, with some of its bytes spoilt. */
final class HostileStream {
  private static final int TIMEOUT_MILLIS = 20_000;
  private static final int MOST_MESSAGES = 12;

  private static final List<String> TEXTS =
      List.of(
          "",
          "SELECT 1",
          "SELECT $1::int",
          "BEGIN",
          "COMMIT",
          "ROLLBACK",
          "SAVEPOINT s",
          "ROLLBACK TO s",
          "INSERT INTO prey VALUES (21, 'y')",
          "INSERT INTO prey VALUES ($1, $2)",
          "UPDATE prey SET word = word || 'z' WHERE n = 3",
          "DELETE FROM prey WHERE n = 21",
          "SELECT * FROM prey",
          "COPY prey FROM STDIN",
          "COPY prey TO STDOUT",
          "LISTEN hostile",
          "NOTIFY hostile, 'x'",
          "SHOW TANDEM SESSIONS",
          "DECLARE c CURSOR FOR SELECT * FROM prey",
          "FETCH 3 FROM c",
          "SET search_path = nowhere",
          "DISCARD ALL",
          "SELECT '\u0001\u00ff",
          "a",
          "b");

  private final long seed;
  private final Random random;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final DataOutputStream out = new DataOutputStream(bytes);

  HostileStream(long seed) {
    this.seed = seed;
    this.random = new Random(seed);
  }

  /** Says it, and hears the answers to their end; what is wrong with them, if anything. */
  Optional<String> play(int port) throws IOException {
    byte[] said = conversation();
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(TIMEOUT_MILLIS);
      try {
        socket.getOutputStream().write(said);
        if (random.nextInt(4) == 0) {
          return Optional.empty(); // and goes without a word
        }
        socket.shutdownOutput();
        return heard(new DataInputStream(socket.getInputStream()));
      } catch (SocketTimeoutException e) {
        return Optional.of("seed " + seed + ": the connection is left open");
      } catch (SocketException | EOFException e) {
        return Optional.empty(); // sent away
      }
    }
  }

  private Optional<String> heard(DataInputStream in) throws IOException {
    for (int type = in.read(); type >= 0; type = in.read()) {
      if (type == 'N' && in.available() == 0) {
        continue;
      }
      byte[] body = new byte[in.readInt() - Integer.BYTES];
      in.readFully(body);
      String text = new String(body, StandardCharsets.UTF_8);
      if (type == 'E' && text.contains("CXX000")) {
        return Optional.of("seed " + seed + ": " + text.replace('\0', ' '));
      }
    }
    return Optional.empty();
  }

  private byte[] conversation() {
    try {
      if (random.nextInt(20) > 0) {
        byte[] parameters = "user\0shop\0database\0shop\0\0".getBytes(StandardCharsets.UTF_8);
        out.writeInt(8 + parameters.length);
        out.writeInt(3 << 16);
        out.write(parameters);
      }
      int whole = bytes.size();
      int messages = 1 + random.nextInt(MOST_MESSAGES);
      for (int i = 0; i < messages; i++) {
        message();
      }
      byte[] all = bytes.toByteArray();
      // Seldom the start, or nobody would get any further.
      return spoilt(all, random.nextInt(10) == 0 ? 0 : whole);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String text() {
    return TEXTS.get(random.nextInt(TEXTS.size()));
  }

  private String name() {
    return List.of("", "a", "b").get(random.nextInt(3));
  }

  private void message() throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    DataOutputStream to = new DataOutputStream(body);
    char type = "QQPBDECSSHFdcfpX".charAt(random.nextInt(16));
    switch (type) {
      case 'Q' -> string(to, text());
      case 'P' -> {
        string(to, name());
        string(to, text());
        to.writeShort(0);
      }
      case 'B' -> {
        string(to, name());
        string(to, name());
        to.writeShort(0);
        int count = random.nextInt(3);
        to.writeShort(count);
        for (int i = 0; i < count; i++) {
          to.writeInt(2);
          to.writeBytes("7" + random.nextInt(10));
        }
        to.writeShort(0);
      }
      case 'D', 'C' -> {
        to.writeByte("SPx".charAt(random.nextInt(3)));
        string(to, name());
      }
      case 'E' -> {
        string(to, name());
        to.writeInt(random.nextInt(4) - 1);
      }
      case 'F' -> {
        to.writeInt(random.nextInt(3000));
        to.writeShort(0);
        to.writeShort(0);
        to.writeShort(0);
      }
      case 'd' -> to.writeBytes("22\tq\n");
      case 'f', 'p' -> string(to, text());
      default -> {
        // Nothing in it.
      }
    }
    out.writeByte(type);
    out.writeInt(Integer.BYTES + body.size());
    body.writeTo(out);
  }

  private static void string(DataOutputStream to, String text) throws IOException {
    to.write(text.getBytes(StandardCharsets.UTF_8));
    to.writeByte(0);
  }

  /** Up to three changes behind {@code from}. */
  private byte[] spoilt(byte[] all, int from) {
    byte[] changed = all;
    for (int i = random.nextInt(4); i > 0 && changed.length > from; i--) {
      int at = from + random.nextInt(changed.length - from);
      switch (random.nextInt(4)) {
        case 0 -> changed[at] = (byte) random.nextInt();
        case 1 -> changed[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> changed = Arrays.copyOf(changed, at);
        default -> {
          byte[] longer = Arrays.copyOf(changed, changed.length + 5);
          System.arraycopy(changed, at, longer, at + 5, changed.length - at);
          changed = longer;
        }
      }
    }
    return changed;
  }
}
