package org.tandemdb.plan;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.tandemdb.sql.Builtins;
import org.tandemdb.sql.Facts;
import org.tandemdb.sql.PgLexer;
import org.tandemdb.sql.Shape;
import org.tandemdb.sql.SqlSyntaxException;
import org.tandemdb.sql.StatementParser;
import org.tandemdb.sql.Tokens;
import org.tandemdb.sql.TypeSyntax;

/**
 * DDL by a strict list of shapes; whatever does not fit one is refused. It is never spliced: names
 * without a schema are resolved by the search path that travels with the entry.
 */
final class SchemaPlanner {
  private static final Set<String> SERIALS =
      Set.of("serial", "bigserial", "smallserial", "serial2", "serial4", "serial8");

  private static final Set<String> PRIVILEGES =
      Set.of(
          "select",
          "insert",
          "update",
          "delete",
          "truncate",
          "references",
          "trigger",
          "all",
          "privileges",
          "usage",
          "create",
          "connect");

  /** What an expression in DDL may be. */
  private enum Allowed {
    /** Evaluated over rows now, on each copy: must be the same everywhere. */
    DETERMINISTIC,
    /** Evaluated later, by statements whose plan sees it in the catalog. */
    DEFAULT
  }

  private final TokenReader in;
  private final Scope scope;

  private SchemaPlanner(TokenReader in, Scope scope) {
    this.in = in;
    this.scope = scope;
  }

  static Plan plan(Tokens tokens, Scope scope) throws Refusal, SqlSyntaxException {
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.isName(i) && tokens.text(i).equals(Scope.TANDEM)) {
        throw new Refusal("the schema \"tandem\" is Tandem's own", "Choose another name.", "42501");
      }
      if (tokens.isKind(i, Tokens.Kind.PARAMETER)) {
        throw new Refusal("DDL cannot have parameters", "Write the values out.", "42601");
      }
    }
    TokenReader in = new TokenReader(tokens);
    new SchemaPlanner(in, scope).statement();
    in.expectEnd();
    return new Plan.Exclusive("changes the schema", tokens.sql());
  }

  private void statement() throws Refusal, SqlSyntaxException {
    if (in.take("create")) {
      create();
    } else if (in.take("drop")) {
      drop();
    } else if (in.take("alter", "table")) {
      alterTable();
    } else if (in.take("truncate")) {
      truncate();
    } else if (in.take("comment", "on")) {
      comment();
    } else if (in.take("grant")) {
      privileges("to");
    } else if (in.take("revoke")) {
      in.skip("grant option for");
      privileges("from");
    } else {
      throw in.unexpected();
    }
  }

  private void create() throws Refusal, SqlSyntaxException {
    if (in.peek("temp") || in.peek("temporary")) {
      throw new Refusal("temporary tables are not supported yet", "Use an ordinary table.");
    }
    if (in.peek("unlogged")) {
      throw new Refusal("a crash empties unlogged tables", "Use an ordinary table.");
    }
    if (in.take("table")) {
      in.skip("if not exists");
      in.qualifiedName();
      table();
    } else if (in.take("unique", "index") || in.take("index")) {
      index();
    } else if (in.take("schema")) {
      in.skip("if not exists");
      in.name();
      if (in.take("authorization")) {
        in.name();
      }
    } else if (in.take("sequence")) {
      in.skip("if not exists");
      in.qualifiedName();
      sequenceOptions();
    } else if (in.take("or", "replace", "view") || in.take("view")) {
      view();
    } else {
      throw in.unexpected();
    }
  }

  private void table() throws Refusal, SqlSyntaxException {
    in.expectSymbol("(");
    do {
      if (!tableConstraint()) {
        column(true);
      }
    } while (in.takeSymbol(","));
    in.expectSymbol(")");
    if (in.take("with")) {
      in.group();
    }
    if (in.take("tablespace")) {
      in.name();
    }
  }

  /** A column's definition; {@code fresh} if its table is new, so that no row is filled. */
  private void column(boolean fresh) throws Refusal, SqlSyntaxException {
    in.name();
    type(fresh);
    while (columnConstraint(fresh)) {
      continue;
    }
  }

  private void type(boolean serial) throws Refusal {
    if (serial && in.tokens().isName(in.at()) && SERIALS.contains(in.tokens().text(in.at()))) {
      in.name();
      return;
    }
    TypeSyntax.Parsed type = TypeSyntax.parse(in.tokens(), in.at());
    if (type == null || Builtins.type(type.name()).isEmpty()) {
      String shown = type == null ? "" : type.name();
      throw new Refusal(
          "the type " + shown + " is not a built-in type that is understood",
          SERIALS.contains(shown)
              ? "Add an integer column first, then its default."
              : "Use a built-in type.");
    }
    in.at(type.next());
    if (in.take("collate")) {
      in.qualifiedName();
    }
  }

  private boolean columnConstraint(boolean fresh) throws Refusal, SqlSyntaxException {
    if (in.take("constraint")) {
      in.name();
    }
    if (in.take("not", "null") || in.take("null")) {
      return true;
    }
    if (in.take("unique") || in.take("primary", "key")) {
      deferrable();
      return true;
    }
    if (in.take("default")) {
      expression(fresh ? Allowed.DEFAULT : Allowed.DETERMINISTIC);
      return true;
    }
    if (in.take("check")) {
      bracketed(Allowed.DETERMINISTIC);
      return true;
    }
    if (in.take("references")) {
      references();
      return true;
    }
    if (in.take("generated", "always", "as", "identity")
        || in.take("generated", "by", "default", "as", "identity")) {
      if (!fresh) {
        throw new Refusal(
            "an identity column cannot be added: rows would be numbered in heap order",
            "Create the table with it.");
      }
      if (in.peekSymbol("(")) {
        in.group();
      }
      return true;
    }
    if (in.take("generated", "always", "as")) {
      bracketed(Allowed.DETERMINISTIC);
      in.expect("stored");
      return true;
    }
    return false;
  }

  private boolean tableConstraint() throws Refusal, SqlSyntaxException {
    int start = in.at();
    if (in.take("constraint")) {
      in.name();
    }
    if (in.take("primary", "key") || in.take("unique")) {
      in.skip("nulls not distinct", "nulls distinct");
      if (in.take("using", "index")) {
        in.name();
      } else {
        in.names();
      }
      deferrable();
      return true;
    }
    if (in.take("check")) {
      bracketed(Allowed.DETERMINISTIC);
      in.skip("no inherit");
      return true;
    }
    if (in.take("foreign", "key")) {
      in.names();
      in.expect("references");
      references();
      return true;
    }
    in.at(start);
    return false;
  }

  private void references() throws Refusal {
    in.qualifiedName();
    if (in.peekSymbol("(")) {
      in.names();
    }
    while (true) {
      if (in.take("match", "full") || in.take("match", "simple")) {
        continue;
      }
      if (in.take("on", "delete") || in.take("on", "update")) {
        if (in.take("no", "action")
            || in.take("restrict")
            || in.take("cascade")
            || in.take("set", "null")
            || in.take("set", "default")) {
          continue;
        }
        throw in.unexpected();
      }
      break;
    }
    deferrable();
  }

  private void deferrable() {
    boolean any = true;
    while (any) {
      any =
          in.take("not", "deferrable")
              || in.take("deferrable")
              || in.take("initially", "deferred")
              || in.take("initially", "immediate")
              || in.take("not", "valid");
    }
  }

  private void index() throws Refusal, SqlSyntaxException {
    if (in.peek("concurrently")) {
      throw new Refusal(
          "CREATE INDEX CONCURRENTLY is not supported yet", "Create it without CONCURRENTLY.");
    }
    in.skip("if not exists");
    if (!in.peek("on")) {
      in.name();
    }
    in.expect("on");
    in.skip("only");
    in.qualifiedName();
    if (in.take("using")) {
      in.name();
    }
    in.expectSymbol("(");
    do {
      indexItem();
    } while (in.takeSymbol(","));
    in.expectSymbol(")");
    if (in.take("include")) {
      in.names();
    }
    in.skip("nulls not distinct", "nulls distinct");
    if (in.take("with")) {
      in.group();
    }
    if (in.take("tablespace")) {
      in.name();
    }
    if (in.take("where")) {
      expression(Allowed.DETERMINISTIC);
    }
  }

  private void indexItem() throws Refusal, SqlSyntaxException {
    if (in.peekSymbol("(")) {
      bracketed(Allowed.DETERMINISTIC);
    } else {
      int start = in.at();
      in.name();
      if (in.peekSymbol("(")) {
        in.group();
        check(start, in.at() - 1, Allowed.DETERMINISTIC);
      }
    }
    if (in.take("collate")) {
      in.qualifiedName();
    }
    if (in.tokens().isName(in.at()) && !in.peek("asc") && !in.peek("desc") && !in.peek("nulls")) {
      // An operator class.
      in.qualifiedName();
    }
    in.skip("asc", "desc");
    in.skip("nulls first", "nulls last");
  }

  private void sequenceOptions() throws Refusal {
    while (!in.atEnd()) {
      if (in.take("as")) {
        type(false);
      } else if (in.take("increment") || in.take("start") || in.take("cache")) {
        in.skip("by", "with");
        number();
      } else if (in.take("minvalue") || in.take("maxvalue")) {
        number();
      } else if (in.take("owned", "by")) {
        if (!in.take("none")) {
          in.qualifiedName();
          if (in.takeSymbol(".")) {
            in.name();
          }
        }
      } else if (!(in.take("no", "minvalue")
          || in.take("no", "maxvalue")
          || in.take("no", "cycle")
          || in.take("cycle"))) {
        throw in.unexpected();
      }
    }
  }

  private void number() throws Refusal {
    in.skipSymbol("-");
    if (!in.takeConstant()) {
      throw in.unexpected();
    }
  }

  private void view() throws Refusal, SqlSyntaxException {
    in.qualifiedName();
    if (in.peekSymbol("(")) {
      in.names();
    }
    in.expect("as");
    Plan query = SqlPlanner.statement(in.tokens().from(in.at()), scope);
    if (!(query instanceof Plan.Read)) {
      throw new Refusal(
          "the view's query is not a proven read: " + query.reason(), "Simplify the query.");
    }
    in.at(in.tokens().size());
  }

  private void drop() throws Refusal {
    if (!(in.take("table")
        || in.take("view")
        || in.take("index")
        || in.take("sequence")
        || in.take("schema"))) {
      throw in.unexpected();
    }
    if (in.peek("concurrently")) {
      throw new Refusal(
          "DROP INDEX CONCURRENTLY is not supported yet", "Drop it without CONCURRENTLY.");
    }
    in.skip("if exists");
    do {
      temporary(in.qualifiedName());
    } while (in.takeSymbol(","));
    in.skip("cascade", "restrict");
  }

  private void temporary(Facts.Use name) throws Refusal {
    if ((name.qualifier().isEmpty() && scope.session().temporaryTables().contains(name.name()))
        || name.qualifier().filter(q -> q.startsWith("pg_temp")).isPresent()) {
      throw new Refusal(
          "\"" + name.name() + "\" is a temporary table, which other copies do not have",
          "Use an ordinary table.");
    }
  }

  private void alterTable() throws Refusal, SqlSyntaxException {
    in.skip("if exists");
    in.skip("only");
    temporary(in.qualifiedName());
    if (in.take("rename")) {
      if (!in.take("to")) {
        if (in.take("constraint")) {
          in.name();
        } else {
          in.skip("column");
          in.name();
        }
        in.expect("to");
      }
      in.name();
      return;
    }
    if (in.take("set", "schema")) {
      in.name();
      return;
    }
    do {
      alterAction();
    } while (in.takeSymbol(","));
  }

  private void alterAction() throws Refusal, SqlSyntaxException {
    if (in.take("add")) {
      if (tableConstraint()) {
        return;
      }
      in.skip("column");
      in.skip("if not exists");
      column(false);
    } else if (in.take("drop")) {
      in.skip("constraint", "column");
      in.skip("if exists");
      in.name();
      in.skip("cascade", "restrict");
    } else if (in.take("validate", "constraint")) {
      in.name();
    } else if (in.take("alter")) {
      in.skip("column");
      in.name();
      alterColumn();
    } else {
      throw in.unexpected();
    }
  }

  private void alterColumn() throws Refusal, SqlSyntaxException {
    if (in.take("set", "default")) {
      expression(Allowed.DEFAULT);
    } else if (in.take("drop", "default")
        || in.take("set", "not", "null")
        || in.take("drop", "not", "null")) {
      return;
    } else if (in.take("set", "data", "type") || in.take("type")) {
      int start = in.at();
      type(false);
      TypeSyntax.Parsed type = TypeSyntax.parse(in.tokens(), start);
      if (type == null || !Builtins.isPlain(type.name())) {
        throw new Refusal(
            "changing a column to a date or time depends on the session that does it",
            "Add a column and fill it with UPDATE.");
      }
    } else {
      throw in.unexpected();
    }
  }

  private void truncate() throws Refusal {
    in.skip("table");
    do {
      in.skip("only");
      Facts.Use name = in.qualifiedName();
      scope.relation(name);
      in.skipSymbol("*");
    } while (in.takeSymbol(","));
    if (in.peek("restart")) {
      throw new Refusal(
          "TRUNCATE ... RESTART IDENTITY is not supported yet", "Leave RESTART IDENTITY out.");
    }
    in.skip("continue identity");
    if (in.peek("cascade")) {
      throw new Refusal("TRUNCATE ... CASCADE is not supported", "Name every table.");
    }
    in.skip("restrict");
  }

  private void comment() throws Refusal {
    if (!(in.take("table")
        || in.take("column")
        || in.take("view")
        || in.take("index")
        || in.take("sequence")
        || in.take("schema"))) {
      throw in.unexpected();
    }
    in.qualifiedName();
    if (in.takeSymbol(".")) {
      in.name();
    }
    in.expect("is");
    if (!in.takeConstant()) {
      in.expect("null");
    }
  }

  private void privileges(String preposition) throws Refusal {
    do {
      String privilege = in.name();
      if (!PRIVILEGES.contains(privilege)) {
        throw in.unexpected();
      }
      in.skip("privileges");
      if (in.peekSymbol("(")) {
        in.names();
      }
    } while (in.takeSymbol(","));
    in.expect("on");
    in.skip("table", "sequence", "schema");
    do {
      in.qualifiedName();
    } while (in.takeSymbol(","));
    in.expect(preposition);
    do {
      in.skip("group");
      in.name();
    } while (in.takeSymbol(","));
    in.skip("with grant option");
    in.skip("cascade", "restrict");
  }

  private void bracketed(Allowed allowed) throws Refusal, SqlSyntaxException {
    int open = in.at();
    int close = in.group();
    check(open, close, allowed);
  }

  /** An expression that ends at a comma, a closing bracket or a constraint's first word. */
  private void expression(Allowed allowed) throws Refusal, SqlSyntaxException {
    int start = in.at();
    while (!in.atEnd() && !in.peekSymbol(",") && !in.peekSymbol(")") && !endsDefault(start)) {
      if (in.peekSymbol("(")) {
        in.group();
      } else {
        in.at(in.at() + 1);
      }
    }
    if (in.at() == start) {
      throw in.unexpected();
    }
    check(start, in.at() - 1, allowed);
  }

  private boolean endsDefault(int start) {
    return in.at() > start
        && (in.peek("not")
            || in.peek("null")
            || in.peek("constraint")
            || in.peek("primary")
            || in.peek("unique")
            || in.peek("check")
            || in.peek("references")
            || in.peek("generated"))
        && !in.tokens().is(in.at() - 1, "is")
        && !in.tokens().is(in.at() - 1, "and");
  }

  private void check(int first, int last, Allowed allowed) throws Refusal, SqlSyntaxException {
    String text = in.tokens().sql().substring(in.tokens().start(first), in.tokens().end(last));
    Tokens tokens = PgLexer.lex("SELECT " + text, false);
    Shape shape = StatementParser.parse(tokens).shape();
    Facts facts = Facts.of(tokens, shape, new Shape.Range(1, tokens.size() - 1));
    boolean sequence = allowed == Allowed.DEFAULT && isNextval(tokens);
    if (!sequence) {
      SideEffects.none(facts, scope);
    }
    if (facts.query()) {
      throw new Refusal("a query in DDL is not supported", "Leave it out.");
    }
    boolean deterministic =
        facts.functions().stream().allMatch(f -> Builtins.isImmutable(f.name()))
            && facts.context().isEmpty()
            && !facts.zone()
            && facts.strings().stream().noneMatch(SchemaPlanner::isClockWord)
            && facts.types().stream().noneMatch(t -> t.startsWith("reg"));
    if (allowed == Allowed.DETERMINISTIC && !deterministic) {
      throw new Refusal(
          "the expression '" + text + "' may differ from copy to copy",
          "Use constants and IMMUTABLE built-in functions; fill rows with UPDATE.");
    }
  }

  private static boolean isNextval(Tokens tokens) {
    boolean start =
        tokens.is(1, "nextval") && tokens.isSymbol(2, "(") && tokens.isKind(3, Tokens.Kind.STRING);
    int close = tokens.isSymbol(4, "::") && tokens.is(5, "regclass") ? 6 : 4;
    return start && tokens.isSymbol(close, ")") && tokens.size() == close + 1;
  }

  /** A word that the server would evaluate if the column is a date or time. */
  private static boolean isClockWord(Optional<String> text) {
    if (text.isEmpty()) {
      return true;
    }
    String lower = text.get().toLowerCase(Locale.ROOT);
    return lower.contains("now")
        || lower.contains("today")
        || lower.contains("tomorrow")
        || lower.contains("yesterday");
  }
}
