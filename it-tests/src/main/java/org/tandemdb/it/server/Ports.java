package org.tandemdb.it.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Free TCP ports. They lie below those that systems give to outgoing connections: a client that
 * tries to reach a server that is down could else be given the server's own port, and talk to
 * itself. Each process has ranges of its own, since a port whose server is down for a moment must
 * not be taken by somebody else's: it holds the first of each range as long as it lives.
 */
public final class Ports {
  private static final int LOWEST = 15432;
  private static final int RANGE = 64;
  private static final int RANGES = 258;
  private static final int ATTEMPTS = 1000;

  /** What is held; the end of the process lets it go. */
  private static final List<ServerSocket> HELD = new ArrayList<>();

  private static int next;
  private static int end;

  private Ports() {}

  /** A port that nobody listens on, and that has not been given in this process before. */
  public static synchronized int next() throws IOException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (next == end && !takeRange()) {
        continue;
      }
      int port = next;
      next++;
      if (isFree(port)) {
        return port;
      }
    }
    throw new IOException(
        "no free port between " + LOWEST + " and " + (LOWEST + RANGES * RANGE - 1));
  }

  private static boolean takeRange() throws IOException {
    int first = LOWEST + RANGE * ThreadLocalRandom.current().nextInt(RANGES);
    ServerSocket holder = new ServerSocket();
    try {
      bind(holder, first);
    } catch (IOException taken) {
      holder.close();
      return false;
    }
    HELD.add(holder);
    next = first + 1;
    end = first + RANGE;
    return true;
  }

  private static void bind(ServerSocket socket, int port) throws IOException {
    socket.setReuseAddress(true);
    socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      bind(socket, port);
      return true;
    } catch (IOException taken) {
      return false;
    }
  }
}
