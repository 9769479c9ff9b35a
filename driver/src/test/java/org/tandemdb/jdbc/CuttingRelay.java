package org.tandemdb.jdbc;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;

/** Stands between a client and a proxy, and ends a connection at the moment that a test wants. */
final class CuttingRelay implements AutoCloseable {
  /** When the next connection that says anything ends. */
  enum Cut {
    NEVER,
    /** What the client sends next does not arrive. */
    REQUEST,
    /** It arrives, is done, and the answer is lost. */
    ANSWER
  }

  private final ServerSocket listener;
  private final int target;
  private final AtomicReference<Cut> cut = new AtomicReference<>(Cut.NEVER);
  private final List<Socket> open = new CopyOnWriteArrayList<>();

  CuttingRelay(int target) throws IOException {
    this.target = target;
    this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    daemon(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  void next(Cut when) {
    cut.set(when);
  }

  /** Ends all connections, which do nothing at the moment. */
  void cutAll() throws IOException {
    for (Socket socket : open) {
      socket.close();
    }
  }

  private static void daemon(Runnable work) {
    Thread thread = new Thread(work, "relay");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
        open.add(client);
        open.add(server);
        if (listener.isClosed()) {
          // accept() may still return a connection that came while the listener was being closed.
          cutAll();
          return;
        }
        daemon(() -> carry(client, server, Cut.REQUEST));
        daemon(() -> carry(server, client, Cut.ANSWER));
      } catch (IOException e) {
        if (!listener.isClosed()) {
          throw new IllegalStateException(e);
        }
      }
    }
  }

  private void carry(Socket from, Socket to, Cut ends) {
    byte[] buffer = new byte[1 << 16];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        if (cut.compareAndSet(ends, Cut.NEVER)) {
          return;
        }
        out.write(buffer, 0, read);
      }
    } catch (IOException e) {
      // One of the two has gone, and so goes the other.
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    cutAll();
  }
}
