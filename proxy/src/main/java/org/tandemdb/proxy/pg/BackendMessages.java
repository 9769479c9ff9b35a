package org.tandemdb.proxy.pg;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.CorruptedFrameException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads bodies of a server's messages. Every length is compared with what the frame still holds
 * before anything is allocated for it.
 */
final class BackendMessages {

  private BackendMessages() {}

  /** What ErrorResponse says; a fatal one is the last message of its session. */
  record ServerFailure(boolean fatal, ServerException exception) {}

  static List<String> rowDescription(ByteBuf body) {
    int count = count(body);
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      names.add(cstring(body));
      skip(body, 18);
    }
    return names;
  }

  /** Types of the columns of a RowDescription. */
  static int[] columnTypes(ByteBuf body) {
    int[] types = new int[count(body)];
    for (int i = 0; i < types.length; i++) {
      cstring(body);
      skip(body, Integer.BYTES + Short.BYTES);
      types[i] = int32(body);
      skip(body, 2 * Short.BYTES + Integer.BYTES);
    }
    return types;
  }

  static List<@Nullable String> dataRow(ByteBuf body) {
    int count = count(body);
    List<@Nullable String> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      values.add(text(body));
    }
    return values;
  }

  /** One value of a row, in text; null for NULL. */
  static @Nullable String text(ByteBuf body) {
    int length = int32(body);
    if (length == -1) {
      return null;
    }
    need(body, length);
    return body.readCharSequence(length, StandardCharsets.UTF_8).toString();
  }

  static ServerFailure errorResponse(ByteBuf body) {
    byte[] raw = new byte[body.readableBytes()];
    body.getBytes(body.readerIndex(), raw);
    Map<Character, String> fields = new HashMap<>();
    for (char field = (char) uint8(body); field != 0; field = (char) uint8(body)) {
      fields.put(field, cstring(body));
    }
    String severity = fields.getOrDefault('V', fields.getOrDefault('S', ""));
    boolean fatal = severity.equals("FATAL") || severity.equals("PANIC");
    String message = fields.getOrDefault('M', "no message");
    return new ServerFailure(
        fatal, new ServerException(message, fields.getOrDefault('C', "XX000"), raw));
  }

  static String cstring(ByteBuf body) {
    int length = body.bytesBefore((byte) 0);
    if (length < 0) {
      throw new CorruptedFrameException("a text without its end");
    }
    String text = body.readCharSequence(length, StandardCharsets.UTF_8).toString();
    body.skipBytes(1);
    return text;
  }

  static int int32(ByteBuf body) {
    need(body, Integer.BYTES);
    return body.readInt();
  }

  /** Types of the parameters of a statement. */
  static int[] parameterDescription(ByteBuf body) {
    int count = count(body);
    need(body, count * Integer.BYTES);
    int[] types = new int[count];
    for (int i = 0; i < count; i++) {
      types[i] = body.readInt();
    }
    return types;
  }

  static int uint8(ByteBuf body) {
    need(body, 1);
    return body.readUnsignedByte();
  }

  private static int count(ByteBuf body) {
    need(body, Short.BYTES);
    return body.readUnsignedShort();
  }

  static void skip(ByteBuf body, int bytes) {
    need(body, bytes);
    body.skipBytes(bytes);
  }

  private static void need(ByteBuf body, int bytes) {
    if (bytes < 0 || bytes > body.readableBytes()) {
      throw new CorruptedFrameException(
          "a length of " + bytes + " where " + body.readableBytes() + " bytes are left");
    }
  }
}
