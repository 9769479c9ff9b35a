package org.tandemdb.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.plan.DdlExpressions.Allowed;
import org.tandemdb.plan.DdlExpressions.Value;
import org.tandemdb.sql.Facts;
import org.tandemdb.sql.SqlSyntaxException;
import org.tandemdb.sql.Tokens;

/** CREATE TABLE and ALTER TABLE: what rows are filled with must be the same on every copy. */
final class TablePlanner {
  private final TokenReader in;
  private final DdlExpressions expressions;
  private final Relatives relatives;

  /** Rows get values that other copies would not give them. */
  private boolean fills;

  /** Columns whose rows may get a value by the column's type. */
  private final List<String> typed = new ArrayList<>();

  /** Hears of the other tables that rows are shared with: parents, children, partitions. */
  interface Relatives {
    void named(Facts.Use table) throws Refusal;
  }

  /** Columns whose rows get one value all. */
  private final List<Held> held = new ArrayList<>();

  private String column = "";

  /** Canonical, where {@code type} is as it is written. */
  private String columnType = "";

  private String type = "";

  /**
   * A column that is added, and whose default gives all rows one value that the session or the
   * clock decides.
   *
   * @param first token of the default
   * @param last token of the default
   * @param type as it is written
   */
  record Held(String column, int first, int last, String type) {}

  List<Held> held() {
    return held;
  }

  /**
   * True if rows get values that other copies would not give them, and not all of them the same.
   */
  boolean fills() {
    return fills || !typed.isEmpty();
  }

  /** If not empty: only if the type of one of these columns has a default. */
  List<String> typed() {
    return fills || !held.isEmpty() ? List.of() : typed;
  }

  TablePlanner(TokenReader in, Scope scope, Relatives relatives) {
    this.in = in;
    this.expressions = new DdlExpressions(in, scope);
    this.relatives = relatives;
  }

  /** CREATE TABLE, from what follows the table's name. */
  void create() throws Refusal, SqlSyntaxException {
    if (in.take("partition", "of")) {
      relatives.named(in.qualifiedName());
      if (in.peekSymbol("(")) {
        elements();
      }
      bounds();
    } else {
      if (in.take("of")) {
        in.qualifiedName();
      }
      if (in.peekSymbol("(")) {
        elements();
      }
      if (in.take("inherits")) {
        in.expectSymbol("(");
        do {
          relatives.named(in.qualifiedName());
        } while (in.takeSymbol(","));
        in.expectSymbol(")");
      }
    }
    if (in.take("partition", "by")) {
      in.name();
      expressions.keys(Allowed.IMMUTABLE);
    }
    storage(in);
    expressions.verify();
  }

  /** How a table is kept, behind its columns or in front of its query. */
  static void storage(TokenReader in) throws Refusal {
    if (in.take("using")) {
      in.name();
    }
    if (in.take("with")) {
      in.group();
    }
    in.skip("without oids");
    if (in.take("on", "commit") && !in.take("drop")) {
      in.skip("preserve rows", "delete rows");
    }
    if (in.take("tablespace")) {
      in.name();
    }
  }

  /** The bounds of a partition are constants that the server evaluates once, on each copy. */
  private void bounds() throws Refusal, SqlSyntaxException {
    if (in.take("default")) {
      return;
    }
    in.expect("for", "values");
    if (in.take("with")) {
      in.group();
    } else if (in.take("in")) {
      expressions.bracketed(Allowed.DETERMINISTIC);
    } else {
      in.expect("from");
      expressions.bracketed(Allowed.DETERMINISTIC);
      in.expect("to");
      expressions.bracketed(Allowed.DETERMINISTIC);
    }
  }

  private void elements() throws Refusal, SqlSyntaxException {
    in.expectSymbol("(");
    if (in.takeSymbol(")")) {
      return;
    }
    do {
      if (in.take("like")) {
        in.qualifiedName();
        while (in.take("including") || in.take("excluding")) {
          in.name();
        }
      } else if (!constraint()) {
        column(true);
      }
    } while (in.takeSymbol(","));
    in.expectSymbol(")");
  }

  /** A column's definition; {@code fresh} if its table is new, so that no row is filled. */
  private void column(boolean fresh) throws Refusal, SqlSyntaxException {
    String name = in.name();
    int typeFrom = in.at();
    boolean byType = false;
    columnType = "";
    if (fresh && in.take("with", "options")) {
      // A column of a typed table or a partition.
    } else if (expressions.isSerial()) {
      in.name();
      fills |= !fresh;
    } else if (!startsConstraint()) {
      String canonical = expressions.type();
      byType = expressions.mayHaveDefault(canonical) && !fresh;
      expressions.column(name, canonical);
      columnType = canonical;
    }
    column = name;
    type =
        in.at() > typeFrom
            ? in.tokens().sql().substring(in.tokens().start(typeFrom), in.tokens().end(in.at() - 1))
            : "";
    if (in.take("options")) {
      in.group();
    }
    int before = in.at();
    while (columnConstraint(fresh)) {
      byType &= !in.tokens().is(before, "default");
      before = in.at();
    }
    if (byType) {
      typed.add(name);
    }
  }

  /** A partition's column is named without its type. */
  private boolean startsConstraint() {
    return in.peek("constraint")
        || in.peek("not")
        || in.peek("null")
        || in.peek("default")
        || in.peek("check")
        || in.peek("primary")
        || in.peek("unique")
        || in.peek("generated")
        || in.peek("references");
  }

  private boolean columnConstraint(boolean fresh) throws Refusal, SqlSyntaxException {
    if (in.take("constraint")) {
      in.name();
    }
    if (in.take("not", "null") || in.take("null")) {
      in.skip("no inherit");
      return true;
    }
    if (in.take("unique") || in.take("primary", "key")) {
      in.skip("nulls not distinct", "nulls distinct");
      indexStorage();
      deferrable();
      return true;
    }
    if (in.take("default")) {
      filling(fresh);
      return true;
    }
    if (in.take("check")) {
      expressions.stored(Allowed.DETERMINISTIC, "");
      in.skip("no inherit");
      return true;
    }
    if (in.take("references")) {
      references();
      return true;
    }
    if (in.take("storage") || in.take("compression")) {
      in.name();
      return true;
    }
    if (in.take("generated", "always", "as", "identity")
        || in.take("generated", "by", "default", "as", "identity")) {
      fills |= !fresh;
      if (in.peekSymbol("(")) {
        in.group();
      }
      return true;
    }
    if (in.take("generated", "always", "as")) {
      expressions.stored(Allowed.IMMUTABLE, columnType);
      in.skip("stored", "virtual");
      return true;
    }
    if (in.take("collate")) {
      in.qualifiedName();
      return true;
    }
    int start = in.at();
    deferrable();
    return in.at() > start;
  }

  /** A default; rows that are there get its value. */
  private void filling(boolean fresh) throws Refusal, SqlSyntaxException {
    int start = in.at();
    if (fresh) {
      expressions.expression(Allowed.DEFAULT);
      return;
    }
    expressions.pass();
    switch (expressions.value(start, in.at() - 1)) {
      case SAME -> {}
      case STABLE -> held.add(new Held(column, start, in.at() - 1, type));
      case OWN -> fills = true;
    }
  }

  /** WITH (...) and USING INDEX TABLESPACE behind a key. */
  private void indexStorage() throws Refusal {
    if (in.take("include")) {
      in.names();
    }
    if (in.take("with")) {
      in.group();
    }
    if (in.take("using", "index", "tablespace")) {
      in.name();
    }
  }

  private boolean constraint() throws Refusal, SqlSyntaxException {
    int start = in.at();
    if (in.take("constraint")) {
      in.name();
    }
    if (in.take("primary", "key") || in.take("unique")) {
      in.skip("nulls not distinct", "nulls distinct");
      if (in.take("using", "index")) {
        in.name();
      } else {
        keyColumns();
        indexStorage();
      }
      deferrable();
      return true;
    }
    if (in.take("check")) {
      expressions.stored(Allowed.DETERMINISTIC, "");
      in.skip("no inherit");
      deferrable();
      return true;
    }
    if (in.take("not", "null")) {
      in.name();
      in.skip("no inherit");
      deferrable();
      return true;
    }
    if (in.take("exclude")) {
      exclusion();
      return true;
    }
    if (in.take("foreign", "key")) {
      keyColumns();
      in.expect("references");
      references();
      return true;
    }
    in.at(start);
    return false;
  }

  /** Columns of a key; the last may be a period. */
  private void keyColumns() throws Refusal {
    in.expectSymbol("(");
    do {
      in.take("period");
      in.name();
      in.take("without", "overlaps");
    } while (in.takeSymbol(","));
    in.expectSymbol(")");
  }

  private void exclusion() throws Refusal, SqlSyntaxException {
    if (in.take("using")) {
      in.name();
    }
    in.expectSymbol("(");
    do {
      expressions.key(Allowed.INDEX);
      in.expect("with");
      // An operator, perhaps OPERATOR(schema.sign).
      if (in.take("operator")) {
        in.group();
      } else {
        in.at(in.at() + 1);
      }
    } while (in.takeSymbol(","));
    in.expectSymbol(")");
    indexStorage();
    if (in.take("where")) {
      expressions.bracketed(Allowed.INDEX);
    }
    deferrable();
  }

  private void references() throws Refusal {
    in.qualifiedName();
    if (in.peekSymbol("(")) {
      keyColumns();
    }
    while (true) {
      if (in.take("match", "full") || in.take("match", "simple")) {
        continue;
      }
      if (in.take("on", "delete") || in.take("on", "update")) {
        if (in.take("no", "action") || in.take("restrict") || in.take("cascade")) {
          continue;
        }
        if (in.take("set", "null") || in.take("set", "default")) {
          if (in.peekSymbol("(")) {
            in.names();
          }
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
              || in.take("not", "valid")
              || in.take("not", "enforced")
              || in.take("enforced");
    }
  }

  /**
   * ALTER TABLE, from what follows the table's name.
   *
   * @param table if it is there
   */
  void alter(Optional<Catalog.Table> table) throws Refusal, SqlSyntaxException {
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
    } else if (in.take("set", "schema")) {
      in.name();
    } else if (in.take("attach", "partition")) {
      relatives.named(in.qualifiedName());
      bounds();
    } else if (in.take("detach", "partition")) {
      relatives.named(in.qualifiedName());
    } else {
      table.ifPresent(
          known -> known.columns().forEach(c -> expressions.column(c.name(), c.type().name())));
      do {
        action(table);
      } while (in.takeSymbol(","));
      expressions.verify();
      // A column that another action names, too, may not have its default put back behind it.
      fills |= held.stream().anyMatch(one -> isNamedAgain(one.column()));
    }
  }

  private boolean isNamedAgain(String name) {
    Tokens tokens = in.tokens();
    int times = 0;
    for (int i = 0; i < tokens.size(); i++) {
      times += tokens.isName(i) && tokens.text(i).equals(name) ? 1 : 0;
    }
    return times > 1;
  }

  private void action(Optional<Catalog.Table> table) throws Refusal, SqlSyntaxException {
    if (in.take("add")) {
      if (constraint()) {
        return;
      }
      in.skip("column");
      boolean unlessThere = in.take("if", "not", "exists");
      boolean there =
          table.isPresent() && table.get().column(in.tokens().text(in.at())).isPresent();
      column(unlessThere && there);
    } else if (in.take("drop")) {
      in.skip("constraint", "column");
      in.skip("if exists");
      in.name();
      in.skip("cascade", "restrict");
    } else if (in.take("validate", "constraint")) {
      in.name();
    } else if (in.take("alter", "constraint")) {
      in.name();
      deferrable();
    } else if (in.take("alter")) {
      in.skip("column");
      column = in.name();
      alterColumn();
    } else if (in.take("owner", "to")) {
      in.name();
    } else if (in.take("inherit") || in.take("no", "inherit")) {
      relatives.named(in.qualifiedName());
    } else if (in.take("of")) {
      in.qualifiedName();
    } else if (in.take("cluster", "on")) {
      in.name();
    } else if (in.take("enable") || in.take("disable")) {
      enable(in.tokens().is(in.at() - 1, "enable") && in.peek("always"));
    } else if (in.take("no", "force", "row", "level", "security")
        || in.take("force", "row", "level", "security")
        || in.take("not", "of")
        || in.take("set", "without", "cluster")
        || in.take("set", "without", "oids")
        || in.take("set", "logged")) {
      return;
    } else if (in.take("replica", "identity")) {
      if (in.take("using", "index")) {
        in.name();
      } else {
        in.skip("default", "full", "nothing");
      }
    } else if (in.take("set", "access", "method") || in.take("set", "tablespace")) {
      in.name();
    } else if (in.take("set") || in.take("reset")) {
      in.group();
    } else {
      throw in.unexpected();
    }
  }

  private void enable(boolean always) throws Refusal {
    if (in.take("row", "level", "security")) {
      return;
    }
    in.skip("replica", "always");
    if (!in.take("trigger") && !in.take("rule")) {
      throw in.unexpected();
    }
    if (!always) {
      OwnTriggers.keep(in.tokens(), in.at());
    }
    // ALL means Tandem's own triggers too: they are mended after each DDL.
    in.name();
  }

  private void alterColumn() throws Refusal, SqlSyntaxException {
    if (in.take("set", "default")) {
      expressions.expression(Allowed.DEFAULT);
    } else if (in.take("drop", "default")
        || in.take("set", "not", "null")
        || in.take("drop", "not", "null")) {
      return;
    } else if (in.take("drop", "identity") || in.take("drop", "expression")) {
      in.skip("if exists");
    } else if (in.take("set", "data", "type") || in.take("type")) {
      changeType();
    } else if (in.take("set", "statistics")) {
      in.skipSymbol("-");
      if (!in.takeConstant()) {
        in.expect("default");
      }
    } else if (in.take("set", "storage") || in.take("set", "compression")) {
      in.name();
    } else if (in.take("add", "generated", "always", "as", "identity")
        || in.take("add", "generated", "by", "default", "as", "identity")) {
      if (in.peekSymbol("(")) {
        in.group();
      }
    } else if (in.take("restart")) {
      restart();
    } else if (in.take("set", "expression", "as")) {
      expressions.stored(Allowed.IMMUTABLE, expressions.columnType(column));
    } else if (in.take("set", "generated")) {
      in.skip("always", "by default");
      identityOptions();
    } else if (in.take("set", "sequence", "name")
        || in.take("set", "logged")
        || (in.peek("set") && isSequenceOption(in.at() + 1))) {
      identityOptions();
    } else if (in.take("set") || in.take("reset")) {
      in.group();
    } else {
      throw in.unexpected();
    }
  }

  /** SET START 5 SET INCREMENT BY 2 RESTART: what is left up to the next action. */
  private void identityOptions() throws Refusal {
    while (!in.atEnd() && !in.peekSymbol(",")) {
      in.at(in.at() + 1);
    }
  }

  private boolean isSequenceOption(int token) {
    return List.of("start", "increment", "minvalue", "maxvalue", "no", "cycle", "cache").stream()
        .anyMatch(word -> in.tokens().is(token, word));
  }

  private void restart() throws Refusal {
    in.skip("with");
    in.skipSymbol("-");
    if (!in.atEnd() && !in.peekSymbol(",") && !in.takeConstant()) {
      throw in.unexpected();
    }
  }

  private void changeType() throws Refusal, SqlSyntaxException {
    int start = in.at();
    expressions.type();
    // What becomes a date or time depends on the session that does it.
    fills |= !expressions.isPlain(start) || !expressions.becomesTheSame(column);
    if (in.take("using")) {
      int using = in.at();
      expressions.pass();
      fills |= expressions.value(using, in.at() - 1) != Value.SAME;
    }
  }
}
