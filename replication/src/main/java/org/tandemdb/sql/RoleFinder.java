package org.tandemdb.sql;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlDataTypeSpec;
import org.apache.calcite.sql.SqlDynamicParam;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlIntervalQualifier;
import org.apache.calcite.sql.SqlJoin;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.SqlLiteral;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlNodeList;
import org.apache.calcite.sql.SqlSelect;
import org.apache.calcite.sql.SqlUnresolvedFunction;
import org.apache.calcite.sql.SqlWindow;
import org.apache.calcite.sql.SqlWith;
import org.apache.calcite.sql.SqlWithItem;
import org.apache.calcite.sql.parser.SqlParserPos;
import org.jspecify.annotations.Nullable;
import org.tandemdb.sql.parser.SqlWrite;

/**
 * Walks over the parser's tree and says of each name what it stands for. Kinds of nodes are allowed
 * one by one: what is new is not understood.
 */
final class RoleFinder {

  private static final Set<SqlKind> EXPRESSIONS =
      EnumSet.of(
          SqlKind.AND,
          SqlKind.OR,
          SqlKind.NOT,
          SqlKind.EQUALS,
          SqlKind.NOT_EQUALS,
          SqlKind.LESS_THAN,
          SqlKind.LESS_THAN_OR_EQUAL,
          SqlKind.GREATER_THAN,
          SqlKind.GREATER_THAN_OR_EQUAL,
          SqlKind.IS_NULL,
          SqlKind.IS_NOT_NULL,
          SqlKind.IS_TRUE,
          SqlKind.IS_NOT_TRUE,
          SqlKind.IS_FALSE,
          SqlKind.IS_NOT_FALSE,
          SqlKind.IS_UNKNOWN,
          SqlKind.IS_DISTINCT_FROM,
          SqlKind.IS_NOT_DISTINCT_FROM,
          SqlKind.PLUS,
          SqlKind.MINUS,
          SqlKind.TIMES,
          SqlKind.DIVIDE,
          SqlKind.MOD,
          SqlKind.MINUS_PREFIX,
          SqlKind.PLUS_PREFIX,
          SqlKind.IN,
          SqlKind.NOT_IN,
          SqlKind.BETWEEN,
          SqlKind.LIKE,
          SqlKind.SIMILAR,
          SqlKind.EXISTS,
          SqlKind.SOME,
          SqlKind.ALL,
          SqlKind.CASE,
          SqlKind.CAST,
          SqlKind.ROW,
          SqlKind.FILTER,
          SqlKind.WITHIN_GROUP,
          SqlKind.DESCENDING,
          SqlKind.NULLS_FIRST,
          SqlKind.NULLS_LAST,
          SqlKind.ROLLUP,
          SqlKind.CUBE,
          SqlKind.GROUPING_SETS,
          SqlKind.DEFAULT,
          SqlKind.ARRAY_VALUE_CONSTRUCTOR,
          SqlKind.ARRAY_QUERY_CONSTRUCTOR,
          SqlKind.ITEM,
          SqlKind.SCALAR_QUERY,
          SqlKind.OTHER,
          SqlKind.PRECEDING,
          SqlKind.FOLLOWING,
          SqlKind.OVERLAPS,
          SqlKind.CONCAT2);

  private static final Set<SqlKind> QUERIES =
      EnumSet.of(
          SqlKind.ORDER_BY, SqlKind.UNION, SqlKind.INTERSECT, SqlKind.EXCEPT, SqlKind.VALUES);

  private final Tokens tokens;
  private final Role[] roles;
  private final List<String> commonTables = new ArrayList<>();

  RoleFinder(Tokens tokens, Role[] roles) {
    this.tokens = tokens;
    this.roles = roles;
  }

  /** The token at a position of the parser, whose columns are offsets plus one. */
  static int tokenAt(Tokens tokens, SqlParserPos pos) throws SqlSyntaxException {
    int offset = pos.getColumnNum() - 1;
    int low = 0;
    int high = tokens.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int start = tokens.start(middle);
      if (start == offset) {
        return middle;
      }
      if (start < offset) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    throw new SqlSyntaxException("the statement is not understood", Math.max(0, offset));
  }

  void statement(SqlNode root) throws SqlSyntaxException {
    if (root instanceof SqlWrite write) {
      write(write);
    } else if (root.getKind() == SqlKind.SELECT
        || root.getKind() == SqlKind.WITH
        || root.getKind() == SqlKind.EXPLICIT_TABLE
        || QUERIES.contains(root.getKind())) {
      visit(root);
    } else {
      throw new SqlSyntaxException("the statement is not understood", 0);
    }
  }

  private void write(SqlWrite write) throws SqlSyntaxException {
    name(write.table(), Role.TARGET);
    if (write.alias() != null) {
      name(write.alias(), Role.ALIAS);
    }
    targetColumn(write.columns());
    targetColumn(write.set());
    from(write.from());
    visit(write.source());
    visit(write.expressions());
    visit(write.returning());
  }

  private void targetColumn(SqlNode column) throws SqlSyntaxException {
    if (column instanceof SqlNodeList list) {
      for (SqlNode each : list) {
        targetColumn(each);
      }
    } else {
      name((SqlIdentifier) column, Role.TARGET_COLUMN);
    }
  }

  private void visit(@Nullable SqlNode node) throws SqlSyntaxException {
    if (node == null
        || node instanceof SqlLiteral
        || node instanceof SqlDynamicParam
        || node instanceof SqlDataTypeSpec) {
      // Types are known from the tokens.
      return;
    }
    if (node instanceof SqlIdentifier identifier) {
      name(identifier, Role.COLUMN);
    } else if (node instanceof SqlNodeList list) {
      for (SqlNode each : list) {
        visit(each);
      }
    } else if (node instanceof SqlSelect select) {
      select(select);
    } else if (node instanceof SqlWith with) {
      with(with);
    } else if (node instanceof SqlWindow window) {
      window(window);
    } else if (node instanceof SqlCall call && !(node instanceof SqlIntervalQualifier)) {
      call(call);
    } else {
      throw unknown(node);
    }
  }

  private void select(SqlSelect select) throws SqlSyntaxException {
    from(select.getFrom());
    visit(select.getSelectList());
    visit(select.getWhere());
    visit(select.getGroup());
    visit(select.getHaving());
    visit(select.getWindowList());
    visit(select.getOrderList());
    visit(select.getOffset());
    visit(select.getFetch());
    if (select.getQualify() != null) {
      throw unknown(select.getQualify());
    }
  }

  private void with(SqlWith with) throws SqlSyntaxException {
    int outer = commonTables.size();
    boolean recursive = false;
    for (SqlNode node : with.withList) {
      recursive |= ((SqlWithItem) node).recursive.booleanValue();
    }
    if (recursive) {
      for (SqlNode node : with.withList) {
        commonTables.add(tokens.text(token(((SqlWithItem) node).name)));
      }
    }
    for (SqlNode node : with.withList) {
      SqlWithItem item = (SqlWithItem) node;
      part(item.query);
      name(item.name, Role.ALIAS);
      if (item.columnList != null) {
        for (SqlNode column : item.columnList) {
          name((SqlIdentifier) column, Role.ALIAS);
        }
      }
      commonTables.add(tokens.text(token(item.name)));
    }
    part(with.body);
    commonTables.subList(outer, commonTables.size()).clear();
  }

  /** The grammar lets nothing write but the parts of a statement's first WITH, and its body. */
  private void part(SqlNode node) throws SqlSyntaxException {
    if (node instanceof SqlWrite write) {
      write(write);
    } else {
      visit(node);
    }
  }

  private void window(SqlWindow window) throws SqlSyntaxException {
    if (window.getDeclName() != null) {
      name(window.getDeclName(), Role.ALIAS);
    }
    if (window.getRefName() != null) {
      name(window.getRefName(), Role.ALIAS);
    }
    visit(window.getPartitionList());
    visit(window.getOrderList());
    visit(window.getLowerBound());
    visit(window.getUpperBound());
  }

  private void call(SqlCall call) throws SqlSyntaxException {
    SqlKind kind = call.getKind();
    if (call.getOperator() instanceof SqlUnresolvedFunction function) {
      SqlIdentifier name = function.getSqlIdentifier();
      if (name == null) {
        throw unknown(call);
      }
      name(name, Role.FUNCTION);
      operands(call);
    } else if (kind == SqlKind.AS) {
      visit(call.operand(0));
      aliases(call);
    } else if (kind == SqlKind.OVER) {
      visit(call.operand(0));
      if (call.operand(1) instanceof SqlIdentifier window) {
        name(window, Role.ALIAS);
      } else {
        visit(call.operand(1));
      }
    } else if (kind == SqlKind.EXPLICIT_TABLE) {
      from(call.operand(0));
    } else if (kind == SqlKind.ARGUMENT_ASSIGNMENT) {
      visit(call.operand(0));
      name(call.operand(1), Role.ALIAS);
    } else if (kind == SqlKind.DOT) {
      visit(call.operand(0));
      visit(call.operand(1));
    } else if (EXPRESSIONS.contains(kind) || QUERIES.contains(kind)) {
      operands(call);
    } else {
      throw unknown(call);
    }
  }

  private void operands(SqlCall call) throws SqlSyntaxException {
    for (SqlNode operand : call.getOperandList()) {
      visit(operand);
    }
  }

  private void aliases(SqlCall as) throws SqlSyntaxException {
    for (int i = 1; i < as.operandCount(); i++) {
      name(as.operand(i), Role.ALIAS);
    }
  }

  private void from(@Nullable SqlNode node) throws SqlSyntaxException {
    if (node == null) {
      return;
    }
    if (node instanceof SqlIdentifier identifier) {
      boolean common =
          identifier.names.size() == 1 && commonTables.contains(tokens.text(token(identifier)));
      name(identifier, common ? Role.ALIAS : Role.RELATION);
      return;
    }
    if (node instanceof SqlJoin join) {
      from(join.getLeft());
      from(join.getRight());
      visit(join.getCondition());
      return;
    }
    if (!(node instanceof SqlCall call)) {
      throw unknown(node);
    }
    switch (call.getKind()) {
      case AS -> {
        from(call.operand(0));
        aliases(call);
      }
      case LATERAL -> from(call.operand(0));
      case COLLECTION_TABLE -> operands(call);
      default -> visit(call);
    }
  }

  private int token(SqlIdentifier identifier) throws SqlSyntaxException {
    return tokenAt(tokens, identifier.getComponentParserPosition(identifier.names.size() - 1));
  }

  private void name(SqlIdentifier identifier, Role role) throws SqlSyntaxException {
    int parts = identifier.names.size();
    for (int i = 0; i < parts; i++) {
      if (identifier.names.get(i).isEmpty()) {
        continue;
      }
      int token = tokenAt(tokens, identifier.getComponentParserPosition(i));
      if (roles[token] == Role.NONE) {
        roles[token] = i == parts - 1 ? role : Role.QUALIFIER;
      }
    }
  }

  private static SqlSyntaxException unknown(SqlNode node) {
    return new SqlSyntaxException(
        "'" + node.getKind() + "' is not understood",
        Math.max(0, node.getParserPosition().getColumnNum() - 1));
  }
}
