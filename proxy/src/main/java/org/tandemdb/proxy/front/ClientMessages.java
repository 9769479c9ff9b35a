package org.tandemdb.proxy.front;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tandemdb.proxy.pg.Frames;
import org.tandemdb.proxy.pg.ServerException;

/** Writes messages to a client. Lengths are written after the body. */
final class ClientMessages {
  private static final int OID_TEXT = 25;

  private ClientMessages() {}

  static void authenticationOk(ByteBuf out) {
    out.writeByte('R').writeInt(8).writeInt(0);
  }

  /** AuthenticationSASL, SASLContinue (11) or SASLFinal (12). */
  static void sasl(ByteBuf out, int kind, byte[] data) {
    out.writeByte('R').writeInt(8 + data.length).writeInt(kind).writeBytes(data);
  }

  static void setting(ByteBuf out, String name, String value) {
    int start = Frames.begin(out, 'S');
    cstring(out, name);
    cstring(out, value);
    Frames.end(out, start);
  }

  static void backendKey(ByteBuf out, int pid, int secret) {
    out.writeByte('K').writeInt(12).writeInt(pid).writeInt(secret);
  }

  /** The newest protocol that is spoken, and options of the client's that are not known. */
  static void negotiateProtocol(ByteBuf out, int newestMinor, List<String> unknown) {
    int start = Frames.begin(out, 'v');
    out.writeInt(newestMinor).writeInt(unknown.size());
    unknown.forEach(option -> cstring(out, option));
    Frames.end(out, start);
  }

  static void readyForQuery(ByteBuf out, char status) {
    out.writeByte('Z').writeInt(5).writeByte(status);
  }

  /** A message without a body: ParseComplete, BindComplete, EmptyQueryResponse ... */
  static void bare(ByteBuf out, char type) {
    out.writeByte(type).writeInt(4);
  }

  static void commandComplete(ByteBuf out, String tag) {
    int start = Frames.begin(out, 'C');
    cstring(out, tag);
    Frames.end(out, start);
  }

  /** Columns of text that belong to no table. */
  static void textColumns(ByteBuf out, List<String> names) {
    int start = Frames.begin(out, 'T');
    out.writeShort(names.size());
    for (String name : names) {
      cstring(out, name);
      out.writeInt(0).writeShort(0).writeInt(OID_TEXT).writeShort(-1).writeInt(-1).writeShort(0);
    }
    Frames.end(out, start);
  }

  static void textRow(ByteBuf out, List<@Nullable String> values) {
    int start = Frames.begin(out, 'D');
    out.writeShort(values.size());
    for (@Nullable String value : values) {
      if (value == null) {
        out.writeInt(-1);
      } else {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length).writeBytes(bytes);
      }
    }
    Frames.end(out, start);
  }

  static void error(ByteBuf out, ClientFailure failure) {
    ServerException server = failure.server();
    if (server != null) {
      ByteBuf fields = server.fields();
      out.writeByte('E').writeInt(Integer.BYTES + fields.readableBytes()).writeBytes(fields);
      return;
    }
    said(out, 'E', "ERROR", failure.sqlState(), String.valueOf(failure.getMessage()));
  }

  /** The last message of a session. */
  static void fatal(ByteBuf out, String sqlState, String message) {
    said(out, 'E', "FATAL", sqlState, message);
  }

  static void warning(ByteBuf out, String sqlState, String message) {
    said(out, 'N', "WARNING", sqlState, message);
  }

  private static void said(
      ByteBuf out, char type, String severity, String sqlState, String message) {
    int start = Frames.begin(out, type);
    field(out, 'S', severity);
    field(out, 'V', severity);
    field(out, 'C', sqlState);
    field(out, 'M', message);
    out.writeByte(0);
    Frames.end(out, start);
  }

  private static void field(ByteBuf out, char field, String value) {
    out.writeByte(field);
    cstring(out, value);
  }

  private static void cstring(ByteBuf out, String text) {
    out.writeCharSequence(text.replace('\0', ' '), StandardCharsets.UTF_8);
    out.writeByte(0);
  }
}
