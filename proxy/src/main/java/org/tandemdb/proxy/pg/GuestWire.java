package org.tandemdb.proxy.pg;

import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A socket for the vendor's driver, whose other end is a link's server session. The start-up is
 * answered here; everything else is carried. The guest's thread blocks in {@link InputStream#read},
 * the event loop never: it stops reading from the server while much waits for the guest.
 *
 * <p>Its streams belong to the guest's thread, {@link #take} to the event loop.
 */
final class GuestWire extends Socket {
  private static final int HIGH_BYTES = 1 << 20;

  /** A statement of a guest's may wait for locks; the server's own limits end it before. */
  private static final long PATIENCE_SECONDS = 600;

  private final PgWire wire;
  private final int pid;
  private final LinkedBlockingQueue<byte[]> arrived = new LinkedBlockingQueue<>();
  private final java.util.concurrent.atomic.AtomicInteger waiting =
      new java.util.concurrent.atomic.AtomicInteger();
  private final FromServer in = new FromServer();
  private final ToServer out = new ToServer();
  private volatile boolean ended;

  GuestWire(PgWire wire, int pid) {
    this.wire = wire;
    this.pid = pid;
  }

  /** Takes the connection over; complete when what comes from the server comes here. */
  CompletableFuture<Void> enter() {
    return onLoop(() -> wire.lend(this::take));
  }

  /** Gives it back. */
  CompletableFuture<Void> leave() {
    return onLoop(
        () -> {
          wire.lend(null);
          wire.reading(true);
        });
  }

  private CompletableFuture<Void> onLoop(Runnable work) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    wire.channel()
        .eventLoop()
        .execute(
            () -> {
              try {
                work.run();
                done.complete(null);
              } catch (RuntimeException e) {
                done.completeExceptionally(e);
              }
            });
    return done;
  }

  private void take(ByteBuf frame) {
    byte[] bytes = new byte[frame.readableBytes()];
    frame.getBytes(frame.readerIndex(), bytes);
    arrived.add(bytes); // empty: the connection has ended
    if (waiting.addAndGet(bytes.length) > HIGH_BYTES) {
      wire.reading(false);
    }
  }

  // ---- the socket, as far as the driver looks at it

  @Override
  public InputStream getInputStream() {
    return in;
  }

  @Override
  public OutputStream getOutputStream() {
    return out;
  }

  @Override
  public boolean isConnected() {
    return true;
  }

  @Override
  public void connect(SocketAddress endpoint, int timeout) {
    // It is.
  }

  @Override
  public @Nullable InetAddress getInetAddress() {
    return InetAddress.getLoopbackAddress();
  }

  @Override
  public void setTcpNoDelay(boolean on) {
    // The link has set what it wants.
  }

  @Override
  public void setKeepAlive(boolean on) {
    // See setTcpNoDelay.
  }

  @Override
  public void setSoTimeout(int millis) {
    // Waits are bounded in read.
  }

  @Override
  public int getSoTimeout() {
    return 0;
  }

  @Override
  public void setReceiveBufferSize(int size) {
    // See setTcpNoDelay.
  }

  @Override
  public int getReceiveBufferSize() {
    return HIGH_BYTES;
  }

  @Override
  public void setSendBufferSize(int size) {
    // See setTcpNoDelay.
  }

  @Override
  public int getSendBufferSize() {
    return HIGH_BYTES;
  }

  @Override
  public synchronized void close() {
    ended = true;
    arrived.add(new byte[0]);
  }

  @Override
  public boolean isClosed() {
    return ended;
  }

  private final class FromServer extends InputStream {
    private byte[] current = new byte[0];
    private int at;

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (at == current.length && !next()) {
        return -1;
      }
      int count = Math.min(length, current.length - at);
      System.arraycopy(current, at, into, offset, count);
      at += count;
      return count;
    }

    private boolean next() throws IOException {
      if (ended) {
        return false;
      }
      try {
        byte[] bytes = arrived.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (bytes == null) {
          throw new IOException("the server has not answered for " + PATIENCE_SECONDS + " s");
        }
        if (bytes.length == 0) {
          ended = true;
          return false;
        }
        current = bytes;
        at = 0;
        if (waiting.addAndGet(-bytes.length) <= HIGH_BYTES / 2) {
          wire.channel().eventLoop().execute(() -> wire.reading(true));
        }
        return true;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
    }

    @Override
    public int available() {
      return current.length - at;
    }
  }

  private final class ToServer extends OutputStream {
    private final ByteArrayOutputStream gathered = new ByteArrayOutputStream();
    private boolean started;

    @Override
    public void write(int b) {
      gathered.write(b);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      gathered.write(bytes, offset, length);
    }

    @Override
    public void flush() throws IOException {
      if (gathered.size() == 0) {
        return;
      }
      if (ended) {
        throw new IOException("the connection has ended");
      }
      byte[] bytes = gathered.toByteArray();
      gathered.reset();
      if (!started) {
        started = true; // the start-up message: the session has long begun
        greet();
        return;
      }
      if (bytes[0] == 'X' && bytes.length == 5) {
        return; // the session goes on without its guest
      }
      ByteBuf copy = io.netty.buffer.Unpooled.wrappedBuffer(bytes);
      wire.channel().eventLoop().execute(() -> wire.sendMore(copy));
    }

    private void greet() {
      ByteBuf hello = io.netty.buffer.Unpooled.buffer();
      hello.writeByte('R').writeInt(8).writeInt(0);
      Map.of(
              "server_version",
              wire.settings().getOrDefault("server_version", "15.0"),
              "client_encoding",
              "UTF8",
              "DateStyle",
              "ISO, MDY",
              "TimeZone",
              "UTC",
              "integer_datetimes",
              "on",
              "standard_conforming_strings",
              "on")
          .forEach((name, value) -> setting(hello, name, value));
      hello.writeByte('K').writeInt(12).writeInt(pid).writeInt(0);
      hello.writeByte('Z').writeInt(5).writeByte('I');
      byte[] bytes = new byte[hello.readableBytes()];
      hello.readBytes(bytes);
      waiting.addAndGet(bytes.length);
      arrived.add(bytes);
    }

    private static void setting(ByteBuf out, String name, String value) {
      byte[] text = (name + "\0" + value + "\0").getBytes(StandardCharsets.UTF_8);
      out.writeByte('S').writeInt(text.length + Integer.BYTES).writeBytes(text);
    }
  }
}
