package org.tandemdb.proxy.pg;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.tandemdb.proxy.pg.LinkStatements.Prepared;

/**
 * What a server answers to one call. Hidden columns are cut off here, from descriptions and rows
 * alike, so that nobody further on can forget to. On the event loop.
 */
final class CallExchange implements Exchange, CopyIn {

  /** What is awaited next. */
  enum Part {
    PARSE,
    PARAMETERS,
    COLUMNS,
    BIND,
    PORTAL,
    EXECUTE,
    END
  }

  private final NettyLink link;
  private final Call call;
  private final String name;
  private final Results results;
  private final CompletableFuture<CallResult> done = new CompletableFuture<>();
  private Part next;
  private Description description;
  private int[] parameterTypes = new int[0];
  private String tag = "";
  private boolean suspended;

  /** The server waits for data. */
  private boolean copying;

  private @Nullable SQLException failure;

  CallExchange(
      NettyLink link,
      Call call,
      String name,
      @Nullable Prepared known,
      Results results,
      Part first) {
    this.link = link;
    this.call = call;
    this.name = name;
    this.results = results;
    this.description = known == null ? Description.UNKNOWN : known.description();
    this.next = first;
    if (description.ownTypes()) {
      results.ownTypes();
    }
  }

  CompletionStage<CallResult> done() {
    return done;
  }

  static ByteBuf body(ByteBuf frame) {
    return frame.slice().skipBytes(1 + Integer.BYTES);
  }

  /** Of RowDescription or NoData: a type is one that the database has by itself. */
  static boolean hasOwnTypes(ByteBuf frame) {
    return frame.getByte(frame.readerIndex()) == 'T'
        && hasOwn(BackendMessages.columnTypes(body(frame)));
  }

  static boolean hasOwn(int[] types) {
    return Arrays.stream(types)
        .anyMatch(type -> Integer.compareUnsigned(type, Call.FIRST_OWN_OID) >= 0);
  }

  /** Of RowDescription; -1 for NoData. */
  static int columns(ByteBuf frame) {
    return frame.getByte(frame.readerIndex()) == 'T'
        ? frame.getUnsignedShort(frame.readerIndex() + 5)
        : -1;
  }

  @Override
  public void message(int type, ByteBuf frame) {
    switch (type) {
      case '1' -> reach(Part.PARSE, Part.PARAMETERS, type);
      case 't' -> {
        reach(Part.PARAMETERS, Part.COLUMNS, type);
        parameterTypes = BackendMessages.parameterDescription(body(frame));
      }
      case 'T', 'n' -> described(type, frame);
      case '3' -> {
        // A portal of that name was closed, or there was none.
      }
      case '2' -> {
        reach(Part.BIND, call.described() ? Part.PORTAL : Part.EXECUTE, type);
        results.bound();
      }
      case 'D' -> row(frame);
      case 'C' -> {
        reach(Part.EXECUTE, Part.END, type);
        tag = BackendMessages.cstring(body(frame));
      }
      case 's' -> {
        reach(Part.EXECUTE, Part.END, type);
        suspended = true;
      }
      case 'I' -> reach(Part.EXECUTE, Part.END, type);
      case 'G' -> {
        copying = true;
        results.copyIn(frame.retain(), this);
      }
      case 'H', 'd', 'c', 'N', 'A' -> results.relay(frame.retain());
      case 'E' -> {
        failure = BackendMessages.errorResponse(body(frame)).exception();
        endCopy();
      }
      default -> throw PgWire.unexpected(type);
    }
  }

  private void reach(Part expected, Part after, int type) {
    if (next != expected) {
      throw PgWire.unexpected(type);
    }
    next = after;
  }

  private void described(int type, ByteBuf frame) {
    if (next == Part.COLUMNS) {
      next = Part.BIND;
      description = new Description(parameterTypes, columns(frame), hasOwnTypes(frame));
      if (description.ownTypes()) {
        results.ownTypes();
      }
      if (!name.isEmpty()) {
        keep(link, call, new Prepared(name, description));
      }
      return;
    }
    reach(Part.PORTAL, Part.EXECUTE, type);
    results.description(type == 'n' || call.hidden() == 0 ? frame.retain() : cut(frame));
  }

  /** The first to be forgotten is closed by the way; nobody waits for that. */
  static void keep(NettyLink link, Call call, Prepared prepared) {
    link.statements()
        .keep(call.sql(), call.types(), call.meaning(), prepared)
        .ifPresent(
            forgotten -> {
              ByteBuf out = ByteBufAllocator.DEFAULT.buffer();
              FrontendMessages.close(out, 'S', forgotten);
              FrontendMessages.sync(out);
              link.run(out, new DescribeExchange(link, null));
            });
  }

  private ByteBuf cut(ByteBuf frame) {
    ByteBuf body = body(frame);
    int shown = body.readUnsignedShort() - call.hidden();
    if (shown < 0) {
      throw PgWire.unexpected('T');
    }
    if (shown == 0) {
      return frame.alloc().buffer(5).writeByte('n').writeInt(4);
    }
    int start = body.readerIndex();
    for (int i = 0; i < shown; i++) {
      BackendMessages.cstring(body);
      BackendMessages.skip(body, 18);
    }
    return framed('T', shown, body, start);
  }

  private static ByteBuf framed(char type, int columns, ByteBuf body, int start) {
    int length = body.readerIndex() - start;
    ByteBuf out = body.alloc().buffer(7 + length);
    out.writeByte(type).writeInt(Integer.BYTES + Short.BYTES + length).writeShort(columns);
    return out.writeBytes(body, start, length);
  }

  private void row(ByteBuf frame) {
    if (next != Part.EXECUTE) {
      throw PgWire.unexpected('D');
    }
    if (call.hidden() == 0) {
      results.row(frame.retain());
      return;
    }
    ByteBuf body = body(frame);
    int shown = body.readUnsignedShort() - call.hidden();
    if (shown < 0) {
      throw PgWire.unexpected('D');
    }
    int start = body.readerIndex();
    for (int i = 0; i < shown; i++) {
      int length = BackendMessages.int32(body);
      BackendMessages.skip(body, Math.max(0, length));
    }
    ByteBuf visible = body.duplicate();
    List<@Nullable String> hidden = new ArrayList<>(call.hidden());
    for (int i = 0; i < call.hidden(); i++) {
      hidden.add(BackendMessages.text(body));
    }
    boolean isCaptured = !call.apart() || hidden.get(0) != null;
    boolean isShown = shown > 0 && (!call.apart() || hidden.get(0) == null);
    if (isCaptured) {
      results.captured(hidden);
    }
    if (isShown) {
      results.row(framed('D', shown, visible, start));
    }
  }

  // --- COPY FROM STDIN

  /** The Sync behind Execute was left out by the server, as it does while it waits for data. */
  private void endCopy() {
    if (copying) {
      copying = false;
      ByteBuf out = ByteBufAllocator.DEFAULT.buffer(5);
      FrontendMessages.sync(out);
      link.sendMore(out);
    }
  }

  @Override
  public void data(ByteBuf frame) {
    if (copying) {
      link.sendMore(frame);
    } else {
      frame.release();
    }
  }

  @Override
  public void end(ByteBuf frame) {
    data(frame);
    endCopy();
  }

  @Override
  public void fail(String reason) {
    ByteBuf out = ByteBufAllocator.DEFAULT.buffer();
    FrontendMessages.copyFail(out, reason);
    end(out);
  }

  @Override
  public boolean isWritable() {
    return link.isWritable();
  }

  @Override
  public void whenWritable(Runnable action) {
    link.whenWritable(action);
  }

  @Override
  public void ready(char status) {
    SQLException failed = failure;
    if (failed != null) {
      done.completeExceptionally(failed);
    } else {
      done.complete(new CallResult(tag, suspended, description));
    }
  }

  @Override
  public void lost(SQLException why) {
    copying = false;
    SQLException failed = failure;
    if (failed != null) {
      why.addSuppressed(failed);
    }
    done.completeExceptionally(why);
  }
}
