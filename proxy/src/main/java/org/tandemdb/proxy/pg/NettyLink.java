package org.tandemdb.proxy.pg;

import io.netty.buffer.ByteBuf;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.BackendLink;
import org.tandemdb.backend.ServerError;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Position;
import org.tandemdb.entry.TableName;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;

/**
 * A link that never blocks: every verb is one flight of messages, its stage completes on the event
 * loop. {@code BEGIN} waits for the first statement and travels with it, up to the same Sync, so
 * that a BEGIN that fails takes the statement with it. What a client sends is relayed by {@link
 * #run}.
 */
public final class NettyLink implements BackendLink {
  private static final String MARK = "SELECT tandem.mark($1, $2, $3)::pg_catalog.text";

  private final BackendId backend;
  private final ServerProcess process;
  private final PgWire wire;
  private final String secret;
  private final String preparedPrefix;
  private final Supplier<CompletionStage<Void>> cancelRequest;
  private final @Nullable Guest guest;
  private final LinkStatements statements = new LinkStatements();
  private final List<PgStatement> opening = new ArrayList<>(1);
  private final List<String> leftPortals = new ArrayList<>(1);

  /** Tandem's own statements that come again and again, and what the server knows them as. */
  private final Map<String, String> own = new ConcurrentHashMap<>();

  private final AtomicLong ownNames = new AtomicLong();
  private long generations;
  private volatile boolean uninterruptible;

  /**
   * The server has prepared transactions: COMMIT may fail, so it is prepared before it is logged.
   */
  private volatile boolean canPrepare;

  /**
   * @param cancelRequest sends one for this link's server process; complete when that has got it
   * @param guest for the verbs that are written over JDBC; null where none is called
   */
  NettyLink(
      BackendId backend,
      ServerProcess process,
      PgWire wire,
      String secret,
      String preparedPrefix,
      Supplier<CompletionStage<Void>> cancelRequest,
      @Nullable Guest guest) {
    this.backend = backend;
    this.process = process;
    this.wire = wire;
    this.secret = secret;
    this.preparedPrefix = preparedPrefix;
    this.cancelRequest = cancelRequest;
    this.guest = guest;
  }

  @Override
  public BackendId backend() {
    return backend;
  }

  @Override
  public ServerProcess process() {
    return process;
  }

  // ---- for the front end, on the event loop

  /**
   * Sends a flight of messages that ends with one Sync, behind BEGIN where one waits, and has its
   * answers relayed; those to BEGIN are not among them, unless it fails.
   *
   * @param flight released here
   */
  public void run(ByteBuf flight, Exchange exchange) {
    if (opening.isEmpty()) {
      wire.submit(flight, exchange);
      return;
    }
    ByteBuf out = flight.alloc().buffer(128 + flight.readableBytes());
    List<PgStatement> first = List.copyOf(opening);
    opening.clear();
    first.forEach(statement -> FrontendMessages.statement(out, statement));
    out.writeBytes(flight);
    flight.release();
    wire.submit(out, new BehindOpening(exchange, () -> first.forEach(this::keep)));
  }

  /** Sends what belongs to the flight that is being answered: the data of a COPY. */
  public void sendMore(ByteBuf messages) {
    wire.sendMore(messages);
  }

  /** False while the server does not take what was sent. */
  boolean isWritable() {
    return wire.channel().isWritable();
  }

  /** Runs {@code action}, once, when it takes more again, or never will. */
  void whenWritable(Runnable action) {
    wire.whenWritable(action);
  }

  /** Whether more answers are read; off while the client cannot take them. */
  public void reading(boolean on) {
    wire.reading(on);
  }

  /** Gives what the server notifies of, at any time; to be read, not kept. */
  public void whenNotified(Consumer<ByteBuf> to) {
    wire.whenNotified(to);
  }

  /** Runs {@code action}, once, on the event loop, when the connection is gone. */
  public void whenClosed(Runnable action) {
    wire.channel().closeFuture().addListener(closed -> action.run());
  }

  /** A number that this link has not given before. */
  public long nextGeneration() {
    generations++;
    return generations;
  }

  /**
   * A portal is nobody's any more: it is closed with the next call. Until then, and else until the
   * end of the transaction, the server takes its tables to be in use.
   */
  public void closeLater(String portal) {
    leftPortals.add(portal);
  }

  /** Closes what is nobody's any more, ahead of the call that {@code out} is to hold. */
  void closeLeft(ByteBuf out) {
    leftPortals.forEach(portal -> FrontendMessages.close(out, 'P', portal));
    leftPortals.clear();
  }

  /** What is prepared there. */
  LinkStatements statements() {
    return statements;
  }

  /** What the server reports of its session: {@code server_version}, {@code TimeZone} ... */
  @Override
  public Map<String, String> reported() {
    return wire.settings();
  }

  /** Grows with each change of {@link #reported}. */
  public int reportedVersion() {
    return wire.settingsVersion();
  }

  /**
   * Runs one statement whose rows the front end looks at itself. Completes exceptionally with a
   * {@link SQLException}.
   *
   * @param parameters as text, for {@code $1..$n}; null for NULL
   */
  public CompletionStage<PgResult> query(String sql, List<@Nullable String> parameters) {
    return flight(new PgStatement(sql, parameters)).thenApply(results -> results.get(0));
  }

  // ---- verbs

  /** Sends the statements, behind BEGIN where one waits; its answer is not handed on. */
  CompletionStage<List<PgResult>> flight(PgStatement... statements) {
    List<PgStatement> all = new ArrayList<>(opening);
    int hidden = all.size();
    opening.clear();
    all.addAll(List.of(statements));
    return wire.send(all)
        .thenApply(
            results -> {
              all.forEach(this::keep);
              return results.subList(hidden, results.size());
            });
  }

  /** One that is prepared here, once it has run. */
  private PgStatement own(String sql, @Nullable String... parameters) {
    String name = own.get(sql);
    return name == null
        // A new name each time: whether the server got as far as Parse is not known of a failure.
        ? new PgStatement(
            sql, Arrays.asList(parameters), "tandem_own_" + ownNames.incrementAndGet(), false)
        : new PgStatement(sql, Arrays.asList(parameters), name, true);
  }

  private void keep(PgStatement statement) {
    if (!statement.name().isEmpty() && !statement.known()) {
      own.put(statement.sql(), statement.name());
    }
  }

  @Override
  public CompletionStage<TxStart> begin(BeginSpec spec) {
    if (spec.isolation() == Isolation.SERIALIZABLE && !spec.readOnly() && !canPrepare) {
      return query("SHOW max_prepared_transactions", List.of())
          .thenCompose(
              shown -> {
                if (shown.single().equals("0")) {
                  return CompletableFuture.failedFuture(
                      new TandemException(
                          ErrorCode.STATEMENT_REFUSED,
                          "SERIALIZABLE needs prepared transactions: set max_prepared_transactions"
                              + " on "
                              + backend
                              + " to the number of connections, or use REPEATABLE READ"));
                }
                canPrepare = true;
                return begin(spec);
              });
    }
    opening.clear();
    opening.add(
        own(
            "BEGIN ISOLATION LEVEL "
                + level(spec.isolation())
                + (spec.readOnly() ? " READ ONLY" : " READ WRITE")
                + (spec.deferrable() ? " DEFERRABLE" : "")));
    return CompletableFuture.completedFuture(new TxStart());
  }

  private static String level(Isolation isolation) {
    return switch (isolation) {
      case READ_COMMITTED -> "READ COMMITTED";
      case REPEATABLE_READ -> "REPEATABLE READ";
      case SERIALIZABLE -> "SERIALIZABLE";
    };
  }

  @Override
  public CompletionStage<Void> forceConstraints() {
    return flight(PgStatement.of("SET CONSTRAINTS ALL IMMEDIATE")).thenAccept(ok -> {});
  }

  @Override
  public CompletionStage<Void> schemaChanged(boolean byClient) {
    return flight(PgStatement.of("SELECT tandem.schema_changed(" + byClient + ")"))
        .thenAccept(ok -> {});
  }

  @Override
  public CompletionStage<String> trace() {
    return byGuest(true, link -> link.trace());
  }

  @Override
  public CompletionStage<String> traceExcept(String begun, String from) {
    return byGuest(true, link -> link.traceExcept(begun, from));
  }

  @Override
  public CompletionStage<Void> endTrace(String begun, TraceSink sink) {
    return byGuest(true, link -> link.endTrace(begun, sink));
  }

  @Override
  public CompletionStage<String> installTracing(List<String> tables) {
    return byGuest(true, link -> link.installTracing(tables));
  }

  @Override
  public CompletionStage<Void> contents(
      Optional<String> schema,
      String table,
      List<String> columns,
      Optional<String> notIn,
      ContentSink sink) {
    return byGuest(true, link -> link.contents(schema, table, columns, notIn, sink));
  }

  @Override
  public CompletionStage<Optional<List<@Nullable String>>> commonValues(
      TableName table, List<String> columns) {
    return byGuest(true, link -> link.commonValues(table, columns));
  }

  @Override
  public CompletionStage<Catalog> catalog(long previousVersion) {
    return byGuest(true, link -> link.catalog(previousVersion));
  }

  @Override
  public CompletionStage<Long> beginTask(TableName index) {
    return byGuest(false, link -> link.beginTask(index));
  }

  @Override
  public CompletionStage<Void> endTask(long task) {
    return byGuest(true, link -> link.endTask(task));
  }

  @Override
  public CompletionStage<Void> undoTask(long task, TableName index) {
    return byGuest(false, link -> link.undoTask(task, index));
  }

  private <T> CompletionStage<T> byGuest(
      boolean inTransaction,
      java.util.function.Function<org.tandemdb.backend.JdbcLink, CompletionStage<T>> verb) {
    Guest called = guest;
    if (called == null) {
      return CompletableFuture.failedFuture(
          new UnsupportedOperationException("this link has no guest"));
    }
    CompletionStage<?> opened =
        opening.isEmpty() ? CompletableFuture.completedFuture(null) : flight();
    return opened.thenCompose(ok -> called.run(inTransaction, verb));
  }

  @Override
  public CompletionStage<MarkOutcome> mark(Position position, boolean prepare) {
    uninterruptible = true;
    PgStatement mark =
        own(MARK, Long.toString(position.epoch()), Long.toString(position.number()), secret);
    CompletionStage<List<PgResult>> answered =
        prepare
            ? flight(
                mark, PgStatement.of("PREPARE TRANSACTION '" + preparedPrefix + position + "'"))
            : flight(mark);
    return answered.handle(
        (results, failure) -> {
          if (failure == null && (!prepare || results.get(1).tag().equals("PREPARE TRANSACTION"))) {
            return new MarkOutcome.Marked(results.get(0).single());
          }
          Throwable cause = failure == null ? null : unwrap(failure);
          if (cause != null && String.valueOf(cause.getMessage()).contains(secret)) {
            // A client may have its server quote parameters in errors: that secret is known now.
            sever();
          }
          return new MarkOutcome.Refused(
              ServerError.sqlState(cause).orElse("40000"),
              cause == null ? "the transaction was not prepared" : String.valueOf(cause),
              cause);
        });
  }

  static Throwable unwrap(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  @Override
  public CompletionStage<FinishOutcome> finish(Position position, Decision decision) {
    String gid = "'" + preparedPrefix + position + "'";
    CompletionStage<FinishOutcome> ended =
        switch (decision) {
          case COMMIT -> finish("COMMIT", "COMMIT");
          case ROLLBACK -> finish("ROLLBACK", "ROLLBACK");
          case COMMIT_PREPARED -> finish("COMMIT PREPARED " + gid, "COMMIT PREPARED");
          case ROLLBACK_PREPARED -> finish("ROLLBACK PREPARED " + gid, "ROLLBACK PREPARED");
        };
    return ended.whenComplete((ok, failure) -> uninterruptible = false);
  }

  /** The server answers COMMIT of a failed transaction with the tag ROLLBACK, and no error. */
  private CompletionStage<FinishOutcome> finish(String sql, String expectedTag) {
    if (!opening.isEmpty()) {
      // Nothing was ever run in it.
      opening.clear();
      return CompletableFuture.completedFuture(new FinishOutcome.Done());
    }
    return flight(sql.equals(expectedTag) ? own(sql) : PgStatement.of(sql))
        .handle(
            (results, failure) -> {
              if (failure == null) {
                String tag = results.get(0).tag();
                return tag.equals(expectedTag)
                    ? new FinishOutcome.Done()
                    : new FinishOutcome.Failed("25P02", sql + " was answered by " + tag);
              }
              Throwable cause = unwrap(failure);
              return isUsable()
                  ? new FinishOutcome.Failed(
                      ServerError.sqlState(cause).orElse("XX000"),
                      String.valueOf(cause.getMessage()))
                  : new FinishOutcome.InDoubt(String.valueOf(cause.getMessage()));
            });
  }

  @Override
  public CompletionStage<Void> rollback() {
    if (!opening.isEmpty()) {
      opening.clear();
      return CompletableFuture.completedFuture(null);
    }
    return flight(own("ROLLBACK"))
        .handle(
            (results, failure) -> {
              uninterruptible = false;
              if (failure != null) {
                // The transaction dies with its session; nobody may use the link again.
                sever();
              }
              return null;
            });
  }

  @Override
  public CompletionStage<String> clock() {
    return query("SELECT now()::text", List.of()).thenApply(PgResult::single);
  }

  /** Appliers run on links of Tandem's own role, which {@link NettyPort} opens over JDBC. */
  @Override
  public CompletionStage<ApplyOutcome> apply(ApplyRun run) {
    return CompletableFuture.failedFuture(
        new UnsupportedOperationException(
            "a client's link does not apply entries: ask the port for a link of its own"));
  }

  /**
   * The server gets no cancel while a marker or COMMIT is in flight. What is sent next waits until
   * the cancel has come: it could be another client's, or a COMMIT, that was ended else.
   */
  @Override
  public void cancel() {
    if (!uninterruptible) {
      wire.hold();
      cancelRequest.get().whenComplete((ok, failure) -> wire.release());
    }
  }

  @Override
  public void sever() {
    wire.close();
  }

  @Override
  public boolean isUsable() {
    return wire.isUsable();
  }

  /** Leaves out what BEGIN answers. */
  private static final class BehindOpening implements Exchange {
    private final Exchange behind;
    private final Runnable opened;
    private boolean open;

    BehindOpening(Exchange behind, Runnable opened) {
      this.behind = behind;
      this.opened = opened;
    }

    @Override
    public void message(int type, ByteBuf frame) {
      if (open || type == 'E' || type == 'A') {
        behind.message(type, frame);
      } else if (type == 'C') {
        open = true;
        opened.run();
      }
    }

    @Override
    public void ready(char status) {
      behind.ready(status);
    }

    @Override
    public void lost(SQLException why) {
      behind.lost(why);
    }
  }
}
