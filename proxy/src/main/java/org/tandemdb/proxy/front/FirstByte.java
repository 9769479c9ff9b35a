package org.tandemdb.proxy.front;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * Looks at the first byte of a connection: a client may begin with the TLS handshake itself,
 * without asking (PostgreSQL 17's {@code sslnegotiation=direct}). Takes itself out afterwards. On
 * the event loop.
 */
final class FirstByte extends ByteToMessageDecoder {
  /** What a TLS record of a handshake begins with; no start-up message does. */
  private static final int HANDSHAKE = 0x16;

  private final Optional<ClientTls> tls;
  private final ClientLogin login;
  private final Executor executor;

  /**
   * @param executor see {@link ClientTls#handler}
   */
  FirstByte(Optional<ClientTls> tls, ClientLogin login, Executor executor) {
    this.tls = tls;
    this.login = login;
    this.executor = executor;
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
    if (in.getByte(in.readerIndex()) == HANDSHAKE) {
      if (tls.isEmpty()) {
        in.skipBytes(in.readableBytes());
        context.close(); // whoever expects TLS could not read why
        return;
      }
      login.isDirect();
      context
          .pipeline()
          .addAfter(
              context.name(), ClientLogin.TLS, tls.get().handler(context.channel(), executor));
    }
    context.pipeline().remove(this);
  }
}
