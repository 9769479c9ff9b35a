package org.tandemdb.proxy.pg;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes messages to a server, as chapter "Frontend/Backend Protocol" of PostgreSQL's manual has
 * them. Lengths are written after the body, so that nothing is encoded twice.
 */
final class FrontendMessages {
  private static final int[] NO_TYPES = {};

  private static final int PROTOCOL_3_0 = 3 << 16;
  private static final int CANCEL_REQUEST = 80877102;

  private FrontendMessages() {}

  static void startup(ByteBuf out, Map<String, String> parameters) {
    int start = out.writerIndex();
    out.writeInt(0).writeInt(PROTOCOL_3_0);
    parameters.forEach(
        (name, value) -> {
          cstring(out, name);
          cstring(out, value);
        });
    out.writeByte(0);
    out.setInt(start, out.writerIndex() - start);
  }

  static void cancelRequest(ByteBuf out, int pid, int key) {
    out.writeInt(16).writeInt(CANCEL_REQUEST).writeInt(pid).writeInt(key);
  }

  /** Parse, Bind, Describe and Execute of the unnamed statement, all in text. */
  static void statement(ByteBuf out, PgStatement statement) {
    if (!statement.known()) {
      parse(out, statement.name(), statement.sql(), NO_TYPES);
    }
    int bind = Frames.begin(out, 'B');
    cstring(out, "");
    cstring(out, statement.name());
    out.writeShort(0).writeShort(statement.parameters().size());
    statement.parameters().forEach(value -> parameter(out, value));
    out.writeShort(0);
    Frames.end(out, bind);
    if (statement.name().isEmpty()) {
      describe(out, 'P', "");
    }
    execute(out, "", 0);
  }

  /** Parse, with the types that a client has declared. */
  static void parse(ByteBuf out, String name, String sql, int[] types) {
    int parse = Frames.begin(out, 'P');
    cstring(out, name);
    cstring(out, sql);
    out.writeShort(types.length);
    for (int type : types) {
      out.writeInt(type);
    }
    Frames.end(out, parse);
  }

  /** Describe of a statement ('S') or portal ('P'). */
  static void describe(ByteBuf out, char what, String name) {
    named(out, 'D', what, name);
  }

  /** Close of a statement ('S') or portal ('P'). */
  static void close(ByteBuf out, char what, String name) {
    named(out, 'C', what, name);
  }

  private static void named(ByteBuf out, char type, char what, String name) {
    int start = Frames.begin(out, type);
    out.writeByte(what);
    cstring(out, name);
    Frames.end(out, start);
  }

  /**
   * Bind.
   *
   * @param parameters formats, count and values as the client has sent them; not changed
   * @param resultFormats one for each column, one for all, or none
   */
  static void bind(
      ByteBuf out, String portal, String statement, ByteBuf parameters, int[] resultFormats) {
    int bind = Frames.begin(out, 'B');
    cstring(out, portal);
    cstring(out, statement);
    out.writeBytes(parameters, parameters.readerIndex(), parameters.readableBytes());
    out.writeShort(resultFormats.length);
    for (int format : resultFormats) {
      out.writeShort(format);
    }
    Frames.end(out, bind);
  }

  /** Execute; 0 rows are all. */
  static void execute(ByteBuf out, String portal, int maxRows) {
    int execute = Frames.begin(out, 'E');
    cstring(out, portal);
    out.writeInt(maxRows);
    Frames.end(out, execute);
  }

  /** Ends a flight: after an error the server skips to here, and answers ReadyForQuery. */
  static void sync(ByteBuf out) {
    Frames.end(out, Frames.begin(out, 'S'));
  }

  private static void parameter(ByteBuf out, @Nullable String value) {
    if (value == null) {
      out.writeInt(-1);
      return;
    }
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length).writeBytes(bytes);
  }

  /** CopyFail. */
  static void copyFail(ByteBuf out, String reason) {
    int start = Frames.begin(out, 'f');
    cstring(out, reason);
    Frames.end(out, start);
  }

  /** An answer to what the server asks for its authentication. */
  static void password(ByteBuf out, byte[] body) {
    int start = Frames.begin(out, 'p');
    out.writeBytes(body);
    Frames.end(out, start);
  }

  /** A zero in the text would end it early, and what follows would be read as something else. */
  private static void cstring(ByteBuf out, String text) {
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("text with a zero character cannot be sent");
    }
    out.writeCharSequence(text, StandardCharsets.UTF_8);
    out.writeByte(0);
  }
}
