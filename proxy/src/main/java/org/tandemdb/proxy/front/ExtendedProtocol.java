package org.tandemdb.proxy.front;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.tandemdb.plan.Plan;
import org.tandemdb.proxy.front.FrontendReader.Bind;
import org.tandemdb.proxy.front.FrontendReader.Execute;
import org.tandemdb.proxy.front.FrontendReader.Named;
import org.tandemdb.proxy.front.FrontendReader.Parse;
import org.tandemdb.proxy.pg.Call;
import org.tandemdb.proxy.pg.Calls.Described;
import org.tandemdb.proxy.pg.NettyLink;

/**
 * Parse, Bind, Describe, Execute, Close, Sync. Statements and portals are the session's, kept here
 * as text and values; a server gets Parse, Bind, Describe and Execute of one statement together,
 * when Execute comes. What is not executed is looked at by a server when the client wants to know:
 * at Describe, Sync or Flush. After an error everything up to Sync is left out. On the event loop.
 */
final class ExtendedProtocol {
  /** More than any client has been seen to keep; beyond it 54000. */
  private static final int MOST_STATEMENTS = 10_000;

  private static final int MOST_PORTALS = 1_000;

  private final Session session;
  private final ClientOutlet outlet;
  private final Map<String, Parse> statements = new HashMap<>();
  private final Map<String, Portal> portals = new HashMap<>();

  /** Types of answers that are due ahead of the next one. */
  private final StringBuilder due = new StringBuilder();

  /** Statements that no server has looked at yet. */
  private final List<Parse> unchecked = new ArrayList<>();

  /**
   * Names of statements that met an error before a server had seen them: they may be taken anew.
   */
  private final Set<String> doubtful = new HashSet<>();

  private boolean skipping;

  /** What is said ahead of the error that comes now. */
  private String ahead = "";

  /** What Bind has made of a statement. */
  private static final class Portal {
    final Bind bind;
    final Parse parse;
    boolean described;

    /** Where it is suspended; null otherwise. */
    @Nullable NettyLink on;

    /** Where it was run under a name, by which the server keeps it; null otherwise. */
    @Nullable NettyLink open;

    /** Rows that are all here already; null otherwise. */
    @Nullable ArrayDeque<ByteBuf> rows;

    String tag = "";
    boolean done;

    Portal(Bind bind, Parse parse) {
      this.bind = bind;
      this.parse = parse;
    }

    void release() {
      ArrayDeque<ByteBuf> kept = rows;
      rows = null;
      if (kept != null) {
        kept.forEach(ByteBuf::release);
      }
    }
  }

  ExtendedProtocol(Session session, ClientOutlet outlet) {
    this.session = session;
    this.outlet = outlet;
  }

  /**
   * @param ahead the messages that wait behind this one
   */
  CompletionStage<Void> handle(byte type, ByteBuf body, Supplier<Iterable<ByteBuf>> ahead) {
    if (skipping) {
      return Stages.DONE;
    }
    return caught(
        () ->
            switch (type) {
              case 'P' -> parse(FrontendReader.parse(body));
              case 'B' -> bind(FrontendReader.bind(body));
              case 'D' -> describe(FrontendReader.named(body), ahead.get());
              case 'E' -> execute(FrontendReader.execute(body), ahead.get());
              default -> close(FrontendReader.named(body));
            });
  }

  /** A simple query ends what was not synced, and the unnamed ones. */
  void query() {
    skipping = false;
    due.setLength(0);
    doubt();
    statements.remove("");
    drop("");
  }

  /** Ends a group: commits what is its own. Never fails. */
  CompletionStage<Void> sync() {
    CompletionStage<Void> work =
        skipping
            ? Stages.DONE
            : caught(
                () -> checked().exceptionallyCompose(this::toldLater).thenCompose(ok -> ended()));
    return work.thenAccept(
        ok -> {
          skipping = false;
          if (!session.state().inBlock()) {
            dropAll();
          }
        });
  }

  /**
   * Whoever prepares statements ahead may not look at what comes of it. A transaction that has been
   * lost is told of to what runs in it.
   */
  private CompletionStage<Void> toldLater(Throwable failure) {
    if (!session.state().isExplicit() || !BlockState.isLoss(failure)) {
      return Stages.failed(failure);
    }
    session.state().failUntold(failure);
    unchecked.clear();
    return Stages.DONE;
  }

  private void doubt() {
    unchecked.forEach(parse -> doubtful.add(parse.name()));
    unchecked.clear();
  }

  private CompletionStage<Void> ended() {
    answerDue();
    return session.state().isImplicit() ? session.endImplicit(Optional.empty()) : Stages.DONE;
  }

  CompletionStage<Void> flush() {
    return skipping ? Stages.DONE : caught(this::checkedAndAnswered);
  }

  private CompletionStage<Void> checkedAndAnswered() {
    return checked().thenAccept(ok -> answerDue());
  }

  private void answerDue() {
    for (int i = 0; i < due.length(); i++) {
      char type = due.charAt(i);
      outlet.say(out -> ClientMessages.bare(out, type));
    }
    due.setLength(0);
  }

  /** The first error is told, and everything up to Sync left out. */
  private CompletionStage<Void> caught(Supplier<CompletionStage<Void>> work) {
    CompletionStage<Void> stage;
    try {
      stage = work.get();
    } catch (ProtocolException e) {
      throw e;
    } catch (RuntimeException e) {
      stage = Stages.failed(e);
    }
    return Stages.isDone(stage) ? stage : stage.exceptionallyCompose(this::failed);
  }

  private CompletionStage<Void> failed(Throwable failure) {
    skipping = true;
    due.setLength(0);
    doubt();
    outlet.discard();
    outlet.resume();
    due.append(ahead);
    ahead = "";
    answerDue();
    ClientFailure shown = ClientFailure.of(failure);
    outlet.say(out -> ClientMessages.error(out, shown));
    session.state().fail(failure);
    return session.state().isImplicit()
        ? session.endImplicit(Optional.of(failure)).exceptionally(known -> null)
        : Stages.DONE;
  }

  // --- statements

  private CompletionStage<Void> parse(Parse parse) {
    refuseWhenFailed(parse);
    boolean isTaken = statements.containsKey(parse.name()) && !doubtful.remove(parse.name());
    if (!parse.name().isEmpty() && isTaken) {
      throw new ClientFailure(
          "42P05", "prepared statement \"" + parse.name() + "\" already exists");
    }
    if (statements.size() >= MOST_STATEMENTS) {
      throw new ClientFailure("54000", "more than " + MOST_STATEMENTS + " prepared statements");
    }
    statements.put(parse.name(), parse);
    unchecked.add(parse);
    due.append('1');
    return Stages.DONE;
  }

  private void refuseWhenFailed(Parse parse) {
    if (session.state().isBroken() && !mayEnd(parse.sql())) {
      throw session.state().failedError();
    }
  }

  private static boolean mayEnd(String sql) {
    List<String> words = Statement.words(sql);
    return !words.isEmpty() && List.of("ROLLBACK", "COMMIT", "ABORT", "END").contains(words.get(0));
  }

  private Parse statement(String name) {
    Parse parse = statements.get(name);
    if (parse == null) {
      throw new ClientFailure(
          "26000",
          name.isEmpty()
              ? "unnamed prepared statement does not exist"
              : "prepared statement \"" + name + "\" does not exist");
    }
    return parse;
  }

  private CompletionStage<Void> bind(Bind bind) {
    Parse parse = statement(bind.statement());
    if (!bind.portal().isEmpty() && portals.containsKey(bind.portal())) {
      throw new ClientFailure("42P03", "cursor \"" + bind.portal() + "\" already exists");
    }
    if (portals.size() >= MOST_PORTALS) {
      throw new ClientFailure("54000", "more than " + MOST_PORTALS + " portals");
    }
    drop(bind.portal());
    portals.put(bind.portal(), new Portal(bind, parse));
    due.append('2');
    return Stages.DONE;
  }

  private Portal portal(String name) {
    Portal portal = portals.get(name);
    if (portal == null) {
      throw new ClientFailure("34000", "portal \"" + name + "\" does not exist");
    }
    return portal;
  }

  private void drop(String portal) {
    Portal dropped = portals.remove(portal);
    if (dropped != null) {
      dropped.release();
      NettyLink on = dropped.open;
      if (on != null) {
        on.closeLater(backendName(portal));
      }
    }
  }

  /** They end with their transaction. */
  private void dropAll() {
    if (!portals.isEmpty()) {
      portals.values().forEach(Portal::release);
      portals.clear();
    }
  }

  private CompletionStage<Void> close(Named named) {
    due.append('3');
    if (named.what() == 'S') {
      Parse closed = statements.remove(named.name());
      doubtful.remove(named.name());
      unchecked.remove(closed);
      return Stages.DONE;
    }
    drop(named.name());
    return Stages.DONE;
  }

  private static String backendName(String portal) {
    return "c" + portal;
  }

  // --- Describe

  private CompletionStage<Void> describe(Named named, Iterable<ByteBuf> ahead) {
    if (named.what() == 'S') {
      Parse parse = statement(named.name());
      refuseWhenFailed(parse);
      return described(parse)
          .thenAccept(
              described -> {
                outlet.relay(described.parameters());
                outlet.relay(described.columns());
              });
    }
    Portal portal = portal(named.name());
    if (portal.on == null && !portal.done && isExecutedNext(named.name(), ahead)) {
      portal.described = true;
      return Stages.DONE;
    }
    refuseWhenFailed(portal.parse);
    return described(portal.parse)
        .thenAccept(
            described -> {
              described.parameters().release();
              outlet.relay(formatted(described.columns(), portal.bind.resultFormats()));
            });
  }

  /** The next message is Execute of that portal: what it answers describes it, too. */
  private static boolean isExecutedNext(String portal, Iterable<ByteBuf> ahead) {
    for (ByteBuf next : ahead) {
      return next.getByte(next.readerIndex()) == 'E'
          && FrontendReader.execute(next.slice().skipBytes(1 + Integer.BYTES))
              .portal()
              .equals(portal);
    }
    return false;
  }

  /** Has a server look at a statement, which answers all that is due before. */
  private CompletionStage<Described> described(Parse parse) {
    return checkedBut(parse)
        .thenCompose(ok -> look(parse))
        .thenApply(
            described -> {
              unchecked.remove(parse);
              outlet.next();
              answerDue();
              return described;
            });
  }

  private CompletionStage<Described> look(Parse parse) {
    if (ClientConnection.isBlank(parse.sql())) {
      return CompletableFuture.completedFuture(nothing());
    }
    return session
        .plan(parse.request())
        .thenCompose(
            plan -> {
              if (plan instanceof Plan.Refused refused) {
                return session.refused(parse.sql(), parse.types(), refused);
              }
              if (plan instanceof Plan.Steps) {
                return Stages.failed(
                    new ClientFailure(
                        "42601", "cannot insert multiple commands into a prepared statement"));
              }
              if (plan instanceof Plan.Local local) {
                Optional<List<String>> shown = session.shownColumns(local.effect());
                if (shown.isPresent()) {
                  return CompletableFuture.completedFuture(columns(shown.get()));
                }
              }
              return session.describe(plan, callOf(parse));
            });
  }

  /** There is no result to be described. */
  static ByteBuf noData() {
    return Unpooled.buffer(5).writeByte('n').writeInt(4);
  }

  /** No parameters, no columns. */
  static Described nothing() {
    ByteBuf parameters = Unpooled.buffer(7);
    parameters.writeByte('t').writeInt(6).writeShort(0);
    return new Described(parameters, noData());
  }

  private static Described columns(List<String> names) {
    Described nothing = nothing();
    nothing.columns().release();
    ByteBuf columns = Unpooled.buffer();
    ClientMessages.textColumns(columns, names);
    return new Described(nothing.parameters(), columns);
  }

  private Call callOf(Parse parse) {
    return new Call(
        parse.sql(),
        parse.types(),
        !parse.name().isEmpty(),
        session.meaning(),
        Call.noParameters(),
        new int[0],
        "",
        0,
        false,
        0,
        false);
  }

  /** Looks at every statement that nobody has looked at. */
  private CompletionStage<Void> checked() {
    return checkedBut(null);
  }

  @SuppressWarnings("ReferenceEquality") // this one, and not one like it
  private CompletionStage<Void> checkedBut(@Nullable Parse other) {
    if (unchecked.isEmpty()) {
      return Stages.DONE;
    }
    return Stages.each(
        List.copyOf(unchecked).iterator(), parse -> parse == other ? Stages.DONE : checked(parse));
  }

  private CompletionStage<Void> checked(Parse parse) {
    if (session.isAccepted(parse.sql(), parse.types())) {
      unchecked.remove(parse);
      return Stages.DONE;
    }
    return look(parse)
        .thenAccept(
            described -> {
              unchecked.remove(parse);
              described.release();
              session.accept(parse.sql(), parse.types());
            });
  }

  /** The formats that Bind asks for, in place of text. */
  private static ByteBuf formatted(ByteBuf columns, int[] formats) {
    if (columns.getByte(columns.readerIndex()) == 'n' || formats.length == 0) {
      return columns;
    }
    ByteBuf copy = columns.copy();
    columns.release();
    ByteBuf body = copy.duplicate().skipBytes(1 + Integer.BYTES);
    int count = body.readUnsignedShort();
    for (int i = 0; i < count; i++) {
      body.skipBytes(body.bytesBefore((byte) 0) + 1 + 16);
      int format = formats.length == 1 ? formats[0] : i < formats.length ? formats[i] : 0;
      copy.setShort(body.readerIndex(), format);
      body.skipBytes(Short.BYTES);
    }
    return copy;
  }

  // --- Execute

  private CompletionStage<Void> execute(Execute execute, Iterable<ByteBuf> ahead) {
    Portal portal = portal(execute.portal());
    if (session.state().isBroken() && !mayEnd(portal.parse.sql())) {
      throw session.state().failedError();
    }
    if (portal.rows != null) {
      answerDue();
      fetch(portal, execute.maxRows());
      return Stages.DONE;
    }
    if (portal.done) {
      throw new ClientFailure("55000", "portal \"" + execute.portal() + "\" cannot be run anymore");
    }
    if (!session.state().inBlock() && !isLast(ahead)) {
      session.beginImplicit();
    }
    outlet.next();
    if (ClientConnection.isBlank(portal.parse.sql())) {
      unchecked.remove(portal.parse);
      answerDue();
      if (portal.described) {
        outlet.say(out -> ClientMessages.bare(out, 'n'));
      }
      outlet.complete("");
      return Stages.DONE;
    }
    NettyLink on = portal.on;
    if (on != null) {
      answerDue();
      outlet.extended("", portals(portal));
      portal.on = null;
      portal.done = true;
      return session.resume(on, statementOf(portal, execute));
    }
    return Stages.then(
            checkedBut(portal.parse),
            ok -> {
              outlet.extended(due.toString(), portals(portal));
              portal.done = true;
              return session
                  .execute(statementOf(portal, execute))
                  .whenComplete((done, failure) -> answeredAhead(portal, failure));
            })
        .thenAccept(
            ok -> {
              due.setLength(0);
              unchecked.remove(portal.parse);
              session.state().goOnImplicit();
              fetch(portal, execute.maxRows());
            });
  }

  /** Parse and Bind have succeeded where a server has taken them and Execute failed. */
  private void answeredAhead(Portal portal, @Nullable Throwable failure) {
    if (failure != null && outlet.isBound()) {
      unchecked.remove(portal.parse);
      ahead = due.toString();
    }
  }

  /** True if nothing but Sync comes behind: then the statement is its own transaction. */
  private static boolean isLast(Iterable<ByteBuf> ahead) {
    for (ByteBuf next : ahead) {
      byte type = next.getByte(next.readerIndex());
      if (type == 'S') {
        return true;
      }
      if (type == 'E' || type == 'H' || type == 'Q') {
        return false;
      }
    }
    return false;
  }

  private Statement statementOf(Portal portal, Execute execute) {
    return new Statement(
        portal.parse.request(),
        portal.parse.types(),
        !portal.parse.name().isEmpty(),
        portal.bind.parameters(),
        portal.bind.resultFormats(),
        backendName(execute.portal()),
        execute.maxRows(),
        portal.described,
        outlet);
  }

  private ClientOutlet.Portals portals(Portal portal) {
    return new ClientOutlet.Portals() {
      @Override
      public void fetched(List<ByteBuf> rows, String tag) {
        portal.rows = new ArrayDeque<>(rows);
        portal.tag = tag;
      }

      @Override
      public void suspended(NettyLink link) {
        portal.on = link;
        portal.open = link;
        portal.done = false;
      }

      @Override
      public void ended(NettyLink link) {
        portal.open = link;
      }
    };
  }

  /** Hands out the next rows of those that are here. */
  private void fetch(Portal portal, int maxRows) {
    ArrayDeque<ByteBuf> rows = portal.rows;
    if (rows == null) {
      return;
    }
    int given = 0;
    while (!rows.isEmpty() && (maxRows == 0 || given < maxRows)) {
      outlet.row(rows.poll());
      given++;
    }
    if (maxRows > 0 && given == maxRows) {
      outlet.say(out -> ClientMessages.bare(out, 's'));
    } else {
      portal.rows = null;
      outlet.complete(portal.tag);
    }
  }
}
