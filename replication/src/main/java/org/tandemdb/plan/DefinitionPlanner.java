package org.tandemdb.plan;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.tandemdb.sql.Facts;
import org.tandemdb.sql.SqlSyntaxException;
import org.tandemdb.sql.Tokens;

/**
 * DDL that only writes down a definition: types, functions, triggers, roles, privileges. It
 * evaluates nothing over rows, so that every copy may run it as it is written, and what is defined
 * is looked at when a statement uses it. Only the kind of object is read; the rest is the server's
 * affair. What works on rows (tables, indexes, domains that are tightened) is {@link
 * SchemaPlanner}'s.
 */
final class DefinitionPlanner {
  private static final String PAST_TANDEM = "Do it on each server, past Tandem.";

  /** Kinds of objects that CREATE, ALTER, DROP and COMMENT may name, longest phrases first. */
  private static final List<String> KINDS =
      List.of(
          "text search configuration",
          "text search dictionary",
          "text search parser",
          "text search template",
          "foreign data wrapper",
          "access method",
          "operator class",
          "operator family",
          "constraint trigger",
          "foreign table",
          "procedural language",
          "user mapping",
          "aggregate",
          "cast",
          "collation",
          "conversion",
          "extension",
          "function",
          "language",
          "operator",
          "policy",
          "procedure",
          "publication",
          "routine",
          "rule",
          "server",
          "statistics",
          "transform",
          "trigger",
          "type");

  /** Kinds whose definition holds expressions. */
  private static final List<String> EXPRESSIONS =
      List.of(
          "constraint trigger",
          "foreign table",
          "trigger",
          "rule",
          "policy",
          "publication",
          "statistics");

  /** Kinds whose definition SchemaPlanner reads, but whose removal and remarks are as simple. */
  private static final List<String> STORED_KINDS =
      List.of(
          "materialized view",
          "domain",
          "constraint",
          "column",
          "table",
          "view",
          "index",
          "sequence",
          "schema",
          "role");

  /** Objects of one server, not of one database's contents; name, reason and what to do. */
  private static final List<List<String>> FOREIGN =
      List.of(
          List.of(
              "event trigger",
              "an event trigger would run for Tandem's own statements and again on each copy",
              "Read what was changed from the catalogs, or from Tandem's log."),
          List.of(
              "subscription",
              "the servers' own replication would write past Tandem",
              "Read the publication with a program that writes through Tandem."),
          List.of("tablespace", "a tablespace is a directory of one server", PAST_TANDEM),
          List.of(
              "database",
              "a database belongs to one server and may have another name there",
              PAST_TANDEM),
          List.of("large object", "large objects are not replicated", "Use a column of bytea."),
          List.of("system", "ALTER SYSTEM changes one server's configuration", PAST_TANDEM));

  private static final Pattern STORED_SECRET =
      Pattern.compile("md5[0-9a-f]{32}|SCRAM-SHA-256\\$[0-9]+:.+\\$.+:.+");

  private final TokenReader in;
  private final Scope scope;

  /** What other copies run. */
  private String logged;

  /** What the primary runs instead of the client's text. */
  private Optional<String> rewritten = Optional.empty();

  private DefinitionPlanner(TokenReader in, Scope scope) {
    this.in = in;
    this.scope = scope;
    this.logged = in.tokens().sql();
  }

  /**
   * @return the plan, or nothing if the statement is not one that only defines
   * @throws Refusal for what belongs to one server alone, and passwords in the clear
   */
  static Optional<Plan> plan(Tokens tokens, Scope scope) throws Refusal, SqlSyntaxException {
    DefinitionPlanner planner = new DefinitionPlanner(new TokenReader(tokens), scope);
    return planner.statement()
        ? Optional.of(
            new Plan.Exclusive(
                "defines something, evaluates nothing",
                planner.logged,
                new Plan.Fill.None(),
                planner.rewritten))
        : Optional.empty();
  }

  private boolean statement() throws Refusal, SqlSyntaxException {
    fromCurrent();
    OwnTriggers.keep(in.tokens());
    if (in.take("create")) {
      in.skip("or replace");
      in.skip("trusted", "procedural");
      foreign();
      if (one(EXPRESSIONS)) {
        DdlExpressions.refuseNow(in.tokens(), in.at(), in.tokens().size());
        return true;
      }
      if (in.take("function") || in.take("procedure")) {
        routine();
        return true;
      }
      return one(KINDS) || role();
    }
    if (in.take("alter")) {
      if (database()) {
        return true;
      }
      foreign();
      return alter();
    }
    if (in.take("drop")) {
      if (in.take("owned")) {
        return true;
      }
      foreign();
      return one(KINDS)
          || one(List.of("materialized view", "domain"))
          || one(List.of("role", "user", "group"));
    }
    if (in.take("comment", "on")) {
      if (database()) {
        return true;
      }
      foreign();
      return one(KINDS) || one(STORED_KINDS);
    }
    if (in.take("grant") || in.take("revoke")) {
      return privileges();
    }
    return in.take("reassign", "owned") || in.take("security", "label");
  }

  /**
   * {@code SET name FROM CURRENT}: each copy would take the value of the session that applies it,
   * which is the client's for the search path only.
   */
  private void fromCurrent() throws Refusal {
    Tokens tokens = in.tokens();
    for (int i = 2; i < tokens.size(); i++) {
      boolean set = tokens.is(i - 3, "set") || tokens.is(i - 5, "set");
      boolean current = set && tokens.is(i, "current") && tokens.is(i - 1, "from");
      boolean path = tokens.is(i - 2, "search_path") && tokens.is(i - 3, "set");
      if (current && !path) {
        throw new Refusal(
            "SET "
                + tokens.text(i - 2)
                + " FROM CURRENT takes the value of each copy's own session",
            "Write the value out.");
      }
    }
  }

  /** Defaults of arguments are stored, and a body that is no text; one that is, when it runs. */
  private void routine() throws Refusal {
    Tokens tokens = in.tokens();
    for (int i = in.at(); i < tokens.size(); i++) {
      boolean body =
          tokens.is(i - 1, "as") || (tokens.isSymbol(i - 1, ",") && tokens.is(i - 3, "as"));
      if (!body) {
        DdlExpressions.refuseNow(tokens, i, i + 1);
      }
    }
  }

  private boolean alter() throws Refusal, SqlSyntaxException {
    if (in.take("type")) {
      alterType();
      return true;
    }
    if (in.take("domain")) {
      alterDomain();
      return true;
    }
    if (in.take("default", "privileges") || in.take("user", "mapping") || role()) {
      return true;
    }
    if (in.take("sequence")) {
      return !has("unlogged");
    }
    if (in.peek("view") || EXPRESSIONS.stream().anyMatch(this::comes)) {
      DdlExpressions.refuseNow(in.tokens(), in.at(), in.tokens().size());
    }
    return one(KINDS) || one(List.of("materialized view", "view", "schema", "index"));
  }

  private void alterType() throws Refusal {
    Tokens tokens = in.tokens();
    for (int i = in.at(); i < tokens.size() && has("cascade"); i++) {
      if (!tokens.is(i + 1, "attribute")) {
        continue;
      }
      if (tokens.is(i, "alter")) {
        throw new Refusal(
            "ALTER ATTRIBUTE ... CASCADE rewrites rows of typed tables by the session's settings",
            "Create a new type, and fill a new table.");
      }
      if (tokens.is(i, "add")) {
        int from = in.at();
        in.at(i + 3);
        boolean fills = new DdlExpressions(in, scope).mayHaveDefault();
        in.at(from);
        if (fills) {
          throw new Refusal(
              "ADD ATTRIBUTE ... CASCADE gives rows of typed tables the default of the attribute's"
                  + " type, on each copy",
              "Use the type behind the domain.");
        }
      }
    }
  }

  /** A new constraint is checked for the rows there are. */
  private void alterDomain() throws Refusal, SqlSyntaxException {
    DdlExpressions.refuseNow(in.tokens(), in.at(), in.tokens().size());
    in.skip("if exists");
    in.qualifiedName();
    if (!in.take("add")) {
      return;
    }
    if (in.take("constraint")) {
      in.name();
    }
    if (in.take("check")) {
      new DdlExpressions(in, scope).bracketed(DdlExpressions.Allowed.DETERMINISTIC);
    }
  }

  private boolean role() throws Refusal {
    if (!(in.take("role") || in.take("user") || in.take("group"))) {
      return false;
    }
    Tokens tokens = in.tokens();
    for (int i = in.at(); i < tokens.size(); i++) {
      if (tokens.is(i, "password") && tokens.isKind(i + 1, Tokens.Kind.STRING)) {
        password(i + 1);
      }
      if (tokens.is(i, "until")) {
        moment(i + 1);
      }
      if (tokens.is(i, "set") && tokens.is(0, "alter")) {
        roleSetting(i + 1);
      }
    }
    return true;
  }

  /** VALID UNTIL: each server would read the clock's words at another time. */
  private void moment(int token) throws Refusal {
    if (in.tokens().isKind(token, Tokens.Kind.STRING)
        && DdlExpressions.isClockWord(Facts.literal(in.tokens(), token))) {
      throw new Refusal(
          "VALID UNTIL may hold a word that stands for the time of the DDL itself",
          "Write the time out, with its zone: '2030-01-01 00:00:00+00'.");
    }
  }

  /**
   * A password must be the same secret everywhere: each server would salt its own. So it is stored
   * as it will be, and stands in the clear neither in the log nor in a server's.
   */
  private void password(int token) throws Refusal {
    Tokens tokens = in.tokens();
    Optional<String> given = Facts.literal(tokens, token);
    if (given.isPresent()
        && (given.get().isEmpty() || STORED_SECRET.matcher(given.get()).matches())) {
      return;
    }
    String secret =
        given
            .flatMap(text -> ScramSecret.of(text, scope.salts().get()))
            .orElseThrow(
                () ->
                    new Refusal(
                        "each server would salt the password differently, and it has characters"
                            + " that are not prepared here",
                        "Give it as it is stored (SCRAM-SHA-256$...), as psql's \\password does."));
    logged =
        tokens.sql().substring(0, tokens.start(token))
            + "'"
            + secret
            + "'"
            + tokens.sql().substring(tokens.end(token));
    rewritten = Optional.of(logged);
  }

  private void roleSetting(int token) throws Refusal {
    boolean zone = in.tokens().is(token, "time") && in.tokens().is(token + 1, "zone");
    String name = zone ? "timezone" : in.tokens().text(token).toLowerCase(Locale.ROOT);
    if (name.equals("search_path")) {
      throw new Refusal(
          "a role's own search_path would not be known where its statements are planned",
          "SET search_path in the session, or give currentSchema in the backends' URLs.");
    }
    if (!SettingRules.mayBeDefined(name)) {
      throw new Refusal(
          "the setting " + name + " may not be changed: texts that are logged could depend on it",
          "Leave it at the value that Tandem pins.");
    }
  }

  private boolean privileges() throws Refusal {
    Tokens tokens = in.tokens();
    for (int i = in.at(); i < tokens.size(); i++) {
      if (tokens.is(i, "on")) {
        in.at(i + 1);
        if (database()) {
          return true;
        }
        foreign();
        if (in.peek("parameter")) {
          throw new Refusal("parameters are configuration of one server", PAST_TANDEM);
        }
        return true;
      }
    }
    // Membership of a role.
    return true;
  }

  /**
   * A statement about this database, which may have another name on other copies.
   *
   * @return false if it is about another one, or does more than privileges, settings, owner,
   *     remarks
   */
  private boolean database() throws Refusal {
    Tokens tokens = in.tokens();
    int name = in.at() + 1;
    boolean mine =
        in.peek("database")
            && tokens.isName(name)
            && tokens.text(name).equals(scope.catalog().database())
            && !tokens.isSymbol(name + 1, ",");
    if (!mine || tokens.sql().contains("$tandem")) {
      return false;
    }
    if (tokens.is(0, "alter")) {
      if (tokens.is(name + 1, "set") && !tokens.is(name + 2, "tablespace")) {
        roleSetting(name + 2);
      } else if (!tokens.is(name + 1, "reset") && !tokens.is(name + 1, "owner")) {
        return false;
      }
    }
    String before = tokens.sql().substring(0, tokens.start(name)).replace("%", "%%");
    String after = tokens.sql().substring(tokens.end(name)).replace("%", "%%");
    logged =
        "DO $tandem$BEGIN EXECUTE pg_catalog.format($tandem_text$"
            + before
            + "%I"
            + after
            + "$tandem_text$, pg_catalog.current_database()); END$tandem$";
    return true;
  }

  private void foreign() throws Refusal {
    for (List<String> entry : FOREIGN) {
      String[] words = entry.get(0).split(" ", -1);
      int start = in.at();
      if (in.take(words)) {
        in.at(start);
        throw new Refusal(entry.get(1), entry.get(2));
      }
    }
  }

  private boolean one(List<String> kinds) {
    return kinds.stream().anyMatch(kind -> in.take(kind.split(" ", -1)));
  }

  private boolean comes(String kind) {
    int start = in.at();
    boolean comes = in.take(kind.split(" ", -1));
    in.at(start);
    return comes;
  }

  private boolean has(String word) {
    for (int i = in.at(); i < in.tokens().size(); i++) {
      if (in.tokens().is(i, word)) {
        return true;
      }
    }
    return false;
  }
}
