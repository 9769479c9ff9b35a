package org.tandemdb.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tandemdb.plan.Plan.Effect;
import org.tandemdb.sql.SqlSyntaxException;
import org.tandemdb.sql.Tokens;
import org.tandemdb.sql.Tokens.Kind;

/** PREPARE, EXECUTE and DEALLOCATE: what they mean is the session's to find, by name. */
final class PreparedPlanner {
  private static final Set<String> OF_ROWS =
      Set.of("select", "insert", "update", "delete", "merge", "values", "with", "table");

  private final TokenReader in;

  private PreparedPlanner(Tokens tokens, int from) {
    this.in = new TokenReader(tokens);
    in.at(from);
  }

  static Plan prepare(Tokens tokens, Scope scope) throws SqlSyntaxException, Refusal {
    PreparedPlanner planner = new PreparedPlanner(tokens, 1);
    TokenReader in = planner.in;
    String name = in.name();
    List<String> types = in.peekSymbol("(") ? planner.list() : List.of();
    in.expect("as");
    Tokens inner = tokens.from(in.at());
    if (inner.size() == 0 || !(inner.isSymbol(0, "(") || isOfRows(inner))) {
      throw in.unexpected();
    }
    Plan plan = SqlPlanner.statement(inner, scope);
    if (plan instanceof Plan.Refused refused && refused.sqlState().equals("0A000")) {
      return refused;
    }
    return new Plan.Local(
        "the session keeps the text; each EXECUTE is planned as the statement",
        new Effect.Prepare(new PreparedText(name, types, inner.sql())));
  }

  private static boolean isOfRows(Tokens tokens) {
    return tokens.isKind(0, Kind.WORD) && OF_ROWS.contains(tokens.text(0));
  }

  /**
   * EXECUTE from token {@code from} on; what stands before it (EXPLAIN) and behind it (WITH NO
   * DATA) stays where it is.
   */
  static Plan execute(Tokens tokens, int from) throws Refusal {
    PreparedPlanner planner = new PreparedPlanner(tokens, from);
    TokenReader in = planner.in;
    in.expect("execute");
    String name = in.name();
    int open = in.at();
    List<String> arguments = in.peekSymbol("(") ? planner.list() : List.of();
    boolean constant = true;
    for (int i = open; i < in.at(); i++) {
      if (tokens.is(i, "select")) {
        throw new Refusal("cannot use subquery in EXECUTE parameter", "");
      }
      if (tokens.isKind(i, Kind.PARAMETER)) {
        throw new Refusal("there is no parameter $" + tokens.text(i), "", "42P02");
      }
      constant &= planner.isConstant(i);
    }
    if (from == 0) {
      in.skipSymbol(";");
      in.expectEnd();
    }
    String sql = tokens.sql();
    return new Plan.Local(
        "planned as the statement that was prepared",
        new Effect.Execute(
            name,
            arguments,
            constant,
            sql.substring(0, tokens.start(from)),
            sql.substring(tokens.end(in.at() - 1))));
  }

  /** Nothing but literals, signs, and what stands between arguments. */
  private boolean isConstant(int i) {
    Tokens tokens = in.tokens();
    return switch (tokens.kind(i)) {
      case NUMBER -> true;
      // Two strings in a row, or a typed one, are more than a literal.
      case STRING -> tokens.isSymbol(i - 1, "(") || tokens.isSymbol(i - 1, ",");
      case WORD -> tokens.is(i, "null") || tokens.is(i, "true") || tokens.is(i, "false");
      case OPERATOR -> tokens.isSymbol(i, "-") && tokens.isKind(i + 1, Kind.NUMBER);
      case PUNCTUATION ->
          tokens.isSymbol(i, "(") || tokens.isSymbol(i, ")") || tokens.isSymbol(i, ",");
      case QUOTED, PARAMETER -> false;
    };
  }

  static Plan deallocate(Tokens tokens) throws Refusal {
    PreparedPlanner planner = new PreparedPlanner(tokens, 1);
    TokenReader in = planner.in;
    if (in.peek("prepare") && tokens.size() > 2 && !tokens.isSymbol(2, ";")) {
      in.take("prepare");
    }
    boolean all = in.take("all");
    Optional<String> name = all ? Optional.empty() : Optional.of(in.name());
    in.skipSymbol(";");
    in.expectEnd();
    return new Plan.Local("the session forgets the text", new Effect.Deallocate(name));
  }

  /** The texts between the commas of a bracketed list. */
  private List<String> list() throws Refusal {
    Tokens tokens = in.tokens();
    int open = in.at();
    int close = in.group();
    List<String> items = new ArrayList<>();
    int depth = 0;
    int first = open + 1;
    for (int i = open + 1; i <= close; i++) {
      boolean ends = depth == 0 && (i == close || tokens.isSymbol(i, ","));
      if (ends) {
        if (first == i) {
          in.at(i);
          throw in.unexpected();
        }
        items.add(tokens.sql().substring(tokens.start(first), tokens.end(i - 1)));
        first = i + 1;
      } else if (tokens.isSymbol(i, "(") || tokens.isSymbol(i, "[")) {
        depth++;
      } else if (tokens.isSymbol(i, ")") || tokens.isSymbol(i, "]")) {
        depth--;
      }
    }
    return items;
  }
}
