package org.tandemdb.backend.pg;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.SocketFactory;

/**
 * Makes sockets whose reads block in one system call. The JDK makes a socket non-blocking for good
 * when it is connected with a time-out, and then each answer costs three calls: read, poll, read.
 * Here a timer closes the socket instead when connecting takes too long.
 *
 * <p>Thread-safe. Public, with a constructor without arguments, because pgjdbc makes it by its
 * name.
 */
public final class PlainSockets extends SocketFactory {

  @Override
  public Socket createSocket() {
    return new PlainSocket();
  }

  @Override
  public Socket createSocket(String host, int port) throws IOException {
    return new Socket(host, port);
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress localHost, int localPort)
      throws IOException {
    return new Socket(host, port, localHost, localPort);
  }

  @Override
  public Socket createSocket(InetAddress host, int port) throws IOException {
    return new Socket(host, port);
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort)
      throws IOException {
    return new Socket(host, port, localHost, localPort);
  }

  private static final class PlainSocket extends Socket {

    @Override
    public void connect(SocketAddress endpoint, int timeout) throws IOException {
      if (timeout <= 0) {
        super.connect(endpoint, 0);
        return;
      }
      CompletableFuture<Boolean> late = new CompletableFuture<>();
      late.completeOnTimeout(true, timeout, TimeUnit.MILLISECONDS)
          .thenAccept(
              isLate -> {
                if (isLate) {
                  closeNow();
                }
              });
      try {
        super.connect(endpoint, 0);
      } catch (IOException e) {
        if (late.complete(false)) {
          throw e;
        }
        SocketTimeoutException timedOut = new SocketTimeoutException("Connect timed out");
        timedOut.initCause(e);
        throw timedOut;
      }
      if (!late.complete(false)) {
        throw new SocketTimeoutException("Connect timed out");
      }
    }

    private void closeNow() {
      try {
        close();
      } catch (IOException e) {
        throw new IllegalStateException("closing a socket that did not connect failed", e);
      }
    }
  }
}
