package org.tandemdb.plan;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.tandemdb.sql.Facts;
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
          "operator class",
          "operator family",
          "constraint trigger",
          "aggregate",
          "cast",
          "collation",
          "conversion",
          "extension",
          "function",
          "operator",
          "policy",
          "procedure",
          "routine",
          "rule",
          "statistics",
          "transform",
          "trigger",
          "type");

  /** Kinds whose definition holds expressions. */
  private static final List<String> EXPRESSIONS =
      List.of("constraint trigger", "trigger", "rule", "policy");

  /** Kinds whose definition SchemaPlanner reads, but whose removal and remarks are as simple. */
  private static final List<String> STORED_KINDS =
      List.of("materialized view", "domain", "constraint", "column", "table", "view", "index");

  /** Objects of one server, not of one database's contents; name and reason. */
  private static final List<List<String>> FOREIGN =
      List.of(
          List.of("event trigger", "an event trigger would run for Tandem's own statements too"),
          List.of("foreign data wrapper", "another server's data is not replicated"),
          List.of("foreign table", "another server's data is not replicated"),
          List.of("user mapping", "another server's data is not replicated"),
          List.of("server", "another server's data is not replicated"),
          List.of("publication", "the servers' own replication is not Tandem's"),
          List.of("subscription", "the servers' own replication would write past Tandem"),
          List.of("tablespace", "a tablespace is a directory of one server"),
          List.of("database", "a database belongs to one server and may have another name there"),
          List.of("access method", "access methods belong to one server"),
          List.of("trusted language", "languages come with extensions"),
          List.of("language", "languages come with extensions"),
          List.of("large object", "large objects are not replicated"),
          List.of("system", "ALTER SYSTEM changes one server's configuration"));

  private static final Pattern STORED_SECRET =
      Pattern.compile("md5[0-9a-f]{32}|SCRAM-SHA-256\\$[0-9]+:.+\\$.+:.+");

  private final TokenReader in;

  private DefinitionPlanner(TokenReader in) {
    this.in = in;
  }

  /**
   * @return the plan, or nothing if the statement is not one that only defines
   * @throws Refusal for what belongs to one server alone, and passwords in the clear
   */
  static Optional<Plan> plan(Tokens tokens) throws Refusal {
    return new DefinitionPlanner(new TokenReader(tokens)).statement()
        ? Optional.of(new Plan.Exclusive("defines something, evaluates nothing", tokens.sql()))
        : Optional.empty();
  }

  private boolean statement() throws Refusal {
    if (in.take("create")) {
      in.skip("or replace");
      in.skip("trusted", "procedural");
      foreign();
      if (one(EXPRESSIONS)) {
        DdlExpressions.refuseNow(in.tokens(), in.at(), in.tokens().size());
        return true;
      }
      if (in.take("function") || in.take("procedure")) {
        arguments();
        return true;
      }
      return one(KINDS) || role();
    }
    if (in.take("alter")) {
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
      foreign();
      return one(KINDS) || one(STORED_KINDS) || one(List.of("sequence", "schema", "role"));
    }
    if (in.take("grant") || in.take("revoke")) {
      return privileges();
    }
    return in.take("reassign", "owned") || in.take("security", "label");
  }

  /** Defaults of arguments are stored; the body is a text until it runs. */
  private void arguments() throws Refusal {
    in.qualifiedName();
    int open = in.at();
    if (in.peekSymbol("(")) {
      DdlExpressions.refuseNow(in.tokens(), open, in.group());
    }
  }

  private boolean alter() throws Refusal {
    if (in.take("type")) {
      if (has("attribute")) {
        throw new Refusal(
            "ALTER TYPE of an attribute rewrites rows by the session's settings",
            "Create a new type, and fill a new column with UPDATE.");
      }
      return true;
    }
    if (in.take("domain")) {
      DdlExpressions.refuseNow(in.tokens(), in.at(), in.tokens().size());
      if (has("add") || has("validate")) {
        throw new Refusal(
            "a domain's new constraint would be evaluated over the rows there are",
            "Add the check to the tables that use the domain.");
      }
      return true;
    }
    if (in.take("default", "privileges") || role()) {
      return true;
    }
    if (in.take("sequence")) {
      return !has("unlogged");
    }
    if (in.take("index")) {
      return !in.peek("all");
    }
    return one(KINDS) || in.take("materialized", "view") || in.take("view") || in.take("schema");
  }

  /** A role's password must be the same secret everywhere: each server would salt its own. */
  private boolean role() throws Refusal {
    if (!(in.take("role") || in.take("user") || in.take("group"))) {
      return false;
    }
    Tokens tokens = in.tokens();
    for (int i = in.at(); i < tokens.size(); i++) {
      if (tokens.is(i, "password") && !tokens.is(i + 1, "null")) {
        String secret = Facts.literal(tokens, i + 1).orElse("");
        if (!STORED_SECRET.matcher(secret).matches()) {
          throw new Refusal(
              "each server would salt the password differently",
              "Give it as it is stored (SCRAM-SHA-256$...), as psql's \\password does.");
        }
      }
      if ((tokens.is(i, "set") || tokens.is(i, "reset")) && tokens.is(0, "alter")) {
        roleSetting(i + 1);
      }
    }
    return true;
  }

  private void roleSetting(int token) throws Refusal {
    String name = in.tokens().text(token).toLowerCase(Locale.ROOT);
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

  private void foreign() throws Refusal {
    for (List<String> entry : FOREIGN) {
      String[] words = entry.get(0).split(" ", -1);
      int start = in.at();
      if (in.take(words)) {
        in.at(start);
        throw new Refusal(entry.get(1), PAST_TANDEM);
      }
    }
  }

  private boolean one(List<String> kinds) {
    return kinds.stream().anyMatch(kind -> in.take(kind.split(" ", -1)));
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
