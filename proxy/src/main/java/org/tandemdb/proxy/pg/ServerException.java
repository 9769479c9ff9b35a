package org.tandemdb.proxy.pg;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.sql.SQLException;

/** An error as a server said it, with all of its fields, so that a client can be told the same. */
public final class ServerException extends SQLException {
  private static final long serialVersionUID = 1L;
  private final byte[] fields;

  /**
   * @param fields the body of the ErrorResponse
   */
  ServerException(String message, String sqlState, byte[] fields) {
    super(message, sqlState);
    this.fields = fields;
  }

  /** The body of the ErrorResponse; a view, to be read only. */
  public ByteBuf fields() {
    return Unpooled.wrappedBuffer(fields).asReadOnly();
  }
}
