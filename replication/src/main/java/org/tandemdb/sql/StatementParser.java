package org.tandemdb.sql;

import java.util.ArrayList;
import java.util.List;
import org.apache.calcite.avatica.util.Casing;
import org.apache.calcite.avatica.util.Quoting;
import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.parser.SqlParseException;
import org.apache.calcite.sql.parser.SqlParser;
import org.apache.calcite.sql.validate.SqlConformanceEnum;
import org.tandemdb.sql.Shape.Assignment;
import org.tandemdb.sql.Shape.Delete;
import org.tandemdb.sql.Shape.Insert;
import org.tandemdb.sql.Shape.Query;
import org.tandemdb.sql.Shape.Range;
import org.tandemdb.sql.Shape.Statement;
import org.tandemdb.sql.Shape.Target;
import org.tandemdb.sql.Shape.Update;
import org.tandemdb.sql.parser.SqlWrite;
import org.tandemdb.sql.parser.generated.TandemSqlParserImpl;

/**
 * Finds the structure of a query, INSERT, UPDATE or DELETE. The parser proves that the text is one
 * statement of that form and says what each name stands for; clauses are then cut out of the token
 * stream, whose brackets and reserved words leave no room for a second reading. Stateless.
 */
public final class StatementParser {

  private static final int MAX_DEPTH = 100;
  private static final int MAX_TOKENS = 200_000;

  private static final SqlParser.Config CONFIG =
      SqlParser.config()
          .withParserFactory(TandemSqlParserImpl.FACTORY)
          .withConformance(SqlConformanceEnum.BABEL)
          .withQuoting(Quoting.DOUBLE_QUOTE)
          .withUnquotedCasing(Casing.UNCHANGED)
          .withIdentifierMaxLength(4096);

  private StatementParser() {}

  /**
   * @throws SqlSyntaxException when the statement is not understood, whether it is valid or not
   */
  public static Statement parse(Tokens tokens) throws SqlSyntaxException {
    checkBounds(tokens);
    ParserText text = ParserText.of(tokens);
    SqlNode root;
    try {
      root = SqlParser.create(text.text(), CONFIG).parseStmt();
      new RoleFinder(tokens, text.roles()).statement(root);
    } catch (SqlParseException e) {
      int column = e.getPos() == null ? 1 : e.getPos().getColumnNum();
      throw Misunderstood.at(tokens, column - 1);
    } catch (StackOverflowError e) {
      throw new SqlSyntaxException("the statement is nested too deeply", 0);
    } catch (RuntimeException e) {
      // The parser's own checks throw many unchecked types; whichever it is, the text is not
      // understood, and that is the answer.
      throw Misunderstood.at(tokens, 0);
    }
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.isName(i) && text.roles()[i] == Role.NONE) {
        throw new SqlSyntaxException("'" + tokens.text(i) + "' is not understood", tokens.start(i));
      }
    }
    Shape shape = new Shape(text);
    return root instanceof SqlWrite write ? write(tokens, shape, write) : new Query(shape);
  }

  private static void checkBounds(Tokens tokens) throws SqlSyntaxException {
    if (tokens.size() > MAX_TOKENS) {
      throw new SqlSyntaxException("the statement has more than " + MAX_TOKENS + " tokens", 0);
    }
    int depth = 0;
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.isSymbol(i, "(") || tokens.isSymbol(i, "[") || tokens.is(i, "case")) {
        depth++;
        if (depth > MAX_DEPTH) {
          throw new SqlSyntaxException("the statement is nested too deeply", tokens.start(i));
        }
      } else if (tokens.isSymbol(i, ")") || tokens.isSymbol(i, "]")) {
        depth--;
        if (depth < 0) {
          throw new SqlSyntaxException("a bracket is not opened", tokens.start(i));
        }
      } else if (tokens.is(i, "end")) {
        depth = Math.max(0, depth - 1);
      }
    }
  }

  private static Statement write(Tokens tokens, Shape shape, SqlWrite write)
      throws SqlSyntaxException {
    Target target = target(tokens, shape, write);
    int returning = keyword(tokens, shape, "returning", 0);
    int end = (returning < 0 ? tokens.size() : returning) - 1;
    return switch (write.getKind()) {
      case INSERT -> insert(tokens, shape, write, target, returning, end);
      case UPDATE -> {
        int set = keyword(tokens, shape, "set", 0);
        int where = keyword(tokens, shape, "where", set);
        List<Assignment> assignments =
            assignments(tokens, shape, set + 1, where < 0 ? end : where - 1);
        if (assignments.size() != write.columns().size()) {
          throw new SqlSyntaxException("SET is not understood", tokens.start(set));
        }
        yield new Update(
            shape, target, assignments, conjuncts(tokens, shape, where, end), returning);
      }
      case DELETE -> {
        int where = keyword(tokens, shape, "where", 0);
        yield new Delete(shape, target, conjuncts(tokens, shape, where, end), returning);
      }
      default -> throw new SqlSyntaxException("the statement is not understood", 0);
    };
  }

  private static Target target(Tokens tokens, Shape shape, SqlWrite write)
      throws SqlSyntaxException {
    int name = -1;
    for (int i = 0; i < tokens.size(); i++) {
      if (shape.role(i) == Role.TARGET) {
        name = i;
        break;
      }
    }
    if (name < 0 || write.table().names.size() > 2) {
      throw new SqlSyntaxException("the table's name is not understood", 0);
    }
    SqlIdentifier alias = write.alias();
    int aliasToken = alias == null ? -1 : RoleFinder.tokenAt(tokens, alias.getParserPosition());
    return new Target(name, write.table().names.size() == 2, aliasToken);
  }

  private static Insert insert(
      Tokens tokens, Shape shape, SqlWrite write, Target target, int returning, int end)
      throws SqlSyntaxException {
    List<Integer> columns = new ArrayList<>();
    for (SqlNode column : write.columns()) {
      columns.add(RoleFinder.tokenAt(tokens, column.getParserPosition()));
    }
    SqlNode source = write.source();
    List<List<Range>> rows = new ArrayList<>();
    if (source != null && source.getKind() == SqlKind.VALUES) {
      int values = keyword(tokens, shape, "values", target.name());
      for (Range row : split(tokens, shape, new Range(values + 1, end), ",")) {
        int open = row.first();
        if (values < 0 || !tokens.isSymbol(open, "(") || tokens.closing(open) != row.last()) {
          throw new SqlSyntaxException("a row of VALUES is not understood", tokens.start(open));
        }
        rows.add(split(tokens, shape, new Range(open + 1, row.last() - 1), ","));
      }
      checkRows(tokens, (SqlCall) source, rows);
    }
    return new Insert(
        shape, target, List.copyOf(columns), List.copyOf(rows), source == null, returning);
  }

  /** The tokens and the tree must agree on how many rows and cells there are. */
  private static void checkRows(Tokens tokens, SqlCall values, List<List<Range>> rows)
      throws SqlSyntaxException {
    boolean equal = values.operandCount() == rows.size();
    for (int i = 0; equal && i < rows.size(); i++) {
      equal = ((SqlCall) values.operand(i)).operandCount() == rows.get(i).size();
    }
    if (!equal) {
      throw new SqlSyntaxException("VALUES is not understood", tokens.start(0));
    }
  }

  private static List<Assignment> assignments(Tokens tokens, Shape shape, int first, int last)
      throws SqlSyntaxException {
    List<Assignment> assignments = new ArrayList<>();
    for (Range part : split(tokens, shape, new Range(first, last), ",")) {
      List<Integer> columns = new ArrayList<>();
      int i = part.first();
      while (!tokens.isSymbol(i, "=") && i < part.last()) {
        if (shape.role(i) == Role.TARGET_COLUMN) {
          columns.add(i);
        }
        i++;
      }
      if (columns.isEmpty() || i >= part.last()) {
        throw new SqlSyntaxException("SET is not understood", tokens.start(part.first()));
      }
      assignments.add(new Assignment(List.copyOf(columns), new Range(i + 1, part.last())));
    }
    return List.copyOf(assignments);
  }

  /** WHERE cut at AND; one piece where OR, BETWEEN or the like make cutting unsafe. */
  private static List<Range> conjuncts(Tokens tokens, Shape shape, int where, int end)
      throws SqlSyntaxException {
    if (where < 0) {
      return List.of();
    }
    Range all = new Range(where + 1, end);
    if (split(tokens, shape, all, "or").size() > 1
        || split(tokens, shape, all, "between").size() > 1) {
      return List.of(all);
    }
    return split(tokens, shape, all, "and");
  }

  /** Cuts a range at a comma or key word outside of brackets and CASE. */
  private static List<Range> split(Tokens tokens, Shape shape, Range range, String separator)
      throws SqlSyntaxException {
    List<Range> parts = new ArrayList<>();
    int depth = 0;
    int from = range.first();
    for (int i = range.first(); i <= range.last(); i++) {
      boolean keyword = shape.role(i) == Role.KEYWORD;
      if (tokens.isSymbol(i, "(") || tokens.isSymbol(i, "[") || (keyword && tokens.is(i, "case"))) {
        depth++;
      } else if (tokens.isSymbol(i, ")")
          || tokens.isSymbol(i, "]")
          || (keyword && tokens.is(i, "end"))) {
        depth--;
      } else if (depth == 0
          && ((keyword && tokens.is(i, separator)) || tokens.isSymbol(i, separator))) {
        parts.add(new Range(from, i - 1));
        from = i + 1;
      }
    }
    parts.add(new Range(from, range.last()));
    for (Range part : parts) {
      if (part.first() > part.last()) {
        throw new SqlSyntaxException(
            "something is missing", tokens.start(Math.min(part.first(), tokens.size() - 1)));
      }
    }
    return List.copyOf(parts);
  }

  /** The first key word {@code word} outside of brackets, from a token on, or -1. */
  private static int keyword(Tokens tokens, Shape shape, String word, int from) {
    int depth = 0;
    for (int i = Math.max(0, from); i < tokens.size(); i++) {
      if (tokens.isSymbol(i, "(") || tokens.isSymbol(i, "[")) {
        depth++;
      } else if (tokens.isSymbol(i, ")") || tokens.isSymbol(i, "]")) {
        depth--;
      } else if (depth == 0 && shape.role(i) == Role.KEYWORD && tokens.is(i, word)) {
        return i;
      }
    }
    return -1;
  }
}
