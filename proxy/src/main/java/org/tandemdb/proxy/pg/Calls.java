package org.tandemdb.proxy.pg;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.tandemdb.proxy.pg.CallExchange.Part;
import org.tandemdb.proxy.pg.LinkStatements.Prepared;

/**
 * Runs calls on links: one flight each, with no more in it than that link's server has not got yet.
 * On the event loop. Stages complete there, exceptionally with {@link ServerException}, or with
 * 08xxx where the link was lost.
 */
public final class Calls {
  private Calls() {}

  /** Runs {@code call}. */
  public static CompletionStage<CallResult> run(NettyLink link, Call call, Results results) {
    LinkStatements statements = link.statements();
    var known =
        call.shared()
            ? statements.find(call.sql(), call.types(), call.meaning())
            : java.util.Optional.<Prepared>empty();
    if (call.needsColumns() && known.isEmpty()) {
      return prepared(link, call)
          .thenCompose(prepared -> send(link, call, prepared.name(), prepared, results));
    }
    if (known.isPresent()) {
      return send(link, call, known.get().name(), known.get(), results);
    }
    return send(link, call, call.shared() ? statements.newName() : "", null, results);
  }

  /** Goes on with a portal that was suspended. */
  public static CompletionStage<CallResult> resume(NettyLink link, Call call, Results results) {
    ByteBuf out = ByteBufAllocator.DEFAULT.buffer();
    FrontendMessages.execute(out, call.portal(), call.maxRows());
    FrontendMessages.sync(out);
    CallExchange exchange = new CallExchange(link, call, "", null, results, Part.EXECUTE);
    link.run(out, exchange);
    return exchange.done();
  }

  /** Has the server look at a statement. {@code call} says which; nothing runs. */
  public static CompletionStage<Described> describe(NettyLink link, Call call) {
    ByteBuf out = ByteBufAllocator.DEFAULT.buffer();
    DescribeExchange exchange;
    try {
      String name = call.shared() ? link.statements().newName() : "";
      FrontendMessages.parse(out, name, call.sql(), call.types());
      FrontendMessages.describe(out, 'S', name);
      FrontendMessages.sync(out);
      exchange = new DescribeExchange(link, call.shared() ? new Kept(call, name) : null);
    } catch (RuntimeException e) {
      out.release();
      return CompletableFuture.failedFuture(e);
    }
    link.run(out, exchange);
    return exchange.done();
  }

  /** Of a statement: what a server says of it; the frames are the caller's. */
  public record Described(ByteBuf parameters, ByteBuf columns) {
    /** True if a type among them is one that the database has by itself. */
    public boolean hasOwnTypes() {
      return CallExchange.hasOwnTypes(columns)
          || CallExchange.hasOwn(
              BackendMessages.parameterDescription(CallExchange.body(parameters)));
    }

    public void release() {
      parameters.release();
      columns.release();
    }
  }

  /** What is to be kept once the server has prepared it. */
  record Kept(Call call, String name) {}

  private static CompletionStage<Prepared> prepared(NettyLink link, Call call) {
    Call named =
        new Call(
            call.sql(),
            call.types(),
            true,
            call.meaning(),
            call.parameters(),
            call.resultFormats(),
            call.portal(),
            call.maxRows(),
            call.described(),
            call.hidden(),
            call.apart());
    return describe(link, named)
        .thenApply(
            described -> {
              described.release();
              return link.statements().find(call.sql(), call.types(), call.meaning()).orElseThrow();
            });
  }

  private static CompletionStage<CallResult> send(
      NettyLink link,
      Call call,
      String name,
      @org.jspecify.annotations.Nullable Prepared known,
      Results results) {
    ByteBuf out = ByteBufAllocator.DEFAULT.buffer();
    try {
      link.closeLeft(out);
      if (known == null) {
        FrontendMessages.parse(out, name, call.sql(), call.types());
        FrontendMessages.describe(out, 'S', name);
      }
      if (!call.portal().isEmpty()) {
        FrontendMessages.close(out, 'P', call.portal());
        // The last call's: Bind would have replaced it, had this one no name.
        FrontendMessages.close(out, 'P', "");
      }
      int columns = known == null ? 0 : known.description().columns() - call.hidden();
      FrontendMessages.bind(out, call.portal(), name, call.parameters(), call.allFormats(columns));
      if (call.described()) {
        FrontendMessages.describe(out, 'P', call.portal());
      }
      FrontendMessages.execute(out, call.portal(), call.maxRows());
      FrontendMessages.sync(out);
    } catch (RuntimeException e) {
      out.release();
      return CompletableFuture.failedFuture(e);
    }
    CallExchange exchange =
        new CallExchange(link, call, name, known, results, known == null ? Part.PARSE : Part.BIND);
    link.run(out, exchange);
    return exchange.done();
  }
}
