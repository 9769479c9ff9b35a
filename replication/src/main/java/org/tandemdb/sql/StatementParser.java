package org.tandemdb.sql;

import java.util.ArrayList;
import java.util.List;
import org.apache.calcite.avatica.util.Casing;
import org.apache.calcite.avatica.util.Quoting;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlWith;
import org.apache.calcite.sql.SqlWithItem;
import org.apache.calcite.sql.parser.SqlParseException;
import org.apache.calcite.sql.parser.SqlParser;
import org.apache.calcite.sql.validate.SqlConformanceEnum;
import org.tandemdb.sql.Shape.Part;
import org.tandemdb.sql.Shape.Query;
import org.tandemdb.sql.Shape.Range;
import org.tandemdb.sql.Shape.Statement;
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
    return statement(tokens, shape, root);
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

  private static Statement statement(Tokens tokens, Shape shape, SqlNode root)
      throws SqlSyntaxException {
    if (root instanceof SqlWrite write) {
      return new WriteCutter(tokens, shape, write, new Range(0, tokens.size() - 1)).cut();
    }
    if (!(root instanceof SqlWith with)) {
      return new Query(shape);
    }
    List<Part> parts = new ArrayList<>();
    for (SqlNode node : with.withList) {
      SqlWithItem item = (SqlWithItem) node;
      if (item.query instanceof SqlWrite write) {
        parts.add(part(tokens, shape, item, write));
      }
    }
    Statement main = new Query(shape);
    int first = 0;
    if (with.body instanceof SqlWrite write) {
      first = RoleFinder.tokenAt(tokens, write.getParserPosition());
      main = new WriteCutter(tokens, shape, write, new Range(first, tokens.size() - 1)).cut();
    } else if (!parts.isEmpty()) {
      first = body(tokens, with);
    }
    return parts.isEmpty() ? main : new Shape.With(shape, List.copyOf(parts), main, first);
  }

  private static Part part(Tokens tokens, Shape shape, SqlWithItem item, SqlWrite write)
      throws SqlSyntaxException {
    int first = RoleFinder.tokenAt(tokens, write.getParserPosition());
    List<Integer> columns = new ArrayList<>();
    if (item.columnList != null) {
      for (SqlNode column : item.columnList) {
        columns.add(RoleFinder.tokenAt(tokens, column.getParserPosition()));
      }
    }
    Range range = new Range(first, tokens.closing(first - 1) - 1);
    return new Part(
        RoleFinder.tokenAt(tokens, item.name.getParserPosition()),
        List.copyOf(columns),
        new WriteCutter(tokens, shape, write, range).cut());
  }

  /** The first token behind the parts of a WITH. */
  private static int body(Tokens tokens, SqlWith with) throws SqlSyntaxException {
    SqlWithItem last = (SqlWithItem) with.withList.get(with.withList.size() - 1);
    int i = RoleFinder.tokenAt(tokens, last.name.getParserPosition()) + 1;
    if (tokens.isSymbol(i, "(")) {
      i = tokens.closing(i) + 1;
    }
    while (i < tokens.size() && !tokens.isSymbol(i, "(")) {
      i++;
    }
    i = tokens.closing(i) + 1;
    while (i < tokens.size() && !tokens.isSymbol(i, "(") && !Facts.isQueryWord(tokens, i)) {
      i++;
    }
    return i;
  }
}
