package org.tandemdb.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.SqlNode;
import org.tandemdb.sql.Shape.Action;
import org.tandemdb.sql.Shape.Assignment;
import org.tandemdb.sql.Shape.Conflict;
import org.tandemdb.sql.Shape.Delete;
import org.tandemdb.sql.Shape.Insert;
import org.tandemdb.sql.Shape.Merge;
import org.tandemdb.sql.Shape.Range;
import org.tandemdb.sql.Shape.Target;
import org.tandemdb.sql.Shape.Update;
import org.tandemdb.sql.Shape.When;
import org.tandemdb.sql.Shape.Write;
import org.tandemdb.sql.parser.SqlWrite;

/**
 * Cuts one write into its clauses. The parser has proven what it is; brackets and key words leave
 * no room for a second reading of the tokens.
 */
final class WriteCutter {
  private final Tokens tokens;
  private final Shape shape;
  private final SqlWrite write;
  private final Range range;

  WriteCutter(Tokens tokens, Shape shape, SqlWrite write, Range range) {
    this.tokens = tokens;
    this.shape = shape;
    this.write = write;
    this.range = range;
  }

  Write cut() throws SqlSyntaxException {
    Target target = target();
    int returning = keyword("returning", range.first());
    int end = (returning < 0 ? range.last() + 1 : returning) - 1;
    return switch (write.getKind()) {
      case INSERT -> insert(target, returning, end);
      case UPDATE -> update(target, returning, end);
      case DELETE -> {
        int where = keyword("where", range.first());
        int using = keyword("using", range.first());
        yield new Delete(shape, range, target, using, where, conjuncts(where, end), returning);
      }
      case MERGE -> new Merge(shape, range, target, whens(end), returning);
      default -> throw new SqlSyntaxException("the statement is not understood", 0);
    };
  }

  private Target target() throws SqlSyntaxException {
    int name = -1;
    for (int i = range.first(); i <= range.last() && name < 0; i++) {
      if (shape.role(i) == Role.TARGET) {
        name = i;
      }
    }
    if (name < 0 || write.table().names.size() > 2) {
      throw new SqlSyntaxException(
          "the table's name is not understood", tokens.start(range.first()));
    }
    var alias = write.alias();
    int aliasToken = alias == null ? -1 : RoleFinder.tokenAt(tokens, alias.getParserPosition());
    return new Target(name, write.table().names.size() == 2, aliasToken);
  }

  // ---- INSERT

  private Insert insert(Target target, int returning, int end) throws SqlSyntaxException {
    List<Integer> columns = new ArrayList<>();
    for (SqlNode column : write.columns()) {
      columns.add(RoleFinder.tokenAt(tokens, column.getParserPosition()));
    }
    int on = conflictAt();
    Optional<Conflict> conflict = on < 0 ? Optional.empty() : Optional.of(conflict(on, end));
    SqlNode source = write.source();
    List<List<Range>> rows = new ArrayList<>();
    if (source != null && source.getKind() == SqlKind.VALUES) {
      int values = keyword("values", target.name());
      for (Range row : split(new Range(values + 1, on < 0 ? end : on - 1), ",")) {
        int open = row.first();
        if (values < 0 || !tokens.isSymbol(open, "(") || tokens.closing(open) != row.last()) {
          throw new SqlSyntaxException("a row of VALUES is not understood", tokens.start(open));
        }
        rows.add(split(new Range(open + 1, row.last() - 1), ","));
      }
      checkRows((SqlCall) source, rows);
    }
    return new Insert(
        shape,
        range,
        target,
        List.copyOf(columns),
        List.copyOf(rows),
        source == null,
        conflict,
        returning);
  }

  /** The tokens and the tree must agree on how many rows and cells there are. */
  private void checkRows(SqlCall values, List<List<Range>> rows) throws SqlSyntaxException {
    boolean equal = values.operandCount() == rows.size();
    for (int i = 0; equal && i < rows.size(); i++) {
      equal = ((SqlCall) values.operand(i)).operandCount() == rows.get(i).size();
    }
    if (!equal) {
      throw new SqlSyntaxException("VALUES is not understood", tokens.start(range.first()));
    }
  }

  /** The token ON of ON CONFLICT, which alone is followed by a key word of that name. */
  private int conflictAt() {
    for (int i = range.first(); i < range.last(); i++) {
      if (tokens.is(i, "on") && tokens.is(i + 1, "conflict") && shape.role(i + 1) == Role.KEYWORD) {
        return i;
      }
    }
    return -1;
  }

  private Conflict conflict(int on, int end) throws SqlSyntaxException {
    int action = keyword("do", on);
    List<Integer> columns = new ArrayList<>();
    if (tokens.isSymbol(on + 2, "(")) {
      for (Range item : split(new Range(on + 3, tokens.closing(on + 2) - 1), ",")) {
        if (item.first() != item.last() || !tokens.isName(item.first())) {
          columns.clear();
          break;
        }
        columns.add(item.first());
      }
    }
    if (!tokens.is(action + 1, "update")) {
      return new Conflict(List.copyOf(columns), List.of());
    }
    int where = keyword("where", action);
    return new Conflict(List.copyOf(columns), assignments(action + 3, where < 0 ? end : where - 1));
  }

  // ---- UPDATE

  private Update update(Target target, int returning, int end) throws SqlSyntaxException {
    int set = keyword("set", range.first());
    int where = keyword("where", set);
    int from = keyword("from", set);
    while (from >= 0 && tokens.is(from - 1, "distinct")) {
      from = keyword("from", from + 1);
    }
    if (where >= 0 && from > where) {
      from = -1;
    }
    int last = from >= 0 ? from - 1 : where >= 0 ? where - 1 : end;
    List<Assignment> assignments = assignments(set + 1, last);
    if (assignments.size() != write.set().size()) {
      throw new SqlSyntaxException("SET is not understood", tokens.start(set));
    }
    return new Update(
        shape, range, target, assignments, from, where, conjuncts(where, end), returning);
  }

  private List<Assignment> assignments(int first, int last) throws SqlSyntaxException {
    List<Assignment> assignments = new ArrayList<>();
    for (Range part : split(new Range(first, last), ",")) {
      List<Integer> columns = new ArrayList<>();
      boolean element = false;
      int i = part.first();
      while (!tokens.isSymbol(i, "=") && i < part.last()) {
        if (shape.role(i) == Role.TARGET_COLUMN) {
          columns.add(i);
        }
        if (tokens.isSymbol(i, "[")) {
          element = true;
          i = Math.max(i, tokens.closing(i));
        }
        i++;
      }
      if (columns.isEmpty() || i >= part.last()) {
        throw new SqlSyntaxException("SET is not understood", tokens.start(part.first()));
      }
      assignments.add(new Assignment(List.copyOf(columns), new Range(i + 1, part.last()), element));
    }
    return List.copyOf(assignments);
  }

  // ---- MERGE

  private List<When> whens(int end) throws SqlSyntaxException {
    List<When> whens = new ArrayList<>();
    int at = when(range.first(), end);
    while (at >= 0) {
      int next = when(at + 1, end);
      int last = next < 0 ? end : next - 1;
      int then = keyword("then", at);
      whens.add(when(then + 1, last, tokens.text(then + 1)));
      at = next;
    }
    return List.copyOf(whens);
  }

  /** The next WHEN that is not in a CASE. */
  private int when(int from, int end) {
    int at = keyword("when", from);
    return at > end ? -1 : at;
  }

  private When when(int first, int last, String action) throws SqlSyntaxException {
    switch (action) {
      case "update" -> {
        return new When(Action.UPDATE, List.of(), List.of(), assignments(first + 2, last));
      }
      case "delete" -> {
        return new When(Action.DELETE, List.of(), List.of(), List.of());
      }
      case "insert" -> {
        int values = keyword("values", first);
        List<Integer> columns = new ArrayList<>();
        for (int i = first; i < values; i++) {
          if (shape.role(i) == Role.TARGET_COLUMN) {
            columns.add(i);
          }
        }
        boolean defaults = tokens.is(values - 1, "default");
        List<Range> cells = defaults ? List.of() : split(new Range(values + 2, last - 1), ",");
        return new When(Action.INSERT, List.copyOf(columns), cells, List.of());
      }
      default -> {
        return new When(Action.NOTHING, List.of(), List.of(), List.of());
      }
    }
  }

  // ---- pieces

  /** WHERE cut at AND; one piece where OR, BETWEEN or the like make cutting unsafe. */
  private List<Range> conjuncts(int where, int end) throws SqlSyntaxException {
    if (where < 0) {
      return List.of();
    }
    List<Range> conjuncts = new ArrayList<>();
    conjuncts(new Range(where + 1, end), conjuncts);
    return List.copyOf(conjuncts);
  }

  private void conjuncts(Range all, List<Range> out) throws SqlSyntaxException {
    if (tokens.isSymbol(all.first(), "(")
        && tokens.closing(all.first()) == all.last()
        && !Facts.isQueryWord(tokens, all.first() + 1)
        && all.first() + 1 < all.last()) {
      conjuncts(new Range(all.first() + 1, all.last() - 1), out);
      return;
    }
    List<Range> parts =
        split(all, "or").size() > 1 || split(all, "between").size() > 1
            ? List.of(all)
            : split(all, "and");
    for (Range part : parts) {
      if (parts.size() == 1) {
        out.add(part);
      } else {
        conjuncts(part, out);
      }
    }
  }

  /** Cuts a range at a comma or key word outside of brackets and CASE. */
  private List<Range> split(Range whole, String separator) throws SqlSyntaxException {
    List<Range> parts = new ArrayList<>();
    int depth = 0;
    int from = whole.first();
    for (int i = whole.first(); i <= whole.last(); i++) {
      depth += depth(i);
      boolean keyword = shape.role(i) == Role.KEYWORD;
      if (depth == 0 && ((keyword && tokens.is(i, separator)) || tokens.isSymbol(i, separator))) {
        parts.add(new Range(from, i - 1));
        from = i + 1;
      }
    }
    parts.add(new Range(from, whole.last()));
    for (Range part : parts) {
      if (part.first() > part.last()) {
        throw new SqlSyntaxException(
            "something is missing", tokens.start(Math.min(part.first(), tokens.size() - 1)));
      }
    }
    return List.copyOf(parts);
  }

  /** The first key word {@code word} outside of brackets and CASE, from a token on, or -1. */
  private int keyword(String word, int from) {
    int depth = 0;
    for (int i = Math.max(range.first(), from); i <= range.last(); i++) {
      depth += depth(i);
      if (depth == 0 && shape.role(i) == Role.KEYWORD && tokens.is(i, word)) {
        return i;
      }
    }
    return -1;
  }

  private int depth(int i) {
    boolean keyword = shape.role(i) == Role.KEYWORD;
    if (tokens.isSymbol(i, "(") || tokens.isSymbol(i, "[") || (keyword && tokens.is(i, "case"))) {
      return 1;
    }
    return tokens.isSymbol(i, ")") || tokens.isSymbol(i, "]") || (keyword && tokens.is(i, "end"))
        ? -1
        : 0;
  }
}
