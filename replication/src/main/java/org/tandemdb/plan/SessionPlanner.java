package org.tandemdb.plan;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.tandemdb.plan.Plan.Effect;
import org.tandemdb.sql.Tokens;

/** Statements that concern the session alone: transactions, settings, SHOW. */
final class SessionPlanner {

  /**
   * Settings that may be changed. Those that change the meaning of statements (TimeZone,
   * search_path) travel with the entries. Not here, because captured and logged texts depend on
   * them: DateStyle, IntervalStyle, extra_float_digits, bytea_output, lc_monetary, xmloption,
   * standard_conforming_strings, client_encoding; nor whatever changes identity or triggers (role,
   * session_authorization, session_replication_role), nor transaction defaults, which the engine
   * would not see.
   */
  private static final Set<String> SETTINGS =
      Set.of(
          "application_name",
          "statement_timeout",
          "lock_timeout",
          "idle_in_transaction_session_timeout",
          "idle_session_timeout",
          "transaction_timeout",
          "work_mem",
          "maintenance_work_mem",
          "temp_buffers",
          "hash_mem_multiplier",
          "timezone",
          "search_path",
          "client_min_messages",
          "random_page_cost",
          "seq_page_cost",
          "effective_cache_size",
          "cursor_tuple_fraction",
          "plan_cache_mode",
          "jit",
          "enable_seqscan",
          "enable_indexscan",
          "enable_bitmapscan",
          "enable_hashjoin",
          "enable_mergejoin",
          "enable_nestloop",
          "enable_sort",
          "enable_hashagg",
          "max_parallel_workers_per_gather",
          "join_collapse_limit",
          "from_collapse_limit",
          "geqo",
          "tcp_keepalives_idle",
          "tcp_keepalives_interval",
          "tcp_keepalives_count",
          "tcp_user_timeout");

  /** What an operator does to one server, and what changes nothing that a query shows. */
  private static final Set<String> MAINTENANCE =
      Set.of("VACUUM", "ANALYZE", "ANALYSE", "REINDEX", "CLUSTER", "CHECKPOINT");

  private static final Set<String> TOPICS = Set.of("status", "lag", "events");

  private final TokenReader in;

  private SessionPlanner(TokenReader in) {
    this.in = in;
  }

  /** True if a session may change the setting (lower case), since no logged text depends on it. */
  static boolean mayBeSet(String setting) {
    return SETTINGS.contains(setting);
  }

  static Plan plan(Tokens tokens) throws Refusal {
    TokenReader in = new TokenReader(tokens);
    SessionPlanner planner = new SessionPlanner(in);
    Plan plan = planner.statement();
    in.expectEnd();
    return plan;
  }

  private Plan statement() throws Refusal {
    if (in.take("begin")) {
      in.skip("work", "transaction");
      return begin();
    }
    if (in.take("start", "transaction")) {
      return begin();
    }
    if (in.take("commit") || in.take("end")) {
      if (in.peek("prepared")) {
        throw twoPhase();
      }
      endNoise();
      return local("ends the transaction", new Effect.Commit());
    }
    if (in.take("rollback") || in.take("abort")) {
      return rollback();
    }
    if (in.take("savepoint")) {
      return local("sets a savepoint", new Effect.Savepoint(in.name()));
    }
    if (in.take("release")) {
      in.skip("savepoint");
      return local("releases a savepoint", new Effect.Release(in.name()));
    }
    if (in.take("set")) {
      return set();
    }
    if (in.take("reset")) {
      return reset();
    }
    if (in.take("show")) {
      return show();
    }
    if (in.peek("prepare") && in.tokens().is(1, "transaction")) {
      throw twoPhase();
    }
    if (in.take("unlisten")) {
      // There is nothing to listen to.
      if (!in.takeSymbol("*")) {
        in.name();
      }
      return local("nothing is listened to", new Effect.None());
    }
    if (in.peek("listen") || in.peek("notify")) {
      throw new Refusal(
          in.tokens().text(0).toUpperCase(Locale.ROOT)
              + " reaches sessions of one server only, and a failover loses what was notified",
          "Use a table as a queue.");
    }
    if (in.take("discard")) {
      if (in.take("plans")) {
        return local("forgets plans", new Effect.None());
      }
      throw new Refusal(
          "DISCARD would undo what Tandem has set on its links",
          "RESET the settings that were SET.");
    }
    String first = in.tokens().text(0).toUpperCase(Locale.ROOT);
    if (MAINTENANCE.contains(first)) {
      throw new Refusal(
          first + " is maintenance of one server, which Tandem does not pass on",
          "Run it on each server, past Tandem: it changes no data.");
    }
    throw new Refusal(
        first + " is not supported", "See the manual for the statements that Tandem understands.");
  }

  private static Refusal twoPhase() {
    return new Refusal(
        "two-phase commit by the client is not supported",
        "Use COMMIT: it is durable on every backend.");
  }

  private static Plan local(String reason, Effect effect) {
    return new Plan.Local(reason, effect);
  }

  private Plan begin() throws Refusal {
    Modes modes = modes();
    return local(
        "begins a transaction",
        new Effect.Begin(modes.isolation(), modes.readOnly().orElse(false)));
  }

  private record Modes(Optional<String> isolation, Optional<Boolean> readOnly) {}

  private Modes modes() throws Refusal {
    Optional<String> isolation = Optional.empty();
    Optional<Boolean> readOnly = Optional.empty();
    while (!in.atEnd()) {
      if (in.take("isolation", "level")) {
        isolation = Optional.of(isolation());
      } else if (in.take("read", "only")) {
        readOnly = Optional.of(true);
      } else if (in.take("read", "write")) {
        readOnly = Optional.of(false);
      } else if (!in.take("not", "deferrable") && !in.take("deferrable")) {
        throw in.unexpected();
      }
      boolean separated = in.takeSymbol(",");
      if (separated && in.atEnd()) {
        throw in.unexpected();
      }
    }
    return new Modes(isolation, readOnly);
  }

  private String isolation() throws Refusal {
    if (in.take("serializable")) {
      return "SERIALIZABLE";
    }
    if (in.take("repeatable", "read")) {
      return "REPEATABLE READ";
    }
    // PostgreSQL treats READ UNCOMMITTED as READ COMMITTED.
    if (in.take("read", "committed") || in.take("read", "uncommitted")) {
      return "READ COMMITTED";
    }
    throw in.unexpected();
  }

  private void endNoise() throws Refusal {
    in.skip("work", "transaction");
    if (in.take("and", "no", "chain")) {
      return;
    }
    if (in.peek("and")) {
      throw new Refusal("AND CHAIN is not supported", "Begin the next transaction with BEGIN.");
    }
  }

  private Plan rollback() throws Refusal {
    if (in.peek("prepared")) {
      throw twoPhase();
    }
    in.skip("work", "transaction");
    if (in.take("to")) {
      in.skip("savepoint");
      return local("undoes back to a savepoint", new Effect.RollbackTo(in.name()));
    }
    endNoise();
    return local("undoes the transaction", new Effect.Rollback());
  }

  private Plan set() throws Refusal {
    if (in.take("transaction")) {
      if (in.atEnd() || in.peek("snapshot")) {
        throw in.unexpected();
      }
      Modes modes = modes();
      return local(
          "sets the transaction's mode",
          new Effect.TransactionMode(modes.isolation(), modes.readOnly()));
    }
    if (in.take("constraints")) {
      return constraints();
    }
    boolean local = in.take("local");
    boolean session = !local && in.take("session");
    if (session && in.peek("characteristics")) {
      throw new Refusal(
          "SET SESSION CHARACTERISTICS is not supported", "Give the modes with each BEGIN.");
    }
    if (in.take("time", "zone")) {
      zone();
      return local("sets TimeZone for this session", new Effect.Setting("timezone", local));
    }
    if (in.take("names")) {
      return names();
    }
    String name = in.name().toLowerCase(Locale.ROOT);
    if (!in.takeSymbol("=")) {
      in.expect("to");
    }
    if (!isKept(name)) {
      allowed(name);
    }
    values(name);
    return local("sets " + name + " for this session", new Effect.Setting(name, local));
  }

  private Plan names() throws Refusal {
    if (in.atEnd() || !isKept("client_encoding")) {
      throw new Refusal("the encoding may not be changed", "Leave it at UTF8.");
    }
    in.at(in.at() + 1);
    return local("keeps the encoding", new Effect.Setting("client_encoding", false));
  }

  /** Checked early they fail early, that is all; replicas check row by row. */
  private Plan constraints() throws Refusal {
    do {
      in.qualifiedName();
    } while (in.takeSymbol(","));
    if (in.peek("deferred")) {
      throw new Refusal(
          "SET CONSTRAINTS ... DEFERRED is not supported: replicas check each row when it comes",
          "Write rows before those that refer to them.");
    }
    in.expect("immediate");
    return local("checks constraints early", new Effect.None());
  }

  /** A setting that is pinned may be given the value that it has. */
  private boolean isKept(String name) {
    String value = in.atEnd() ? "" : in.tokens().text(in.at()).toLowerCase(Locale.ROOT);
    return switch (name) {
      case "client_encoding" -> Set.of("utf8", "=utf8", "=utf-8").contains(value);
      case "standard_conforming_strings" -> Set.of("on", "=on", "true", "1").contains(value);
      default -> false;
    };
  }

  /** DEFAULT, LOCAL, a zone's name or an offset. */
  private void zone() throws Refusal {
    if (in.takeSymbol("-") || in.takeSymbol("+")) {
      constant();
    } else if (!in.takeConstant()) {
      in.name();
    }
  }

  private void constant() throws Refusal {
    if (!in.takeConstant()) {
      throw in.unexpected();
    }
  }

  private void allowed(String name) throws Refusal {
    if (!SETTINGS.contains(name)) {
      throw new Refusal(
          "the setting " + name + " may not be changed: texts that are logged could depend on it",
          "Leave it at the value that Tandem pins.");
    }
  }

  private void values(String name) throws Refusal {
    do {
      boolean sign = in.takeSymbol("-") || in.takeSymbol("+");
      int token = in.at();
      if (!in.takeConstant()) {
        if (sign) {
          throw in.unexpected();
        }
        in.name();
      }
      String text = in.tokens().text(token).toLowerCase(Locale.ROOT);
      if (name.equals("search_path")
          && (text.contains(Scope.TANDEM) || text.contains("pg_temp") || text.isEmpty())) {
        throw new Refusal(
            "the search path may not hold Tandem's or temporary schemas", "Leave them out.");
      }
    } while (in.takeSymbol(","));
  }

  private Plan reset() throws Refusal {
    if (in.take("time", "zone")) {
      return local("resets TimeZone", new Effect.Setting("timezone", false));
    }
    String name = in.name().toLowerCase(Locale.ROOT);
    allowed(name);
    return local("resets " + name, new Effect.Setting(name, false));
  }

  private Plan show() throws Refusal {
    if (in.take("tandem")) {
      return showTandem();
    }
    if (in.take("time", "zone")
        || in.take("transaction", "isolation", "level")
        || in.take("session", "authorization")) {
      return new Plan.Read("shows a setting");
    }
    String name = in.name();
    if (in.takeSymbol(".")) {
      in.name();
    }
    return new Plan.Read("shows the setting " + name);
  }

  private Plan showTandem() throws Refusal {
    if (in.take("plan", "for")) {
      if (in.atEnd()) {
        throw in.unexpected();
      }
      String sql = in.tokens().sql().substring(in.tokens().start(in.at()));
      in.at(in.tokens().size());
      return local("answered by the engine", new Effect.ShowTandem("PLAN FOR", sql));
    }
    String topic = in.name();
    if (!TOPICS.contains(topic)) {
      throw new Refusal(
          "SHOW TANDEM knows STATUS, LAG, EVENTS and PLAN FOR", "Ask for one of these.", "42601");
    }
    return local(
        "answered by the engine", new Effect.ShowTandem(topic.toUpperCase(Locale.ROOT), ""));
  }
}
