package org.tandemdb.backend.pg;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;

/**
 * Hands pgjdbc a socket that is there already. pgjdbc makes its socket factory by name, and takes
 * texts only: so what a thread is about to connect with waits for it here.
 *
 * <p>Public, with a constructor without arguments, because pgjdbc makes it by its name.
 */
public final class GuestSockets extends SocketFactory {
  private static final ThreadLocal<@Nullable Socket> NEXT = new ThreadLocal<>();

  /** Connects over {@code wire} on the calling thread. */
  static Connection connect(Socket wire, String user) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", user);
    properties.setProperty("socketFactory", GuestSockets.class.getName());
    // Nothing may be sent before a verb runs: the session may be in the midst of a transaction.
    properties.setProperty("assumeMinServerVersion", "15");
    properties.setProperty("sslmode", "disable");
    properties.setProperty("gssEncMode", "disable");
    // Another thread would not find what waits here.
    properties.setProperty("loginTimeout", "0");
    properties.setProperty("connectTimeout", "0");
    NEXT.set(wire);
    try {
      Connection connection = new Driver().connect("jdbc:postgresql://guest/guest", properties);
      if (connection == null) {
        throw new SQLException("the driver does not know its own URL", "08001");
      }
      return connection;
    } finally {
      NEXT.remove();
    }
  }

  @Override
  public Socket createSocket() throws IOException {
    Socket wire = NEXT.get();
    if (wire == null) {
      throw new IOException("a guest connects once, on the thread that asked for it");
    }
    NEXT.remove();
    return wire;
  }

  @Override
  public Socket createSocket(String host, int port) throws IOException {
    return createSocket();
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress localHost, int localPort)
      throws IOException {
    return createSocket();
  }

  @Override
  public Socket createSocket(InetAddress host, int port) throws IOException {
    return createSocket();
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort)
      throws IOException {
    return createSocket();
  }
}
