package org.tandemdb.proxy.pg;

import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;

/**
 * How sockets are waited for: by the kernel's own interface where Netty brings the native part for
 * this machine, which costs about half the JDK's system calls and locks; else by the JDK.
 */
public final class Transport {
  /** Most messages fit, so that one system call tells that there is no more. */
  private static final int LEAST_READ = 512;

  private static final int FIRST_READ = 2048;
  private static final int MOST_READ = 64 << 10;

  private Transport() {}

  /** How much is read at a time: as it comes, but not as little as Netty's own 64 bytes. */
  public static RecvByteBufAllocator reads() {
    return new AdaptiveRecvByteBufAllocator(LEAST_READ, FIRST_READ, MOST_READ);
  }

  /** Of a group of event loops. */
  public static IoHandlerFactory handlers() {
    return Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
  }

  /** What accepts connections on one of {@code loops}. */
  public static Class<? extends ServerChannel> listening(EventLoopGroup loops) {
    return isNative(loops) ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
  }

  /** What connects to servers on one of {@code loops}. */
  static Class<? extends SocketChannel> connecting(EventLoopGroup loops) {
    return isNative(loops) ? EpollSocketChannel.class : NioSocketChannel.class;
  }

  private static boolean isNative(EventLoopGroup loops) {
    return loops instanceof IoEventLoopGroup group && group.isIoType(EpollIoHandler.class);
  }
}
