package org.tandemdb.proxy.front;

import io.netty.buffer.ByteBuf;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.BackendLink.BeginSpec;
import org.tandemdb.backend.Lease;
import org.tandemdb.config.DatabaseText;
import org.tandemdb.engine.Reports;
import org.tandemdb.listen.Listening;
import org.tandemdb.plan.Described;
import org.tandemdb.plan.Plan;
import org.tandemdb.plan.Plan.Effect;
import org.tandemdb.plan.Request;
import org.tandemdb.proxy.pg.NettyLink;
import org.tandemdb.session.EngineSession;

/**
 * Statements that concern the session alone: BEGIN and COMMIT, SET, savepoints, SHOW TANDEM. The
 * twin of the driver's {@code LocalStatements}. On the event loop.
 */
final class Locals {
  /** The setting that shows a transaction's token, and the name under which clients are told. */
  static final String TOKEN = "tandem.transaction_token";

  private static final String LEVEL = "transaction_isolation";

  /** SHOW TRANSACTION ISOLATION LEVEL. */
  private static final String LEVEL_WORDS = "transaction_isolation_level";

  private final Session client;
  private final SessionSource source;
  private final EngineSession<NettyLink> session;
  private final BlockState state;
  private final Temporaries temporaries;
  private final AdvisoryLocks locks;
  private final Runs runs;
  private final SqlPrepared prepared;
  private final Listening<ByteBuf> listening;

  /** The client is told of what changes; neither RESET ALL nor DISCARD ALL ends it. */
  private boolean reports;

  /** Names of settings that were SET; kept after RESET, since a rollback may bring them back. */
  private final Set<String> changed = new LinkedHashSet<>();

  Locals(
      Session client,
      SessionSource source,
      EngineSession<NettyLink> session,
      BlockState state,
      Temporaries temporaries,
      AdvisoryLocks locks,
      Runs runs,
      Listening<ByteBuf> listening) {
    this.listening = listening;
    this.client = client;
    this.source = source;
    this.session = session;
    this.state = state;
    this.temporaries = temporaries;
    this.locks = locks;
    this.runs = runs;
    this.prepared = new SqlPrepared(client, state);
  }

  CompletionStage<Void> run(Plan.Local plan, Statement statement) {
    Effect effect = plan.effect();
    if (effect instanceof Effect.Begin begin) {
      if (!state.begin(begin)) {
        statement.outlet().warning("25001", "there is already a transaction in progress");
      }
      return done(statement, statement.verb().equals("START") ? "START TRANSACTION" : "BEGIN");
    }
    if (effect instanceof Effect.Commit commit) {
      return commit(commit.chain(), statement);
    }
    if (effect instanceof Effect.Rollback rollback) {
      return rollback(rollback.chain(), statement);
    }
    if (effect instanceof Effect.TransactionMode mode) {
      if (!state.inBlock()) {
        statement
            .outlet()
            .warning("25P01", "SET TRANSACTION can only be used in transaction blocks");
      }
      state.mode(mode);
      return done(statement, "SET");
    }
    if (effect instanceof Effect.Absorbed absorbed) {
      return done(statement, absorbed.tag());
    }
    if (effect instanceof Effect.Characteristics modes) {
      state.characteristics(modes);
      return done(statement, "SET");
    }
    if (effect instanceof Effect.Consistency consistency) {
      state.level(consistency.level().map(BlockState::levelOf));
      return done(statement, statement.verb().equals("RESET") ? "RESET" : "SET");
    }
    if (effect instanceof Effect.ShowConsistency) {
      statement.outlet().bound();
      statement
          .outlet()
          .table(
              List.of("tandem.consistency"),
              List.of(List.of(DatabaseText.text(state.level()))),
              statement.described());
      return Stages.DONE;
    }
    if (effect instanceof Effect.ShowToken) {
      statement.outlet().bound();
      statement
          .outlet()
          .table(
              List.of(TOKEN), List.of(List.of(session.transactionToken())), statement.described());
      return Stages.DONE;
    }
    if (effect instanceof Effect.ReportSession report) {
      reports = report.on();
      return done(statement, statement.verb().equals("RESET") ? "RESET" : "SET");
    }
    if (effect instanceof Effect.ResetAll) {
      return resetAll().thenCompose(ok -> done(statement, "RESET"));
    }
    if (effect instanceof Effect.Discard discard) {
      return discard(discard.what(), statement);
    }
    if (effect instanceof Effect.ShowTandem show) {
      return show(show, statement);
    }
    if (effect instanceof Effect.Maintenance maintenance) {
      return state.inBlock() && maintenance.inBlock()
          ? client.onOwnLink(plan, statement)
          : client.maintain(statement);
    }
    if (effect instanceof Effect.None || effect instanceof Effect.Deferred) {
      return client.onOwnLink(plan, statement);
    }
    if (effect instanceof Effect.Hold || effect instanceof Effect.Temporary) {
      return onPrimarysLink(effect, plan, statement);
    }
    if (effect instanceof Effect.Setting setting) {
      return setting(plan, setting, statement);
    }
    if (effect instanceof Effect.SessionLock) {
      return lock(plan, statement);
    }
    if (effect instanceof Effect.Prepare prepare) {
      return prepared.prepare(plan, prepare.statement(), statement);
    }
    if (effect instanceof Effect.Execute execute) {
      return prepared.execute(execute, statement);
    }
    if (effect instanceof Effect.Deallocate deallocate) {
      prepared.deallocate(deallocate);
      return done(statement, deallocate.name().isEmpty() ? "DEALLOCATE ALL" : "DEALLOCATE");
    }
    if (effect instanceof Effect.Listen listen) {
      return listen(listen.channel(), statement);
    }
    if (effect instanceof Effect.Unlisten unlisten) {
      listening.unlisten(unlisten.channel(), state.inBlock());
      return done(statement, "UNLISTEN");
    }
    return savepoint(plan, effect, statement);
  }

  private CompletionStage<Void> listen(String channel, Statement statement) {
    if (listening.isFull()) {
      return Stages.failed(
          new ClientFailure(
              "54000", "more than " + Listening.MOST_CHANNELS + " channels are listened to"));
    }
    return listening
        .listen(channel)
        .exceptionallyCompose(
            failure -> {
              listening.gaveUp();
              return Stages.failed(ClientFailure.of(failure));
            })
        .thenCompose(
            ok -> {
              listening.listened(channel, state.inBlock());
              return done(statement, "LISTEN");
            });
  }

  /** Nothing was to be run. */
  private static CompletionStage<Void> done(Statement statement, String tag) {
    statement.outlet().bound();
    if (statement.described()) {
      statement.outlet().description(ExtendedProtocol.noData());
    }
    statement.outlet().complete(tag);
    return Stages.DONE;
  }

  // --- the end of a block

  private CompletionStage<Void> commit(boolean chain, Statement statement) {
    if (state.isUntold()) {
      return Stages.ensure(Stages.failed(state.failedError()), client::rollback);
    }
    if (state.isBroken()) {
      // As the server has it: no error, but another tag.
      return rollback(chain, statement);
    }
    if (!state.isExplicit()) {
      if (chain) {
        return Stages.failed(noBlock("COMMIT AND CHAIN"));
      }
      statement.outlet().warning("25P01", "there is no transaction in progress");
    }
    return end(chain, client::commit).thenCompose(ok -> done(statement, "COMMIT"));
  }

  private CompletionStage<Void> rollback(boolean chain, Statement statement) {
    if (!state.isExplicit()) {
      if (chain) {
        return Stages.failed(noBlock("ROLLBACK AND CHAIN"));
      }
      statement.outlet().warning("25P01", "there is no transaction in progress");
    }
    return end(chain, client::rollback).thenCompose(ok -> done(statement, "ROLLBACK"));
  }

  private static ClientFailure noBlock(String what) {
    return new ClientFailure("25P01", what + " can only be used in transaction blocks");
  }

  private CompletionStage<Void> end(boolean chain, Supplier<CompletionStage<Void>> end) {
    BeginSpec spec = state.spec();
    return end.get()
        .thenAccept(
            ok -> {
              if (chain) {
                state.chain(spec);
              }
            });
  }

  // --- settings

  private CompletionStage<Void> resetAll() {
    state.level(Optional.empty());
    state.characteristics(
        new Effect.Characteristics(Optional.of("READ COMMITTED"), Optional.of(false)));
    return client.inOneTransaction(
        () ->
            Stages.each(
                List.copyOf(changed).iterator(),
                name ->
                    name.equals("role") || name.equals("session_authorization")
                        ? Stages.DONE
                        : reset(name)));
  }

  private CompletionStage<Void> reset(String name) {
    return client.run(Statement.simple(resetText(name), new RowOutlet()));
  }

  private static String resetText(String name) {
    if (name.equals("role")) {
      return "RESET ROLE";
    }
    return name.equals("session_authorization")
        ? "RESET SESSION AUTHORIZATION"
        : "RESET \"" + name.replace(".", "\".\"") + "\"";
  }

  private CompletionStage<Void> setting(
      Plan.Local plan, Effect.Setting setting, Statement statement) {
    return client.inOneTransaction(
        () ->
            client
                .onOwnLink(plan, statement)
                .thenCompose(
                    ok -> {
                      // Not what the server has refused to SET: it may refuse to RESET that too.
                      changed.add(setting.name());
                      Optional<Lease<NettyLink>> lease = state.lease();
                      if (lease.isEmpty()) {
                        return Stages.DONE;
                      }
                      CompletionStage<Void> followed =
                          follow(setting.name(), setting.local(), lease.get());
                      return setting.name().equals("session_authorization")
                          // The server has set it to none.
                          ? followed.thenCompose(
                              done -> follow("role", setting.local(), lease.get()))
                          : followed;
                    }));
  }

  /** The engine learns the value that the server made of it. */
  private CompletionStage<Void> follow(String name, boolean local, Lease<NettyLink> lease) {
    return lease
        .link()
        .query("SELECT pg_catalog.current_setting($1, true)", List.of(name))
        .<Void>thenApply(
            answer -> {
              String value = answer.rows().get(0).get(0);
              if (value != null || name.contains(".")) {
                runs.report(() -> session.setting(name, value == null ? "" : value, local));
              } // else the server has no such setting, and nothing was set
              return null;
            })
        .exceptionallyCompose(failure -> client.inTransaction(lease, failure));
  }

  /** What the client has said as it connected. */
  void startWith(String name, String value) {
    session.setting(name, value, false);
    changed.add(name.toLowerCase(Locale.ROOT));
  }

  // --- DISCARD

  private CompletionStage<Void> discard(Effect.Discard.What what, Statement statement) {
    return switch (what) {
      case ALL ->
          state.inBlock()
              ? Stages.failed(
                  new ClientFailure("25001", "DISCARD ALL cannot run inside a transaction block"))
              : discardAll().thenCompose(ok -> done(statement, "DISCARD ALL"));
      case PLANS -> done(statement, "DISCARD PLANS");
      case SEQUENCES -> discardSequences(statement);
      case TEMP -> temporaries.any() ? dropTemporary(statement) : done(statement, "DISCARD TEMP");
    };
  }

  private CompletionStage<Void> discardAll() {
    List<Supplier<CompletionStage<Void>>> parts = new ArrayList<>();
    listening.unlisten(Optional.empty(), false);
    for (String identity : List.of("session_authorization", "role")) {
      if (changed.contains(identity)) {
        parts.add(() -> reset(identity));
      }
    }
    parts.add(this::resetAll);
    if (temporaries.any()) {
      parts.add(() -> dropTemporary(quiet("DISCARD TEMP")));
    }
    if (locks.any()) {
      parts.add(() -> client.onPrimary(quiet("SELECT pg_advisory_unlock_all()")));
    }
    parts.add(() -> discardSequences(quiet("DISCARD SEQUENCES")));
    return Stages.each(parts.iterator(), Supplier::get)
        .thenAccept(
            ok -> {
              prepared.forget();
              changed.clear();
            });
  }

  private static Statement quiet(String sql) {
    return Statement.simple(sql, new RowOutlet());
  }

  private CompletionStage<Void> discardSequences(Statement statement) {
    session.discardNumbers();
    return client.write(
        new Plan.Local("forgets numbers drawn", new Effect.Discard(Effect.Discard.What.SEQUENCES)),
        statement.as("DISCARD SEQUENCES"));
  }

  private CompletionStage<Void> dropTemporary(Statement statement) {
    return client.write(
        new Plan.Local("drops temporary tables", new Effect.Temporary()),
        statement.as("DISCARD TEMP"));
  }

  // --- what lives on one link

  private CompletionStage<Void> onPrimarysLink(Effect effect, Plan plan, Statement statement) {
    if (state.inBlock() && state.isReadOnlyBlock()) {
      return Stages.failed(
          effect instanceof Effect.Hold
              ? new ClientFailure(
                  "0A000",
                  "a cursor WITH HOLD would be left on a replica's link. Declare it in a read-write"
                      + " transaction, or without one.")
              : new ClientFailure("25006", "cannot change tables in a read-only transaction"));
    }
    return client.write(plan, statement);
  }

  /** Outside of a block it may wait for another session as long as it likes: it holds up nobody. */
  private CompletionStage<Void> lock(Plan plan, Statement statement) {
    if (!state.inBlock()) {
      return client.onPrimary(statement);
    }
    if (state.isReadOnlyBlock()) {
      return Stages.failed(
          new ClientFailure(
              "0A000", "advisory locks of the session cannot be taken in a READ ONLY transaction"));
    }
    return client
        .write(plan, statement)
        .thenCompose(
            ok -> {
              Lease<NettyLink> lease = state.writing;
              return lease == null
                  ? Stages.DONE
                  : locks
                      .changed(lease.link())
                      .exceptionallyCompose(failure -> client.inTransaction(lease, failure));
            });
  }

  private CompletionStage<Void> savepoint(Plan plan, Effect effect, Statement statement) {
    if (!state.inBlock()) {
      return Stages.failed(noBlock(statement.verb()));
    }
    return client
        .onOwnLink(plan, statement)
        .thenAccept(
            ok -> {
              state.recovered();
              if (effect instanceof Effect.Savepoint s) {
                listening.savepoint(s.name());
              } else if (effect instanceof Effect.RollbackTo s) {
                listening.rollbackTo(s.name());
              } else if (effect instanceof Effect.Release s) {
                listening.release(s.name());
              }
              if (state.reading != null) {
                return;
              }
              if (effect instanceof Effect.Savepoint s) {
                runs.report(() -> session.savepoint(s.name()));
              } else if (effect instanceof Effect.RollbackTo s) {
                runs.report(() -> session.rollbackTo(s.name()));
                temporaries.undone();
              } else if (effect instanceof Effect.Release s) {
                runs.report(() -> session.release(s.name()));
              }
            });
  }

  // --- SHOW

  /**
   * Answers SHOW of what this class keeps in place of the server: modes of transactions, which a
   * server hears of with BEGIN. False if that is not asked for.
   */
  boolean showMode(Statement statement) {
    // No lexing of what is not SHOW: this is asked of every read.
    if (!statement.sql().stripLeading().regionMatches(true, 0, "SHOW", 0, 4)) {
      return false;
    }
    List<String> words = statement.words();
    String name =
        String.join("_", words.subList(Math.min(1, words.size()), words.size()))
            .toLowerCase(Locale.ROOT);
    Optional<String> value = state.shown(name.equals(LEVEL_WORDS) ? LEVEL : name);
    if (value.isEmpty()) {
      return false;
    }
    statement.outlet().bound();
    statement
        .outlet()
        .table(
            List.of(name.equals(LEVEL_WORDS) ? LEVEL : name),
            List.of(List.of(value.get())),
            statement.described());
    return true;
  }

  private CompletionStage<Void> show(Effect.ShowTandem show, Statement statement) {
    if (show.topic().equals("OUTCOME")) {
      return client
          .ask(() -> source.outcome(show.argument()))
          .thenAccept(table -> show(table, statement));
    }
    show(table(show), statement);
    return Stages.DONE;
  }

  private static void show(SessionSource.Table table, Statement statement) {
    statement.outlet().bound();
    statement.outlet().table(table.columns(), table.rows(), statement.described());
  }

  /**
   * What the client is to know by name: the token of the transaction that is open or comes next;
   * and, between transactions, what it would have to set again on another connection, and what it
   * could not. Empty unless it has asked.
   */
  Map<String, String> reported(Supplier<String> pinned) {
    if (!reports) {
      return Map.of();
    }
    Map<String, String> told = new LinkedHashMap<>();
    told.put(TOKEN, session.transactionToken());
    if (!state.inBlock()) {
      Map<String, String> settings = new TreeMap<>(session.settings());
      if (!state.level().equals(source.consistency())) {
        settings.put("tandem.consistency", DatabaseText.text(state.level()));
      }
      told.put(
          "tandem.session_settings",
          settings.entrySet().stream()
              .map(one -> encoded(one.getKey()) + "=" + encoded(one.getValue()))
              .collect(Collectors.joining("&")));
      told.put(
          "tandem.session_channels",
          listening.channels().stream().map(Locals::encoded).collect(Collectors.joining("&")));
      told.put(
          "tandem.session_pinned",
          Stream.of(pinned.get(), prepared.isEmpty() ? "" : "prepared statements")
              .filter(reason -> !reason.isEmpty())
              .collect(Collectors.joining(", ")));
    }
    return told;
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  /**
   * Columns of what is shown without asking a server; empty if {@code effect} is something else.
   */
  Optional<List<String>> columns(Effect effect) {
    if (effect instanceof Effect.ShowToken) {
      return Optional.of(List.of(TOKEN));
    }
    if (effect instanceof Effect.ShowConsistency) {
      return Optional.of(List.of("tandem.consistency"));
    }
    if (effect instanceof Effect.ShowTandem show) {
      return Optional.of(
          show.topic().equals("OUTCOME") ? Reports.OUTCOME_COLUMNS : table(show).columns());
    }
    return Optional.empty();
  }

  private SessionSource.Table table(Effect.ShowTandem show) {
    return show.topic().toUpperCase(Locale.ROOT).startsWith("PLAN")
        ? planTable(show.argument())
        : source.show(show.topic(), show.argument());
  }

  private SessionSource.Table planTable(String sql) {
    Plan plan = session.plan(new Request(sql, Request.Markers.DOLLAR, List.of()));
    if (plan instanceof Plan.Local local && local.effect() instanceof Effect.Execute execute) {
      plan = session.plan(new Request(prepared.shown(execute), Request.Markers.DOLLAR, List.of()));
    }
    List<List<@Nullable String>> rows = new ArrayList<>();
    Described.table(plan).forEach(row -> rows.add(new ArrayList<@Nullable String>(row)));
    return new SessionSource.Table(Described.COLUMNS, rows);
  }
}
