package org.tandemdb.plan;

import java.util.Set;
import org.tandemdb.sql.SqlSyntaxException;
import org.tandemdb.sql.Tokens;
import org.tandemdb.sql.Tokens.Kind;

/** Cursors of SQL: they read, and live on the link of their transaction. */
final class CursorPlanner {
  private static final Set<String> QUERIES = Set.of("select", "values", "table", "with");
  private static final String ON_LINK = "concerns a cursor of this transaction";

  private final TokenReader in;
  private final Scope scope;

  private CursorPlanner(TokenReader in, Scope scope) {
    this.in = in;
    this.scope = scope;
  }

  static Plan plan(Tokens tokens, Scope scope) throws SqlSyntaxException, Refusal {
    CursorPlanner planner = new CursorPlanner(new TokenReader(tokens), scope);
    return switch (tokens.text(0)) {
      case "declare" -> planner.declare();
      case "close" -> planner.close();
      default -> planner.fetch();
    };
  }

  private Plan declare() throws SqlSyntaxException, Refusal {
    in.expect("declare");
    in.name();
    while (in.take("binary")
        || in.take("insensitive")
        || in.take("asensitive")
        || in.take("no", "scroll")
        || in.take("scroll")) {
      continue;
    }
    in.expect("cursor");
    boolean hold = in.take("with", "hold");
    in.skip("without hold");
    in.expect("for");
    Tokens query = in.tokens().from(in.at());
    boolean isQuery =
        query.size() > 0
            && (query.isSymbol(0, "(")
                || (query.isKind(0, Kind.WORD) && QUERIES.contains(query.text(0))));
    Plan plan = isQuery ? SqlPlanner.statement(query, scope) : null;
    if (plan instanceof Plan.Read) {
      return hold
          ? new Plan.Local("a cursor that outlives its transaction", new Plan.Effect.Hold())
          : local();
    }
    if (hold && !(plan instanceof Plan.Refused)) {
      throw new Refusal(
          "COMMIT runs the query of a cursor WITH HOLD, which must be a proven read",
          "Leave out WITH HOLD, and read it to its end inside of the transaction.");
    }
    if (plan instanceof Plan.PrimaryRead || plan instanceof Plan.Refused) {
      return plan;
    }
    throw new Refusal("a cursor is for a query that changes nothing", "Use a plain query.");
  }

  private static Plan local() {
    return new Plan.Local(ON_LINK, new Plan.Effect.None());
  }

  private Plan close() throws Refusal {
    in.expect("close");
    in.name();
    in.expectEnd();
    return local();
  }

  /** FETCH and MOVE: words, a count with its sign, the cursor's name. */
  private Plan fetch() throws Refusal {
    in.at(1);
    while (!in.atEnd()) {
      if (!in.takeSymbol("-") && !in.takeSymbol("+") && !in.takeConstant()) {
        in.name();
      }
    }
    return local();
  }
}
