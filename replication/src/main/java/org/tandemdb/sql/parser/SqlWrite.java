package org.tandemdb.sql.parser;

import java.util.ArrayList;
import java.util.List;
import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlNodeList;
import org.apache.calcite.sql.SqlOperator;
import org.apache.calcite.sql.SqlSpecialOperator;
import org.apache.calcite.sql.SqlWriter;
import org.apache.calcite.sql.parser.SqlParserPos;
import org.jspecify.annotations.Nullable;

/**
 * PostgreSQL's INSERT, UPDATE, DELETE or MERGE, with alias and RETURNING, which Calcite's own nodes
 * have no place for. It is only ever read, never written out: texts are spliced, not unparsed.
 * Which clause an expression stands in is not kept where nobody asks: clauses are cut out of the
 * tokens.
 */
public final class SqlWrite extends SqlCall {
  private static final SqlOperator INSERT = new SqlSpecialOperator("INSERT", SqlKind.INSERT);
  private static final SqlOperator UPDATE = new SqlSpecialOperator("UPDATE", SqlKind.UPDATE);
  private static final SqlOperator DELETE = new SqlSpecialOperator("DELETE", SqlKind.DELETE);
  private static final SqlOperator MERGE = new SqlSpecialOperator("MERGE", SqlKind.MERGE);

  private final SqlOperator operator;
  private final SqlIdentifier table;
  private final @Nullable SqlIdentifier alias;
  private final SqlNodeList columns;
  private final SqlNodeList set;
  private final @Nullable SqlNode source;
  private final @Nullable SqlNode from;
  private final SqlNodeList expressions;
  private final SqlNodeList returning;

  private SqlWrite(
      SqlParserPos pos,
      SqlOperator operator,
      SqlIdentifier table,
      @Nullable SqlIdentifier alias,
      SqlNodeList columns,
      SqlNodeList set,
      @Nullable SqlNode source,
      @Nullable SqlNode from,
      SqlNodeList expressions,
      SqlNodeList returning) {
    super(pos);
    this.operator = operator;
    this.table = table;
    this.alias = alias;
    this.columns = columns;
    this.set = set;
    this.source = source;
    this.from = from;
    this.expressions = expressions;
    this.returning = returning;
  }

  /**
   * An INSERT; {@code source} is null for DEFAULT VALUES.
   *
   * @param set columns that ON CONFLICT DO UPDATE sets
   * @param conflict the other expressions of ON CONFLICT
   */
  public static SqlWrite insert(
      SqlParserPos pos,
      SqlIdentifier table,
      @Nullable SqlIdentifier alias,
      SqlNodeList columns,
      @Nullable SqlNode source,
      SqlNodeList set,
      SqlNodeList conflict,
      SqlNodeList returning) {
    return new SqlWrite(pos, INSERT, table, alias, columns, set, source, null, conflict, returning);
  }

  /** An UPDATE; {@code set} holds names and lists of names. */
  public static SqlWrite update(
      SqlParserPos pos,
      SqlIdentifier table,
      @Nullable SqlIdentifier alias,
      SqlNodeList set,
      SqlNodeList values,
      @Nullable SqlNode from,
      @Nullable SqlNode where,
      SqlNodeList returning) {
    return new SqlWrite(
        pos,
        UPDATE,
        table,
        alias,
        SqlNodeList.EMPTY,
        set,
        null,
        from,
        and(values, where),
        returning);
  }

  /** A DELETE. */
  public static SqlWrite delete(
      SqlParserPos pos,
      SqlIdentifier table,
      @Nullable SqlIdentifier alias,
      @Nullable SqlNode from,
      @Nullable SqlNode where,
      SqlNodeList returning) {
    return new SqlWrite(
        pos,
        DELETE,
        table,
        alias,
        SqlNodeList.EMPTY,
        SqlNodeList.EMPTY,
        null,
        from,
        and(SqlNodeList.EMPTY, where),
        returning);
  }

  /** A MERGE; {@code set} holds the columns of all its UPDATEs and INSERTs. */
  public static SqlWrite merge(
      SqlParserPos pos,
      SqlIdentifier table,
      @Nullable SqlIdentifier alias,
      SqlNodeList set,
      SqlNodeList values,
      SqlNode from,
      SqlNode on,
      SqlNodeList returning) {
    return new SqlWrite(
        pos, MERGE, table, alias, SqlNodeList.EMPTY, set, null, from, and(values, on), returning);
  }

  private static SqlNodeList and(SqlNodeList values, @Nullable SqlNode more) {
    List<SqlNode> all = new ArrayList<>(values.getList());
    if (more != null) {
      all.add(more);
    }
    return new SqlNodeList(all, SqlParserPos.ZERO);
  }

  public SqlIdentifier table() {
    return table;
  }

  public @Nullable SqlIdentifier alias() {
    return alias;
  }

  /** Of an INSERT the columns given, maybe none. */
  public SqlNodeList columns() {
    return columns;
  }

  /** Columns that are set, names or lists of names. */
  public SqlNodeList set() {
    return set;
  }

  /** Of an INSERT the query, null for DEFAULT VALUES. */
  public @Nullable SqlNode source() {
    return source;
  }

  /** What FROM or USING names. */
  public @Nullable SqlNode from() {
    return from;
  }

  /** The other expressions: values that are set, conditions. */
  public SqlNodeList expressions() {
    return expressions;
  }

  public SqlNodeList returning() {
    return returning;
  }

  @Override
  public SqlOperator getOperator() {
    return operator;
  }

  @Override
  public List<SqlNode> getOperandList() {
    List<SqlNode> operands = new ArrayList<>(List.of(table, columns, set, expressions, returning));
    for (SqlNode optional : new @Nullable SqlNode[] {alias, source, from}) {
      if (optional != null) {
        operands.add(optional);
      }
    }
    return operands;
  }

  @Override
  public void unparse(SqlWriter writer, int leftPrec, int rightPrec) {
    throw new UnsupportedOperationException("statements are spliced, never unparsed");
  }
}
