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
 * PostgreSQL's INSERT, UPDATE or DELETE, with alias and RETURNING, which Calcite's own nodes have
 * no place for. It is only ever read, never written out: texts are spliced, not unparsed.
 */
public final class SqlWrite extends SqlCall {
  private static final SqlOperator INSERT = new SqlSpecialOperator("INSERT", SqlKind.INSERT);
  private static final SqlOperator UPDATE = new SqlSpecialOperator("UPDATE", SqlKind.UPDATE);
  private static final SqlOperator DELETE = new SqlSpecialOperator("DELETE", SqlKind.DELETE);

  private final SqlOperator operator;
  private final SqlIdentifier table;
  private final @Nullable SqlIdentifier alias;
  private final SqlNodeList columns;
  private final @Nullable SqlNode source;
  private final @Nullable SqlNode where;
  private final SqlNodeList returning;

  private SqlWrite(
      SqlParserPos pos,
      SqlOperator operator,
      SqlIdentifier table,
      @Nullable SqlIdentifier alias,
      SqlNodeList columns,
      @Nullable SqlNode source,
      @Nullable SqlNode where,
      SqlNodeList returning) {
    super(pos);
    this.operator = operator;
    this.table = table;
    this.alias = alias;
    this.columns = columns;
    this.source = source;
    this.where = where;
    this.returning = returning;
  }

  /** An INSERT; {@code source} is null for DEFAULT VALUES. */
  public static SqlWrite insert(
      SqlParserPos pos,
      SqlIdentifier table,
      @Nullable SqlIdentifier alias,
      SqlNodeList columns,
      @Nullable SqlNode source,
      SqlNodeList returning) {
    return new SqlWrite(pos, INSERT, table, alias, columns, source, null, returning);
  }

  /** An UPDATE; {@code columns} holds a name or a list of names for each of {@code values}. */
  public static SqlWrite update(
      SqlParserPos pos,
      SqlIdentifier table,
      @Nullable SqlIdentifier alias,
      SqlNodeList columns,
      SqlNodeList values,
      @Nullable SqlNode where,
      SqlNodeList returning) {
    return new SqlWrite(pos, UPDATE, table, alias, columns, values, where, returning);
  }

  /** A DELETE. */
  public static SqlWrite delete(
      SqlParserPos pos,
      SqlIdentifier table,
      @Nullable SqlIdentifier alias,
      @Nullable SqlNode where,
      SqlNodeList returning) {
    return new SqlWrite(pos, DELETE, table, alias, SqlNodeList.EMPTY, null, where, returning);
  }

  public SqlIdentifier table() {
    return table;
  }

  public @Nullable SqlIdentifier alias() {
    return alias;
  }

  /** Of an INSERT the columns given, maybe none; of an UPDATE the columns set. */
  public SqlNodeList columns() {
    return columns;
  }

  /** Of an INSERT the query, null for DEFAULT VALUES; of an UPDATE the list of values. */
  public @Nullable SqlNode source() {
    return source;
  }

  public @Nullable SqlNode where() {
    return where;
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
    List<SqlNode> operands = new ArrayList<>(List.of(table, columns, returning));
    for (SqlNode optional : new @Nullable SqlNode[] {alias, source, where}) {
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
