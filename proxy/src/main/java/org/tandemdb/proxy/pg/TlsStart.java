package org.tandemdb.proxy.pg;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLException;

/**
 * Encrypts a connection before anybody behind it learns that it is open: asks the server, or begins
 * with the handshake. Takes itself out afterwards. On the event loop.
 */
final class TlsStart extends ChannelInboundHandlerAdapter {
  private static final int SSL_REQUEST = 80877103;

  private final ServerTls tls;
  private final Executor executor;
  private boolean asked;

  /**
   * @param executor see {@link ServerTls#handler}
   */
  TlsStart(ServerTls tls, Executor executor) {
    this.tls = tls;
    this.executor = executor;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    if (tls.isDirect()) {
      encrypt(context);
      return;
    }
    asked = true;
    context.writeAndFlush(context.alloc().buffer(8).writeInt(8).writeInt(SSL_REQUEST));
  }

  private void encrypt(ChannelHandlerContext context) {
    asked = false;
    context.pipeline().addFirst(tls.handler(context.channel(), executor));
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (!asked) {
      context.fireChannelRead(message);
      return;
    }
    ByteBuf answer = (ByteBuf) message;
    int count = answer.readableBytes();
    char said = count == 0 ? ' ' : (char) answer.getByte(answer.readerIndex());
    answer.release();
    if (count == 0) {
      return;
    }
    if (count > 1) {
      // What comes behind it in the clear may be anybody's (CVE-2021-23222).
      fail(context, "the server's answer to a request for TLS is longer than one byte");
    } else if (said == 'S') {
      encrypt(context);
    } else if (said == 'N' && tls.mayBeLeft()) {
      goOn(context);
    } else {
      fail(context, "the server does not speak TLS, which the backend's sslmode demands");
    }
  }

  private static void fail(ChannelHandlerContext context, String why) {
    context.fireExceptionCaught(new SSLException(why));
    context.close();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof SslHandshakeCompletionEvent done) {
      if (done.isSuccess()) {
        goOn(context);
      } else {
        context.fireExceptionCaught(done.cause());
      }
    }
    context.fireUserEventTriggered(event);
  }

  private void goOn(ChannelHandlerContext context) {
    context.pipeline().remove(this);
    context.fireChannelActive();
  }

  /** True of a channel that is, or was about to be, encrypted. */
  static boolean isOn(io.netty.channel.Channel channel) {
    return channel.pipeline().get(SslHandler.class) != null;
  }
}
