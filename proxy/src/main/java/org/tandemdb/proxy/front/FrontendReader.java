package org.tandemdb.proxy.front;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.tandemdb.plan.Request;

/**
 * Reads bodies of a client's messages. Every length is compared with what the message still holds;
 * what is left over, or missing, breaks the protocol.
 */
final class FrontendReader {
  private FrontendReader() {}

  /**
   * Parse.
   *
   * @param request how the engine sees it
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Parse(String name, String sql, int[] types, Request request) {}

  /**
   * Bind.
   *
   * @param parameters formats, count and values, a copy
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Bind(
      String portal, String statement, ByteBuf parameters, int count, int[] resultFormats) {}

  /** Describe or Close: of a statement ('S') or portal ('P'). */
  record Named(char what, String name) {}

  /** Execute. */
  record Execute(String portal, int maxRows) {}

  /**
   * FunctionCall.
   *
   * @param function its number
   * @param parameters formats, count and values as in Bind, a copy
   */
  record FunctionCall(int function, ByteBuf parameters, int count, int resultFormat) {}

  static Parse parse(ByteBuf body) {
    String name = cstring(body);
    String sql = cstring(body);
    int[] types = new int[count(body, Integer.BYTES)];
    for (int i = 0; i < types.length; i++) {
      types[i] = body.readInt();
    }
    end(body);
    return new Parse(
        name, sql, types, new Request(sql, Request.Markers.DOLLAR, TypeOids.types(types)));
  }

  static Bind bind(ByteBuf body) {
    String portal = cstring(body);
    String statement = cstring(body);
    Parameters parameters = parameters(body);
    int[] resultFormats = new int[count(body, Short.BYTES)];
    for (int i = 0; i < resultFormats.length; i++) {
      resultFormats[i] = format(body);
    }
    end(body);
    return new Bind(portal, statement, parameters.copy(), parameters.count(), resultFormats);
  }

  static FunctionCall functionCall(ByteBuf body) {
    need(body, Integer.BYTES);
    int function = body.readInt();
    Parameters parameters = parameters(body);
    need(body, Short.BYTES);
    int resultFormat = format(body);
    end(body);
    return new FunctionCall(function, parameters.copy(), parameters.count(), resultFormat);
  }

  /** Formats, count and values. */
  private record Parameters(ByteBuf copy, int count) {}

  private static Parameters parameters(ByteBuf body) {
    int start = body.readerIndex();
    int formats = count(body, Short.BYTES);
    for (int i = 0; i < formats; i++) {
      format(body);
    }
    int count = count(body, Integer.BYTES);
    if (formats > 1 && formats != count) {
      throw new ProtocolException(
          "message has " + formats + " parameter formats but " + count + " parameters");
    }
    for (int i = 0; i < count; i++) {
      need(body, Integer.BYTES);
      int length = body.readInt();
      if (length != -1) {
        need(body, length);
        body.skipBytes(length);
      }
    }
    ByteBuf copy = io.netty.buffer.Unpooled.buffer(body.readerIndex() - start);
    copy.writeBytes(body, start, body.readerIndex() - start);
    return new Parameters(copy, count);
  }

  private static int format(ByteBuf body) {
    int format = body.readShort();
    if (format != 0 && format != 1) {
      throw new ProtocolException("invalid format code: " + format);
    }
    return format;
  }

  static Named named(ByteBuf body) {
    need(body, 1);
    char what = (char) body.readByte();
    if (what != 'S' && what != 'P') {
      throw new ProtocolException("invalid message subtype " + (int) what);
    }
    Named named = new Named(what, cstring(body));
    end(body);
    return named;
  }

  static Execute execute(ByteBuf body) {
    String portal = cstring(body);
    need(body, Integer.BYTES);
    int maxRows = body.readInt();
    end(body);
    return new Execute(portal, Math.max(0, maxRows));
  }

  /** Query. */
  static String query(ByteBuf body) {
    String sql = cstring(body);
    end(body);
    return sql;
  }

  static String cstring(ByteBuf body) {
    int length = body.bytesBefore((byte) 0);
    if (length < 0) {
      throw new ProtocolException("invalid string in message");
    }
    if (length == 0) {
      body.skipBytes(1);
      return "";
    }
    ByteBuffer bytes = body.nioBuffer(body.readerIndex(), length);
    body.skipBytes(length + 1);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      throw new ClientFailure("22021", "invalid byte sequence for encoding \"UTF8\"", e);
    }
  }

  static List<String> cstrings(ByteBuf body) {
    List<String> texts = new ArrayList<>();
    while (body.isReadable()) {
      texts.add(cstring(body));
    }
    return texts;
  }

  private static int count(ByteBuf body, int bytesEach) {
    need(body, Short.BYTES);
    int count = body.readUnsignedShort();
    need(body, count * bytesEach);
    return count;
  }

  private static void need(ByteBuf body, int bytes) {
    if (bytes < 0 || bytes > body.readableBytes()) {
      throw new ProtocolException("insufficient data left in message");
    }
  }

  static void end(ByteBuf body) {
    if (body.isReadable()) {
      throw new ProtocolException("invalid message format");
    }
  }
}
