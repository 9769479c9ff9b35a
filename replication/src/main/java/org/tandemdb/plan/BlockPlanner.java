package org.tandemdb.plan;

import java.util.Optional;
import java.util.Set;
import org.tandemdb.sql.Builtins;
import org.tandemdb.sql.Facts;
import org.tandemdb.sql.PgLexer;
import org.tandemdb.sql.Shape;
import org.tandemdb.sql.SqlSyntaxException;
import org.tandemdb.sql.StatementParser;
import org.tandemdb.sql.Tokens;

/**
 * DO with a block that defines things and does nothing else, as migrations write it to be able to
 * run twice: {@code IF NOT EXISTS (SELECT ... FROM pg_type ...) THEN CREATE TYPE ... END IF}, or
 * DDL with {@code EXCEPTION WHEN duplicate_object THEN NULL}. System catalogs say the same on every
 * copy, so each runs the block by itself. Whatever else a block does makes it TRACED.
 */
final class BlockPlanner {
  private static final Set<String> DEFINING =
      Set.of("create", "alter", "drop", "comment", "grant", "revoke", "truncate");

  /** Functions that look at definitions. */
  private static final Set<String> LOOKING =
      Set.of(
          "count",
          "to_regclass",
          "to_regtype",
          "to_regproc",
          "to_regprocedure",
          "to_regnamespace",
          "to_regrole",
          "current_schema",
          "current_schemas",
          "format_type",
          "pg_get_constraintdef",
          "pg_get_indexdef",
          "pg_get_viewdef");

  /** Where definitions are; not what a server counts, or says of itself. */
  private static final Set<String> CATALOGS =
      Set.of(
          "pg_attrdef",
          "pg_attribute",
          "pg_cast",
          "pg_class",
          "pg_collation",
          "pg_constraint",
          "pg_description",
          "pg_enum",
          "pg_extension",
          "pg_index",
          "pg_indexes",
          "pg_inherits",
          "pg_language",
          "pg_matviews",
          "pg_namespace",
          "pg_operator",
          "pg_policies",
          "pg_policy",
          "pg_proc",
          "pg_publication",
          "pg_publication_tables",
          "pg_roles",
          "pg_rules",
          "pg_tables",
          "pg_trigger",
          "pg_type",
          "pg_user",
          "pg_views");

  private static final Set<String> OWN_COLUMNS =
      Set.of(
          "reltuples",
          "relpages",
          "relallvisible",
          "relfilenode",
          "relfrozenxid",
          "relminmxid",
          "ctid",
          "xmin",
          "xmax");

  /** Where the numbers of objects begin that a server has given itself. */
  private static final int FIRST_OWN_NUMBER = 16384;

  private static final int MAX_DEPTH = 16;

  private static final String QUOTE = "$tandem_do$";
  private static final String GUARD =
      "BEGIN IF EXISTS (SELECT 1 FROM pg_catalog.pg_class c"
          + " WHERE c.relpersistence OPERATOR(pg_catalog.=) 't') THEN RAISE EXCEPTION"
          + " 'a session has temporary tables, which are on this server only: a block that looks into"
          + " system catalogs could decide otherwise on others' USING ERRCODE = '0A000', HINT ="
          + " 'Run it when no session has any, or use IF [NOT] EXISTS of the statements.'; END IF; ";

  private final TokenReader in;
  private final Scope scope;
  private int depth;
  private boolean defines;
  private boolean looks;

  private BlockPlanner(Tokens body, Scope scope) {
    this.in = new TokenReader(body);
    this.scope = scope;
  }

  /** The plan of a block that only defines; empty for any other. */
  static Optional<Plan> plan(Tokens tokens, Scope scope) {
    Optional<String> body = body(tokens);
    if (body.isEmpty()) {
      return Optional.empty();
    }
    try {
      BlockPlanner planner = new BlockPlanner(PgLexer.lex(body.get(), false), scope);
      planner.block();
      planner.in.skipSymbol(";");
      planner.in.expectEnd();
      return planner.defines
          ? Optional.of(
              new Plan.Exclusive(
                  "a block that only defines things",
                  tokens.sql(),
                  new Plan.Fill.None(),
                  planner.looks ? Optional.of(guarded(planner.in.tokens())) : Optional.empty()))
          : Optional.empty();
    } catch (Refusal | SqlSyntaxException e) {
      return Optional.empty();
    }
  }

  /** {@code DO [LANGUAGE plpgsql] '...' [LANGUAGE plpgsql]}. */
  private static Optional<String> body(Tokens tokens) {
    int text = tokens.is(1, "language") ? 3 : 1;
    boolean language =
        (text == 1 || tokens.is(2, "plpgsql"))
            && (tokens.size() == text + 1
                || (text == 1
                    && tokens.size() == 4
                    && tokens.is(2, "language")
                    && tokens.is(3, "plpgsql")));
    return language && tokens.isKind(text, Tokens.Kind.STRING)
        ? Facts.literal(tokens, text)
        : Optional.empty();
  }

  /**
   * For the primary. Temporary objects of any session are in its catalogs, and in no other copy's:
   * what looks there could decide otherwise here.
   */
  private static String guarded(Tokens body) throws SqlSyntaxException {
    int last = body.isSymbol(body.size() - 1, ";") ? body.size() - 2 : body.size() - 1;
    String text = body.sql().substring(0, body.end(last));
    if (text.contains(QUOTE)) {
      throw new SqlSyntaxException("a block with " + QUOTE + " in it", 0);
    }
    return "DO " + QUOTE + GUARD + text + "; END" + QUOTE;
  }

  private void block() throws Refusal, SqlSyntaxException {
    if (++depth > MAX_DEPTH) {
      throw in.unexpected();
    }
    in.expect("begin");
    statements();
    if (in.take("exception")) {
      while (in.take("when")) {
        do {
          in.name();
        } while (in.take("or"));
        in.expect("then");
        statements();
      }
    }
    in.expect("end");
    depth--;
  }

  /** Up to a word that ends them. */
  private void statements() throws Refusal, SqlSyntaxException {
    while (!in.peek("end")
        && !in.peek("exception")
        && !in.peek("else")
        && !in.peek("elsif")
        && !in.peek("when")) {
      statement();
      in.expectSymbol(";");
    }
  }

  private void statement() throws Refusal, SqlSyntaxException {
    Tokens tokens = in.tokens();
    if (in.take("null")) {
      return;
    }
    if (in.peek("begin")) {
      block();
    } else if (in.take("if")) {
      condition();
    } else if (in.take("raise", "notice") || in.take("raise", "info")) {
      // Texts alone: an expression could do anything.
      while (!in.peekSymbol(";")) {
        if (!in.takeConstant()) {
          throw in.unexpected();
        }
      }
    } else if (in.take("execute")) {
      String text = Facts.literal(tokens, in.at()).orElseThrow(in::unexpected);
      in.at(in.at() + 1);
      definition(PgLexer.lex(text, false));
    } else {
      int from = in.at();
      while (!in.atEnd() && !in.peekSymbol(";")) {
        in.at(in.at() + 1);
      }
      if (in.atEnd() || in.at() == from) {
        throw in.unexpected();
      }
      String text = tokens.sql().substring(tokens.start(from), tokens.end(in.at() - 1));
      definition(PgLexer.lex(text, false));
    }
  }

  /** DDL that every copy runs as it is written. */
  private void definition(Tokens statement) throws Refusal, SqlSyntaxException {
    if (statement.statements().size() != 1 || !DEFINING.contains(statement.text(0))) {
      throw in.unexpected();
    }
    Tokens one = statement.statements().get(0);
    boolean same =
        SqlPlanner.statement(one, scope) instanceof Plan.Exclusive exclusive
            && exclusive.fill() instanceof Plan.Fill.None
            && exclusive.rewritten().isEmpty()
            && exclusive.logged().equals(one.sql());
    if (!same) {
      throw in.unexpected();
    }
    defines = true;
  }

  private void condition() throws Refusal, SqlSyntaxException {
    do {
      int from = in.at();
      while (!in.atEnd() && !in.peek("then")) {
        in.at(in.at() + 1);
      }
      if (in.atEnd() || in.at() == from) {
        throw in.unexpected();
      }
      Tokens tokens = in.tokens();
      looks(tokens.sql().substring(tokens.start(from), tokens.end(in.at() - 1)));
      in.expect("then");
      statements();
    } while (in.take("elsif"));
    if (in.take("else")) {
      statements();
    }
    in.expect("end", "if");
  }

  /** An expression about definitions, which are the same on every copy. */
  private void looks(String expression) throws Refusal, SqlSyntaxException {
    looks = true;
    Tokens tokens = withColumns(PgLexer.lex("SELECT " + expression, false));
    Shape.Statement parsed = StatementParser.parse(tokens);
    Facts facts = Facts.of(tokens, parsed.shape());
    SideEffects.none(facts, scope);
    boolean same =
        parsed instanceof Shape.Query
            && !parsed.shape().locking()
            && Set.of("current_schema").containsAll(facts.context())
            && facts.functions().stream()
                .allMatch(f -> Builtins.isImmutable(f.name()) || LOOKING.contains(f.name()))
            && facts.columns().stream().noneMatch(c -> OWN_COLUMNS.contains(c.name()));
    for (Facts.Use relation : facts.relations()) {
      same &=
          scope.relation(relation).isEmpty()
              && (CATALOGS.contains(relation.name())
                  || relation.qualifier().equals(Optional.of("information_schema")));
    }
    for (int i = 0; i < tokens.size(); i++) {
      same &= !tokens.isKind(i, Tokens.Kind.NUMBER) || isSmall(tokens.text(i));
    }
    if (!same) {
      throw in.unexpected();
    }
  }

  /** A query of no columns is not known to the parser, and means the same here with one. */
  private static Tokens withColumns(Tokens tokens) throws SqlSyntaxException {
    StringBuilder out = new StringBuilder();
    int from = 0;
    for (int i = 1; i < tokens.size(); i++) {
      if (tokens.is(i, "from") && tokens.is(i - 1, "select")) {
        out.append(tokens.sql(), from, tokens.start(i)).append("1 ");
        from = tokens.start(i);
      }
    }
    out.append(tokens.sql(), from, tokens.sql().length());
    return PgLexer.lex(out.toString(), false);
  }

  /** Not the number of an object, which each server has given for itself. */
  private static boolean isSmall(String number) {
    return number.length() < 6
        && number.chars().allMatch(c -> c >= '0' && c <= '9')
        && Integer.parseInt(number) < FIRST_OWN_NUMBER;
  }
}
