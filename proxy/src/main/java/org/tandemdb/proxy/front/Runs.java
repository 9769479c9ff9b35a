package org.tandemdb.proxy.front;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.Lease;
import org.tandemdb.entry.Value;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.plan.Plan;
import org.tandemdb.proxy.pg.Call;
import org.tandemdb.proxy.pg.CallResult;
import org.tandemdb.proxy.pg.Calls;
import org.tandemdb.proxy.pg.CopyIn;
import org.tandemdb.proxy.pg.Meaning;
import org.tandemdb.proxy.pg.NettyLink;
import org.tandemdb.proxy.pg.Results;
import org.tandemdb.session.EngineSession;

/**
 * Runs statements that are planned on a link that is there, gives the client what it asked for, and
 * reports to the engine what is to be logged. The twin of the driver's {@code Executions}. On the
 * event loop.
 */
final class Runs {
  /** A row or statement, and a value, on the heap: as the engine estimates them. */
  private static final long CHANGE_BYTES = 64;

  private static final long VALUE_BYTES = 56;

  /** Of captured rows that are in memory at a time; the engine's own limit ends it before. */
  private static final long MOST_CAPTURED_BYTES = 256L << 20;

  private final Session client;
  private final EngineSession<NettyLink> session;
  private final Engines engine;
  private final BlockState state;
  private final Temporaries temporaries;
  private final long stageThresholdBytes;

  /** What the open transaction has recorded, estimated. */
  private long recordedBytes;

  Runs(
      Session client,
      EngineSession<NettyLink> session,
      Engines engine,
      BlockState state,
      Temporaries temporaries,
      long stageThresholdBytes) {
    this.client = client;
    this.session = session;
    this.engine = engine;
    this.state = state;
    this.temporaries = temporaries;
    this.stageThresholdBytes = stageThresholdBytes;
  }

  /** In a read-write transaction, on the lease that it holds. */
  CompletionStage<Void> started(Plan plan, Lease<NettyLink> lease, Statement statement) {
    if (plan instanceof Plan.Write write && write.readBack().isPresent()) {
      return readBack(write, write.readBack().get(), lease, statement);
    }
    if (plan instanceof Plan.Write write) {
      return write(write, lease, statement);
    }
    if (plan instanceof Plan.Traced) {
      return traced(lease, statement);
    }
    if (plan instanceof Plan.Exclusive exclusive) {
      return plain(lease, exclusive.rewritten().orElse(statement.sql()), statement)
          .thenAccept(ok -> report(() -> session.executed(exclusive)));
    }
    if (plan instanceof Plan.Read
        || plan instanceof Plan.PrimaryRead
        || plan instanceof Plan.Local) {
      return plain(lease, onLink(statement.sql(), statement), statement)
          .thenCompose(ok -> followed(plan, lease));
    }
    return plan instanceof Plan.Refused refused
        ? client.refused(statement.sql(), statement.types(), refused)
        : Stages.failed(ClientFailure.of(ErrorCode.STATEMENT_REFUSED, plan.reason(), null));
  }

  private CompletionStage<Void> followed(Plan plan, Lease<NettyLink> lease) {
    if (plan instanceof Plan.Local local && changesTemporary(local.effect())) {
      return temporaries.changed(lease.link());
    }
    if (plan instanceof Plan.Local local && local.effect() instanceof Plan.Effect.Deferred) {
      report(session::constraintsDeferred);
    }
    return Stages.DONE;
  }

  private static boolean changesTemporary(Plan.Effect effect) {
    return effect instanceof Plan.Effect.Temporary
        || (effect instanceof Plan.Effect.Discard discard
            && discard.what() == Plan.Effect.Discard.What.TEMP);
  }

  static ClientFailure refused(Plan.Refused plan) {
    String sqlState = plan.sqlState().isEmpty() ? "0A000" : plan.sqlState();
    String reason = plan.reason();
    String end = reason.endsWith(".") ? " " : ". ";
    String text = plan.remedy().isEmpty() ? reason : reason + end + plan.remedy();
    return new ClientFailure(sqlState, text);
  }

  /** The text as the transaction's link is to run it. */
  private String onLink(String sql, Statement statement) {
    return session.textForLink(sql, statement.request().markers());
  }

  /** Tells the engine what ran; its refusal (too large, staging failed) is the statement's. */
  void report(Runnable report) {
    try {
      report.run();
    } catch (RuntimeException e) {
      state.doomed = true;
      throw e;
    }
  }

  /** A transaction has ended. */
  void forget() {
    recordedBytes = 0;
  }

  // --- statements that report nothing

  /** As the client asked, with nothing to report. */
  CompletionStage<Void> plain(Lease<NettyLink> lease, String sql, Statement statement) {
    Gathered gathered = new Gathered(statement.outlet(), false);
    return call(
            lease.link(),
            callOf(statement, sql, statement.maxRows(), Plan.CaptureSpec.NONE),
            gathered,
            statement)
        .thenAccept(result -> ended(result, statement));
  }

  /**
   * A read on a replica. Fails with {@link OwnTypes}, with nothing of its answer left for the
   * client, where that has columns whose types have another number on the primary.
   */
  CompletionStage<Void> onReplica(
      Lease<NettyLink> lease, OwnOids.Replica replica, Statement statement) {
    Gathered gathered = new Gathered(statement.outlet(), false, replica);
    return call(
            lease.link(),
            callOf(statement, statement.sql(), statement.maxRows(), Plan.CaptureSpec.NONE),
            gathered,
            statement)
        .thenAccept(
            result -> {
              if (gathered.ownTypes) {
                throw new OwnTypes(gathered.unknownTables);
              }
              ended(result, statement);
            });
  }

  /** A read is to be run by the primary. */
  static final class OwnTypes extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Whose numbers on the primary have to be known first; empty where it is about types. */
    private final transient Set<Integer> tables;

    OwnTypes(Set<Integer> tables) {
      super("a column has a type or table whose number is each server's own", null, false, false);
      this.tables = tables;
    }

    Set<Integer> tables() {
      return tables;
    }
  }

  /** Goes on with the portal of a statement that was suspended. */
  CompletionStage<Void> resume(NettyLink link, Statement statement) {
    Gathered gathered = new Gathered(statement.outlet(), false);
    // The portal has a name there, also where all the rest of its rows is asked for.
    Call call =
        callOf(
            statement,
            statement.sql(),
            statement.portal(),
            statement.maxRows(),
            Plan.CaptureSpec.NONE);
    client.runningOn(link);
    statement.outlet().begin(link);
    return engine
        .ask(() -> Calls.resume(link, call, gathered))
        .whenComplete((ok, failure) -> client.runningOn(null))
        .thenAccept(result -> ended(result, statement));
  }

  private static void ended(CallResult result, Statement statement) {
    if (result.suspended()) {
      statement.outlet().suspended();
    } else {
      if (statement.maxRows() > 0) {
        statement.outlet().ended();
      }
      statement.outlet().complete(result.tag());
    }
  }

  private CompletionStage<CallResult> call(
      NettyLink link, Call call, Gathered gathered, Statement statement) {
    client.runningOn(link);
    statement.outlet().begin(link);
    return engine
        .ask(() -> Calls.run(link, call, gathered))
        .whenComplete((ok, failure) -> client.runningOn(null));
  }

  private Call callOf(Statement statement, String sql, int maxRows, Plan.CaptureSpec capture) {
    return callOf(statement, sql, maxRows > 0 ? statement.portal() : "", maxRows, capture);
  }

  private Call callOf(
      Statement statement, String sql, String portal, int maxRows, Plan.CaptureSpec capture) {
    return new Call(
        sql,
        statement.types(),
        statement.shared(),
        client.meaning(),
        statement.parameters(),
        statement.resultFormats(),
        portal,
        maxRows,
        statement.described(),
        capture.hidden().size(),
        capture.apart());
  }

  /**
   * The client's text as it is. All rows are read at once: one that came later could write after
   * COMMIT has asked what was touched.
   */
  private CompletionStage<Void> traced(Lease<NettyLink> lease, Statement statement) {
    String sql = onLink(statement.sql(), statement);
    Gathered gathered = new Gathered(statement.outlet(), statement.maxRows() > 0);
    return engine
        .ask(session::trace)
        .thenCompose(
            ok ->
                call(
                    lease.link(),
                    callOf(statement, sql, 0, Plan.CaptureSpec.NONE),
                    gathered,
                    statement))
        .thenAccept(result -> handOver(gathered, result.tag(), statement));
  }

  // --- writes

  private CompletionStage<Void> write(
      Plan.Write plan, Lease<NettyLink> lease, Statement statement) {
    Plan.CaptureSpec capture = plan.capture();
    String sql = onLink(plan.sqlForPrimary(), statement);
    Gathered gathered = new Gathered(statement.outlet(), statement.maxRows() > 0);
    boolean asks = BinaryTexts.isNeeded(plan, statement);
    return call(lease.link(), callOf(statement, sql, 0, capture), gathered, statement)
        .thenCompose(
            result -> {
              state.doomed = true;
              CompletionStage<List<Value>> values =
                  asks
                      ? engine.ask(
                          () ->
                              BinaryTexts.ask(
                                  lease.link(), statement, result.description().parameterTypes()))
                      : CompletableFuture.completedFuture(ParameterValues.of(statement));
              return values.thenCompose(
                  parameters -> reported(plan, parameters, result, gathered, statement));
            });
  }

  /**
   * COPY ... FROM STDIN, whose rows are read from their table afterwards: see the driver's {@code
   * ReadBackWrites}. Traced where that is not possible.
   */
  private CompletionStage<Void> readBack(
      Plan.Write plan, Plan.ReadBack queries, Lease<NettyLink> lease, Statement statement) {
    NettyLink link = lease.link();
    return engine
        .ask(() -> link.query(queries.before(), List.of()))
        .thenCompose(
            before -> {
              long pages = Long.parseLong(String.valueOf(before.rows().get(0).get(0)));
              boolean readable = "t".equals(before.rows().get(0).get(1));
              if (pages > Plan.ReadBack.MOST_PAGES || !readable) {
                return traced(lease, statement);
              }
              Gathered gathered = new Gathered(statement.outlet(), false);
              return engine
                  .ask(() -> link.query("SAVEPOINT tandem_copy", List.of()))
                  .thenCompose(
                      ok ->
                          call(
                              link,
                              callOf(statement, plan.sqlForPrimary(), 0, Plan.CaptureSpec.NONE),
                              gathered,
                              statement))
                  .thenCompose(
                      copied -> {
                        state.doomed = true;
                        gathered.tag = copied.tag();
                        return count(copied.tag()) == 0
                            ? Stages.DONE
                            : readRows(plan, queries, link, pages, count(copied.tag()))
                                .thenCompose(ok -> Stages.DONE);
                      })
                  .thenCompose(ok -> engine.ask(() -> link.query("RELEASE tandem_copy", List.of())))
                  .thenAccept(
                      ok -> {
                        state.doomed = false;
                        statement.outlet().complete(gathered.tag);
                      });
            });
  }

  private CompletionStage<Void> readRows(
      Plan.Write plan, Plan.ReadBack queries, NettyLink link, long pages, long count) {
    // The page that was the last had room, as a rule.
    long page = Math.max(0, pages - 1);
    Gathered rows = new Gathered(new RowOutlet(), false);
    return engine
        .ask(() -> link.query(Plan.ReadBack.NUMBER, List.of()))
        .thenCompose(
            answer -> {
              String number = String.valueOf(answer.rows().get(0).get(0));
              return captured(link, queries.tail(number, page), plan, rows)
                  .thenCompose(
                      ok ->
                          rows.captured.size() < count && page > 0
                              ? captured(link, queries.head(number, page), plan, rows)
                              : Stages.DONE);
            })
        .thenCompose(
            ok -> {
              if (rows.overflow) {
                throw ClientFailure.of(
                    ErrorCode.TRANSACTION_TOO_LARGE, "the rows of one COPY are too many", null);
              }
              if (rows.captured.size() != count) {
                throw ClientFailure.of(
                    ErrorCode.INTERNAL, "not all rows of a COPY were read back", null);
              }
              return told(
                  rows.capturedBytes,
                  () -> session.executed(plan, List.of(), count, rows.captured.iterator()));
            });
  }

  private CompletionStage<Void> captured(
      NettyLink link, String sql, Plan.Write plan, Gathered rows) {
    Call call =
        new Call(
            sql,
            new int[0],
            false,
            Meaning.NONE,
            Call.noParameters(),
            new int[0],
            "",
            0,
            false,
            plan.capture().hidden().size(),
            false);
    return engine.ask(() -> Calls.run(link, call, rows)).thenAccept(ok -> {});
  }

  /** Reports on a worker where the log may have to be waited for. */
  private CompletionStage<Void> told(long bytes, Runnable report) {
    recordedBytes += bytes;
    if (recordedBytes < stageThresholdBytes) {
      report.run();
      return Stages.DONE;
    }
    return engine.elsewhere(report);
  }

  private CompletionStage<Void> reported(
      Plan.Write plan,
      List<Value> parameters,
      CallResult result,
      Gathered gathered,
      Statement statement) {
    Plan.CaptureSpec capture = plan.capture();
    if (gathered.overflow) {
      return Stages.failed(
          ClientFailure.of(
              ErrorCode.TRANSACTION_TOO_LARGE, "the rows of one statement are too many", null));
    }
    boolean capturing = capture.isCapturing();
    long rows = count(result.tag());
    long reported = !capturing ? rows : capture.apart() ? -1 : gathered.captured.size();
    Iterator<List<@Nullable String>> captured = gathered.captured.iterator();
    String tag =
        capture.counted().isPresent()
            ? Statement.tag(statement.sql(), gathered.counted(capture.counted().get()))
            : capture.apart() ? Statement.tag(statement.sql(), gathered.shown) : result.tag();
    return told(
            gathered.capturedBytes + CHANGE_BYTES + parametersBytes(statement),
            () -> session.executed(plan, parameters, reported, captured))
        .thenAccept(
            ok -> {
              state.doomed = false;
              handOver(gathered, tag, statement);
            });
  }

  private static long parametersBytes(Statement statement) {
    return statement.sql().length() + 2L * statement.parameters().readableBytes();
  }

  /** The count in a command tag, 0 where it has none. */
  static long count(String tag) {
    String last = tag.substring(tag.lastIndexOf(' ') + 1);
    return !last.isEmpty() && last.chars().allMatch(c -> c >= '0' && c <= '9')
        ? Long.parseLong(last)
        : 0;
  }

  private void handOver(Gathered gathered, String tag, Statement statement) {
    if (gathered.kept == null) {
      statement.outlet().complete(tag);
    } else {
      statement.outlet().fetched(gathered.kept, tag);
    }
  }

  /** Takes what comes of one call: passes on what is the client's, keeps what is the log's. */
  private static final class Gathered implements Results {
    private final Outlet outlet;
    private final List<List<@Nullable String>> captured = new ArrayList<>();

    /** Rows that the client gets in portions; null where it gets them as they come. */
    private final @Nullable List<ByteBuf> kept;

    private long capturedBytes;
    private long keptBytes;
    private long shown;
    private String tag = "";
    private boolean overflow;

    /** On a replica: columns of types that are each server's own are not the client's. */
    private final OwnOids.@Nullable Replica replica;

    private Set<Integer> unknownTables = Set.of();

    private boolean ownTypes;

    Gathered(Outlet outlet, boolean keeps) {
      this(outlet, keeps, null);
    }

    Gathered(Outlet outlet, boolean keeps, OwnOids.@Nullable Replica replica) {
      this.outlet = outlet;
      this.kept = keeps ? new ArrayList<>() : null;
      this.replica = replica;
    }

    @Override
    public void ownTypes() {
      ownTypes = replica != null;
    }

    long counted(String value) {
      return captured.stream().filter(row -> value.equals(row.get(0))).count();
    }

    @Override
    public void bound() {
      if (!ownTypes) {
        outlet.bound();
      }
    }

    @Override
    public void description(ByteBuf frame) {
      if (ownTypes) {
        frame.release();
        return;
      }
      if (replica != null) {
        unknownTables = replica.unknown(OwnOids.tablesOf(frame));
        if (!unknownTables.isEmpty()) {
          ownTypes = true;
          frame.release();
          return;
        }
        replica.translate(frame);
      }
      outlet.description(frame);
    }

    @Override
    public void row(ByteBuf frame) {
      if (ownTypes) {
        frame.release();
        return;
      }
      shown++;
      if (kept == null) {
        outlet.row(frame);
        return;
      }
      keptBytes += frame.readableBytes();
      overflow |= keptBytes > MOST_CAPTURED_BYTES;
      if (overflow) {
        frame.release();
      } else {
        kept.add(frame);
      }
    }

    @Override
    public void captured(List<@Nullable String> texts) {
      capturedBytes += CHANGE_BYTES;
      for (String text : texts) {
        capturedBytes += VALUE_BYTES + (text == null ? 0 : text.length());
      }
      overflow |= capturedBytes > MOST_CAPTURED_BYTES;
      if (!overflow) {
        captured.add(texts);
      }
    }

    @Override
    public void relay(ByteBuf frame) {
      outlet.relay(frame);
    }

    @Override
    public void copyIn(ByteBuf frame, CopyIn to) {
      outlet.copyIn(frame, to);
    }
  }
}
