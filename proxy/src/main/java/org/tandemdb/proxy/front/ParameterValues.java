package org.tandemdb.proxy.front;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tandemdb.entry.Value;

/**
 * A client's parameters as the log holds them: as text. What it sent in binary becomes text here
 * where that is plain; for all else the server is asked ({@link BinaryTexts}).
 */
final class ParameterValues {
  private ParameterValues() {}

  /** One parameter as it stands in Bind; {@code bytes} is null for NULL. */
  record Parameter(boolean binary, int type, @Nullable ByteBuf bytes) {

    /** True if {@link #text} knows it. */
    boolean isPlain() {
      if (bytes == null || !binary) {
        return TypeOids.isKnown(type);
      }
      return switch (type) {
        case TypeOids.BOOL -> bytes.readableBytes() == 1;
        case TypeOids.INT2 -> bytes.readableBytes() == Short.BYTES;
        case TypeOids.INT4, TypeOids.OID -> bytes.readableBytes() == Integer.BYTES;
        case TypeOids.INT8 -> bytes.readableBytes() == Long.BYTES;
        case TypeOids.TEXT,
            TypeOids.VARCHAR,
            TypeOids.BPCHAR,
            TypeOids.NAME,
            TypeOids.JSON,
            TypeOids.XML,
            TypeOids.UNKNOWN ->
            true;
        default -> false;
      };
    }

    @Nullable String text() {
      ByteBuf value = bytes;
      if (value == null) {
        return null;
      }
      int at = value.readerIndex();
      if (binary) {
        switch (type) {
          case TypeOids.BOOL -> {
            return value.getByte(at) == 0 ? "false" : "true";
          }
          case TypeOids.INT2 -> {
            return Short.toString(value.getShort(at));
          }
          case TypeOids.INT4 -> {
            return Integer.toString(value.getInt(at));
          }
          case TypeOids.OID -> {
            return Long.toString(value.getUnsignedInt(at));
          }
          case TypeOids.INT8 -> {
            return Long.toString(value.getLong(at));
          }
          default -> {
            // Text is the same in both formats.
          }
        }
      }
      return value.toString(StandardCharsets.UTF_8);
    }

    Value value() {
      return Value.ofText(TypeOids.type(type), text());
    }
  }

  static List<Value> of(Statement statement) {
    List<Value> values = new ArrayList<>();
    parameters(statement).forEach(parameter -> values.add(parameter.value()));
    return values;
  }

  static List<Parameter> parameters(Statement statement) {
    ByteBuf in = statement.parameters().duplicate();
    int formats = in.readUnsignedShort();
    boolean[] binary = new boolean[formats];
    for (int i = 0; i < formats; i++) {
      binary[i] = in.readShort() == 1;
    }
    int count = in.readUnsignedShort();
    List<Parameter> parameters = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int length = in.readInt();
      boolean isBinary = formats == 1 ? binary[0] : i < formats && binary[i];
      int type = i < statement.types().length ? statement.types()[i] : 0;
      parameters.add(new Parameter(isBinary, type, length < 0 ? null : in.readSlice(length)));
    }
    return parameters;
  }
}
