package org.tandemdb.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.tandemdb.plan.Plan.Effect;
import org.tandemdb.sql.Tokens;

/** Statements that concern the session alone: transactions, settings, SHOW. */
final class SessionPlanner {

  private static final Set<String> ISOLATIONS =
      Set.of("serializable", "repeatable read", "read committed", "read uncommitted");

  /** The one setting of a session that is Tandem's own. */
  private static final String CONSISTENCY = Scope.TANDEM + ".consistency";

  private static final String TOKEN = "transaction_token";
  private static final String SNAPSHOT =
      "reads what the session of the primary sees that has exported the snapshot";
  private static final String REPORT = Scope.TANDEM + ".report_session";

  private static final Set<String> TOPICS = Set.of("status", "lag", "events", "sessions", "config");

  private final TokenReader in;

  private SessionPlanner(TokenReader in) {
    this.in = in;
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
      return local("ends the transaction", new Effect.Commit(chain()));
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
      Optional<String> channel = in.takeSymbol("*") ? Optional.empty() : Optional.of(in.name());
      return local("listens no longer", new Effect.Unlisten(channel));
    }
    if (in.take("listen")) {
      return local("listens to what is notified on the primary", new Effect.Listen(in.name()));
    }
    if (in.take("notify")) {
      in.name();
      if (in.takeSymbol(",")) {
        constant();
      }
      return new Plan.PrimaryRead("notifies whoever listens on the primary, at COMMIT");
    }
    if (in.take("discard")) {
      return discard();
    }
    String first = in.tokens().text(0).toUpperCase(Locale.ROOT);
    throw new Refusal(
        first + " is not supported", "See the manual for the statements that Tandem understands.");
  }

  private Plan discard() throws Refusal {
    for (Effect.Discard.What what : Effect.Discard.What.values()) {
      if (in.take(what.name().toLowerCase(Locale.ROOT))) {
        return local("discards what the session has", new Effect.Discard(what));
      }
    }
    if (in.take("temporary")) {
      return local("drops temporary tables", new Effect.Discard(Effect.Discard.What.TEMP));
    }
    throw in.unexpected();
  }

  /**
   * True for {@code SELECT set_config('name', value, local)} and nothing beside it; and where the
   * name is that of a row of pg_settings, as pg_dump sets what older servers do not have.
   */
  static boolean isSetting(Tokens tokens) {
    return named(tokens).isPresent() || isPlainSetting(tokens);
  }

  /**
   * The token that names the setting in {@code SELECT set_config(name, 'value', false) FROM
   * pg_settings WHERE name = 'setting'}.
   */
  private static Optional<Integer> named(Tokens tokens) {
    int open = tokens.isSymbol(2, ".") && tokens.is(1, "pg_catalog") ? 4 : 2;
    int from = open + 7;
    int relation = tokens.isSymbol(from + 2, ".") && tokens.is(from + 1, "pg_catalog") ? 3 : 1;
    int where = from + relation + 1;
    boolean is =
        tokens.is(0, "select")
            && tokens.is(open - 1, "set_config")
            && tokens.isSymbol(open, "(")
            && tokens.is(open + 1, "name")
            && tokens.isSymbol(open + 2, ",")
            && tokens.isKind(open + 3, Tokens.Kind.STRING)
            && tokens.isSymbol(open + 4, ",")
            && tokens.is(open + 5, "false")
            && tokens.isSymbol(open + 6, ")")
            && tokens.is(from, "from")
            && tokens.is(from + relation, "pg_settings")
            && tokens.is(where, "where")
            && tokens.is(where + 1, "name")
            && tokens.isSymbol(where + 2, "=")
            && tokens.isKind(where + 3, Tokens.Kind.STRING)
            && tokens.size() == where + 4;
    return is ? Optional.of(where + 3) : Optional.empty();
  }

  private static boolean isPlainSetting(Tokens tokens) {
    int open = tokens.isSymbol(2, ".") && tokens.is(1, "pg_catalog") ? 4 : 2;
    return tokens.is(0, "select")
        && tokens.is(open - 1, "set_config")
        && tokens.isSymbol(open, "(")
        && tokens.isKind(open + 1, Tokens.Kind.STRING)
        && tokens.isSymbol(open + 2, ",")
        && (tokens.isKind(open + 3, Tokens.Kind.STRING)
            || tokens.isKind(open + 3, Tokens.Kind.PARAMETER))
        && tokens.isSymbol(open + 4, ",")
        && (tokens.is(open + 5, "true") || tokens.is(open + 5, "false"))
        && tokens.isSymbol(open + 6, ")")
        && (tokens.size() == open + 7 || (tokens.size() == open + 9 && tokens.is(open + 7, "as")));
  }

  /** The same as SET. */
  static Plan setConfig(Tokens tokens) throws Refusal {
    int open = tokens.isSymbol(2, ".") ? 4 : 2;
    String name = decoded(tokens, named(tokens).orElse(open + 1));
    boolean local = tokens.is(open + 5, "true");
    boolean given = tokens.isKind(open + 3, Tokens.Kind.PARAMETER);
    if (name.startsWith("default_transaction_")) {
      throw new Refusal(
          "set_config of " + name + " is not supported", "Use SET SESSION CHARACTERISTICS.");
    }
    if (given && SettingRules.dependsOnValue(name) && !name.equals("search_path")) {
      throw new Refusal(
          "set_config of " + name + " with a parameter is not supported", "Write the value.");
    }
    if (!name.equals("role") && !name.equals("session_authorization")) {
      SettingRules.check(name, given ? List.of() : List.of(decoded(tokens, open + 3)));
    }
    return local("sets " + name, new Effect.Setting(name, local));
  }

  private static String decoded(Tokens tokens, int token) throws Refusal {
    String text = tokens.text(token).toLowerCase(Locale.ROOT);
    if (!text.startsWith("=")) {
      throw new Refusal("set_config is not understood", "Write plain constants.");
    }
    return text.substring(1);
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
    return local("begins a transaction", new Effect.Begin(modes.isolation(), modes.readOnly()));
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
    if (in.take("read", "committed")) {
      return "READ COMMITTED";
    }
    if (in.take("read", "uncommitted")) {
      return "READ UNCOMMITTED"; // another name of READ COMMITTED
    }
    throw in.unexpected();
  }

  /** True if the next transaction is to begin at once. */
  private boolean chain() {
    in.skip("work", "transaction");
    return !in.take("and", "no", "chain") && in.take("and", "chain");
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
    return local("undoes the transaction", new Effect.Rollback(chain()));
  }

  private Plan set() throws Refusal {
    if (in.take("transaction")) {
      if (in.atEnd()) {
        throw in.unexpected();
      }
      if (in.take("snapshot")) {
        constant();
        return new Plan.PrimaryRead(SNAPSHOT);
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
    if (session && in.take("characteristics", "as", "transaction")) {
      if (in.atEnd()) {
        throw in.unexpected();
      }
      Modes modes = modes();
      return characteristics(modes.isolation(), modes.readOnly());
    }
    if (in.take("time", "zone")) {
      zone();
      return local("sets TimeZone for this session", new Effect.Setting("timezone", local));
    }
    if (in.take("names")) {
      return names();
    }
    if (in.take("role")) {
      return identity("role", local);
    }
    if (in.take("session", "authorization") || (session && in.take("authorization"))) {
      return identity("session_authorization", local);
    }
    String name = settingName();
    if (!in.takeSymbol("=")) {
      in.expect("to");
    }
    if (name.startsWith("default_transaction_")) {
      return modeByDefault(name, local);
    }
    if (name.equals(CONSISTENCY)) {
      return consistency(local);
    }
    if (name.equals(REPORT)) {
      return reportSession(local);
    }
    SettingRules.check(name, values());
    return local("sets " + name + " for this session", new Effect.Setting(name, local));
  }

  private Plan consistency(boolean local) throws Refusal {
    List<String> values = values();
    if (local) {
      throw new Refusal(
          "SET LOCAL " + CONSISTENCY + " is not supported",
          "Use SET, which a rollback takes back, or a hint at the statement.");
    }
    if (values.size() != 1) {
      throw in.unexpected();
    }
    String level = values.get(0);
    return local(
        "sets the level of this session's reads",
        new Effect.Consistency(level.equals("default") ? Optional.empty() : Optional.of(level)));
  }

  private Plan reportSession(boolean local) throws Refusal {
    List<String> values = values();
    boolean on = values.equals(List.of("on")) || values.equals(List.of("true"));
    boolean off =
        values.equals(List.of("off"))
            || values.equals(List.of("false"))
            || values.equals(List.of("default"));
    if (local || (!on && !off)) {
      throw new Refusal(
          REPORT + " is set for a connection, to on or off", "SET " + REPORT + " = on", "22023");
    }
    return local("what the client is told", new Effect.ReportSession(on));
  }

  /** The token is a text constant. */
  private Plan outcome() throws Refusal {
    List<String> values = values();
    if (values.size() != 1) {
      throw in.unexpected();
    }
    return local("answered by the engine", new Effect.ShowTandem("OUTCOME", values.get(0)));
  }

  private static Plan characteristics(Optional<String> isolation, Optional<Boolean> readOnly) {
    return local(
        "sets the modes of the transactions to come",
        new Effect.Characteristics(isolation, readOnly));
  }

  /** What one transaction would set for those after it ends with it: nothing. */
  private Plan modeByDefault(String name, boolean local) throws Refusal {
    String value = in.tokens().text(in.at()).toLowerCase(Locale.ROOT);
    value = value.startsWith("=") ? value.substring(1) : value;
    if (!in.takeConstant()) {
      in.name();
    }
    boolean on = Set.of("on", "true", "yes", "1", "t", "y").contains(value);
    boolean off = Set.of("off", "false", "no", "0", "f", "n", "default").contains(value);
    Optional<String> isolation = Optional.empty();
    Optional<Boolean> readOnly = Optional.empty();
    switch (name) {
      case "default_transaction_isolation" -> {
        String level = value.equals("default") ? "read committed" : value;
        if (!ISOLATIONS.contains(level)) {
          throw in.unexpected();
        }
        isolation = Optional.of(level.toUpperCase(Locale.ROOT));
      }
      case "default_transaction_read_only", "default_transaction_deferrable" -> {
        if (!on && !off) {
          throw in.unexpected();
        }
        readOnly = name.endsWith("only") ? Optional.of(on) : Optional.empty();
      }
      default -> throw in.unexpected();
    }
    return local
        ? characteristics(Optional.empty(), Optional.empty())
        : characteristics(isolation, readOnly);
  }

  private Plan names() throws Refusal {
    SettingRules.check("client_encoding", in.atEnd() ? List.of() : values());
    return local("keeps the encoding", new Effect.Setting("client_encoding", false));
  }

  /** Checked early they fail early, that is all. Deferred, they are so on every copy. */
  private Plan constraints() throws Refusal {
    do {
      in.qualifiedName();
    } while (in.takeSymbol(","));
    if (in.take("deferred")) {
      return local("checks constraints at COMMIT, on every copy", new Effect.Deferred());
    }
    in.expect("immediate");
    return local("checks constraints early", new Effect.None());
  }

  /** DEFAULT, LOCAL, a zone's name or an offset. */
  private void zone() throws Refusal {
    if (in.takeSymbol("-") || in.takeSymbol("+")) {
      constant();
    } else if (in.take("interval")) {
      constant();
      in.skip("hour to minute", "hour");
    } else if (!in.takeConstant()) {
      in.name();
    }
  }

  private void constant() throws Refusal {
    if (!in.takeConstant()) {
      throw in.unexpected();
    }
  }

  /** One with a dot is the application's own, or an extension's. */
  private String settingName() throws Refusal {
    String name = in.name().toLowerCase(Locale.ROOT);
    return in.takeSymbol(".") ? name + "." + in.name().toLowerCase(Locale.ROOT) : name;
  }

  /** SET ROLE and SET SESSION AUTHORIZATION: whom the user may become, the server knows. */
  private Plan identity(String setting, boolean local) throws Refusal {
    if (!in.takeSymbol("=")) {
      in.skip("to");
    }
    if (!in.takeConstant()) {
      in.name();
    }
    return local("sets the " + setting, new Effect.Setting(setting, local));
  }

  /** Texts of the values, without quotes; a sign is part of its number. */
  private List<String> values() throws Refusal {
    List<String> values = new ArrayList<>();
    do {
      String sign = in.takeSymbol("-") ? "-" : in.takeSymbol("+") ? "+" : "";
      int token = in.at();
      if (!in.takeConstant()) {
        if (!sign.isEmpty()) {
          throw in.unexpected();
        }
        in.name();
      }
      String text = in.tokens().text(token).toLowerCase(Locale.ROOT);
      boolean string = in.tokens().isKind(token, Tokens.Kind.STRING);
      if (string && !text.startsWith("=")) {
        throw in.unexpected(); // its value would need decoding
      }
      values.add(sign + (string ? text.substring(1) : text));
    } while (in.takeSymbol(","));
    return values;
  }

  private Plan reset() throws Refusal {
    if (in.take("time", "zone")) {
      return local("resets TimeZone", new Effect.Setting("timezone", false));
    }
    if (in.take("all")) {
      return local("resets what was SET", new Effect.ResetAll());
    }
    if (in.take("session", "authorization")) {
      return local("resets the user", new Effect.Setting("session_authorization", false));
    }
    if (in.take("role")) {
      return local("resets the role", new Effect.Setting("role", false));
    }
    String name = settingName();
    switch (name) {
      case "default_transaction_isolation" -> {
        return characteristics(Optional.of("READ COMMITTED"), Optional.empty());
      }
      case "default_transaction_read_only" -> {
        return characteristics(Optional.empty(), Optional.of(false));
      }
      case CONSISTENCY -> {
        return local(
            "resets the level of this session's reads", new Effect.Consistency(Optional.empty()));
      }
      case REPORT -> {
        return local("what the client is told", new Effect.ReportSession(false));
      }
      default -> SettingRules.check(name, List.of());
    }
    return local("resets " + name, new Effect.Setting(name, false));
  }

  private Plan show() throws Refusal {
    if (in.take("tandem")) {
      return in.takeSymbol(".") ? showOwn() : showTandem();
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

  private Plan showOwn() throws Refusal {
    if (in.take(TOKEN)) {
      return local("answered by the session", new Effect.ShowToken());
    }
    in.expect("consistency");
    return local("answered by the session", new Effect.ShowConsistency());
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
    if (in.take("outcome")) {
      return outcome();
    }
    String topic = in.name();
    if (!TOPICS.contains(topic)) {
      throw new Refusal(
          "SHOW TANDEM knows STATUS, LAG, EVENTS, SESSIONS, CONFIG, PLAN FOR and OUTCOME",
          "Ask for one of these.",
          "42601");
    }
    return local(
        "answered by the engine", new Effect.ShowTandem(topic.toUpperCase(Locale.ROOT), ""));
  }
}
