package org.tandemdb.plan;

import java.util.Locale;
import java.util.Set;
import org.tandemdb.sql.SqlSyntaxException;
import org.tandemdb.sql.Tokens;

/**
 * EXPLAIN. Without ANALYZE it runs nothing, whatever it explains; with it, the statement runs, and
 * a write is TRACED: its own rows do not come back.
 */
final class ExplainPlanner {
  private static final Set<String> OPTIONS =
      Set.of(
          "analyze",
          "analyse",
          "verbose",
          "costs",
          "settings",
          "generic_plan",
          "buffers",
          "serialize",
          "wal",
          "timing",
          "summary",
          "memory",
          "format");

  private final TokenReader in;
  private final Scope scope;
  private boolean analyze;

  private ExplainPlanner(TokenReader in, Scope scope) {
    this.in = in;
    this.scope = scope;
  }

  static Plan plan(Tokens tokens, Scope scope) throws SqlSyntaxException, Refusal {
    ExplainPlanner planner = new ExplainPlanner(new TokenReader(tokens), scope);
    planner.options();
    return planner.plan();
  }

  private void options() throws Refusal {
    in.expect("explain");
    // A bracket may also begin the query.
    if (in.peekSymbol("(") && isOption()) {
      in.expectSymbol("(");
      do {
        option();
      } while (in.takeSymbol(","));
      in.expectSymbol(")");
    } else {
      analyze = in.take("analyze") || in.take("analyse");
      in.skip("verbose");
    }
  }

  private boolean isOption() {
    Tokens tokens = in.tokens();
    return tokens.isName(in.at() + 1) && OPTIONS.contains(tokens.text(in.at() + 1));
  }

  /** Of several values for ANALYZE, one that switches it on is enough. */
  private void option() throws Refusal {
    String name = in.name();
    if (!OPTIONS.contains(name)) {
      throw in.unexpected();
    }
    boolean off = false;
    if (!in.peekSymbol(",") && !in.peekSymbol(")")) {
      String value = in.tokens().text(in.at()).toLowerCase(Locale.ROOT);
      off = Set.of("false", "off", "0", "=false", "=off", "=0").contains(value);
      if (!in.takeConstant()) {
        in.name();
      }
    }
    analyze |= name.startsWith("analy") && !off;
  }

  /**
   * What is planned by the server: of what makes a table or a cursor, the query. With ANALYZE a
   * table would be made.
   */
  private Tokens explained() {
    Tokens statement = in.tokens().from(in.at());
    boolean table = statement.is(0, "create") && !analyze;
    if (!table && !statement.is(0, "declare")) {
      return statement;
    }
    for (int i = 1; i < statement.size() && !statement.isSymbol(i, "("); i++) {
      if (statement.is(i, table ? "as" : "for")) {
        return statement.from(i + 1);
      }
    }
    return statement;
  }

  private Plan plan() throws SqlSyntaxException, Refusal {
    if (in.atEnd()) {
      throw new SqlSyntaxException("EXPLAIN of what", 0);
    }
    if (in.peek("execute")) {
      return PreparedPlanner.execute(in.tokens(), in.at());
    }
    Plan inner = SqlPlanner.statement(explained(), scope);
    if (inner instanceof Plan.Refused refused) {
      return refused;
    }
    if (inner instanceof Plan.Read || inner instanceof Plan.PrimaryRead) {
      return analyze ? inner : new Plan.Read("EXPLAIN runs nothing");
    }
    if (inner instanceof Plan.Write write) {
      return analyze
          ? new Plan.Traced(
              "EXPLAIN ANALYZE runs the write: " + write.reason(),
              Tracing.untracedTargets(in.tokens(), scope))
          : new Plan.Read("EXPLAIN runs nothing");
    }
    if (inner instanceof Plan.Traced) {
      // The server evaluates what is declared STABLE or IMMUTABLE, while it plans.
      return inner;
    }
    throw new Refusal(
        "EXPLAIN of this statement is not supported", "Explain the query that is in it.");
  }
}
