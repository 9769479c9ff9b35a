package org.tandemdb.proxy.pg;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** What a server answers to Parse and Describe, or to Close. On the event loop. */
final class DescribeExchange implements Exchange {
  private final NettyLink link;
  private final Calls.@Nullable Kept kept;
  private final CompletableFuture<Calls.Described> done = new CompletableFuture<>();
  private ByteBuf parameters = Unpooled.EMPTY_BUFFER;
  private ByteBuf columns = Unpooled.EMPTY_BUFFER;
  private @Nullable SQLException failure;

  DescribeExchange(NettyLink link, Calls.@Nullable Kept kept) {
    this.link = link;
    this.kept = kept;
  }

  CompletionStage<Calls.Described> done() {
    return done;
  }

  @Override
  public void message(int type, ByteBuf frame) {
    switch (type) {
      case '1', '3', 'N', 'A' -> {
        // It went well; what is told besides is of no use to a client that runs nothing.
      }
      case 't' -> parameters = frame.retainedSlice();
      case 'T', 'n' -> columns = frame.retainedSlice();
      case 'E' -> failure = BackendMessages.errorResponse(CallExchange.body(frame)).exception();
      default -> throw PgWire.unexpected(type);
    }
  }

  @Override
  public void ready(char status) {
    SQLException failed = failure;
    if (failed != null) {
      lost(failed);
      return;
    }
    Calls.Kept keep = kept;
    if (keep != null) {
      LinkStatements.Prepared prepared =
          new LinkStatements.Prepared(
              keep.name(),
              new Description(
                  BackendMessages.parameterDescription(CallExchange.body(parameters)),
                  CallExchange.columns(columns),
                  CallExchange.hasOwnTypes(columns)));
      CallExchange.keep(link, keep.call(), prepared);
    }
    done.complete(new Calls.Described(parameters, columns));
  }

  @Override
  public void lost(SQLException why) {
    parameters.release();
    columns.release();
    done.completeExceptionally(why);
  }
}
