package org.tandemdb.proxy.front;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.tandemdb.plan.Request;
import org.tandemdb.proxy.front.FrontendReader.FunctionCall;
import org.tandemdb.proxy.pg.CopyIn;
import org.tandemdb.proxy.pg.NettyLink;
import org.tandemdb.proxy.pg.PgResult;

/**
 * The FunctionCall message: libpq's {@code PQfn}, pgjdbc's {@code Fastpath}. It becomes {@code
 * SELECT function($1, ...)} with the same values, so that the planner decides as of any SELECT what
 * it is and whether it may run. The message names the function by its number, which only those have
 * in common that every server has of itself: a client's own function may have another number on
 * each copy, or the same number may be another function. On the event loop.
 */
final class FunctionCalls {
  /** Where numbers begin that a server gives: PostgreSQL's {@code FirstNormalObjectId}. */
  private static final int FIRST_OWN_NUMBER = 16384;

  private static final String LOOK =
      "SELECT pg_catalog.quote_ident(p.proname), p.proargtypes::pg_catalog.text,"
          + " p.prokind = 'f' AND NOT p.proretset AND p.provariadic = 0"
          + " FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace"
          + " WHERE n.nspname = 'pg_catalog' AND p.oid = $1::pg_catalog.oid";

  private FunctionCalls() {}

  /** Runs it; the answer goes to {@code outlet}. */
  static CompletionStage<Void> run(Session session, FunctionCall call, ClientOutlet outlet) {
    return Stages.of(() -> asked(session, call, outlet))
        .whenComplete(
            (ok, failure) -> {
              if (failure != null) {
                session.state().fail(failure);
              }
            });
  }

  private static CompletionStage<Void> asked(
      Session session, FunctionCall call, ClientOutlet outlet) {
    if (session.state().isBroken()) {
      throw session.state().failedError();
    }
    if (Integer.compareUnsigned(call.function(), FIRST_OWN_NUMBER) >= 0) {
      throw new ClientFailure(
          "0A000",
          "the function number "
              + Integer.toUnsignedString(call.function())
              + " may be another one on each server: FunctionCall knows built-in functions only."
              + " SELECT the function by its name instead.");
    }
    List<@Nullable String> number = List.of(Integer.toUnsignedString(call.function()));
    return session
        .look(link -> link.query(LOOK, number))
        .thenCompose(found -> session.execute(statement(found, call, outlet)));
  }

  private static Statement statement(PgResult found, FunctionCall call, ClientOutlet outlet) {
    if (found.rows().isEmpty()) {
      throw new ClientFailure("42883", "function with OID " + call.function() + " does not exist");
    }
    List<@Nullable String> row = found.rows().get(0);
    String name = String.valueOf(row.get(0));
    int[] types =
        Arrays.stream(String.valueOf(row.get(1)).trim().split(" ", -1))
            .filter(type -> !type.isEmpty())
            .mapToInt(Integer::parseInt)
            .toArray();
    if (!"t".equals(row.get(2))) {
      throw new ClientFailure(
          "0A000", name + " is not a function of one value: SELECT or CALL it instead");
    }
    if (types.length != call.count()) {
      throw new ClientFailure(
          "08P01",
          "function call message contains "
              + call.count()
              + " arguments but function requires "
              + types.length);
    }
    String sql =
        IntStream.rangeClosed(1, types.length)
            .mapToObj(i -> "$" + i)
            .collect(Collectors.joining(", ", "SELECT pg_catalog." + name + "(", ")"));
    return new Statement(
        new Request(sql, Request.Markers.DOLLAR, TypeOids.types(types)),
        types,
        false,
        call.parameters(),
        new int[] {call.resultFormat()},
        "",
        0,
        false,
        new Answer(outlet));
  }

  /** The one value of the one row becomes FunctionCallResponse. */
  private record Answer(ClientOutlet client) implements Outlet {
    @Override
    public void next() {
      client.next();
    }

    @Override
    public void begin(NettyLink link) {
      client.begin(link);
    }

    @Override
    public void bound() {}

    @Override
    public void description(ByteBuf frame) {
      frame.release();
    }

    /** DataRow of one column: behind its count stand length and value, as they are wanted. */
    @Override
    public void row(ByteBuf frame) {
      int head = 1 + Integer.BYTES + Short.BYTES;
      ByteBuf value = frame.slice(frame.readerIndex() + head, frame.readableBytes() - head);
      client.say(
          out ->
              out.writeByte('V').writeInt(Integer.BYTES + value.readableBytes()).writeBytes(value));
      frame.release();
    }

    @Override
    public void relay(ByteBuf frame) {
      client.relay(frame);
    }

    @Override
    public void copyIn(ByteBuf frame, CopyIn to) {
      frame.release();
      to.fail("a function call takes no data");
    }

    @Override
    public void complete(String tag) {
      client.resume();
    }

    @Override
    public void fetched(List<ByteBuf> rows, String tag) {
      rows.forEach(this::row);
    }

    @Override
    public void suspended() {}

    @Override
    public void table(List<String> columns, List<List<@Nullable String>> rows, boolean described) {}

    @Override
    public void warning(String sqlState, String message) {
      client.warning(sqlState, message);
    }

    @Override
    public boolean mayRunAgain() {
      return client.mayRunAgain();
    }
  }
}
