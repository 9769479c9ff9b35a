/** Parses a numbered parameter: {@code $1} is the parameter with index 0. */
SqlNode NumberedParameter() :
{
}
{
    <NUMBERED_PARAMETER> {
        final int number;
        try {
            number = Integer.parseInt(token.image.substring(1));
        } catch (NumberFormatException e) {
            throw new ParseException("there is no parameter " + token.image);
        }
        if (number < 1) {
            throw new ParseException("there is no parameter " + token.image);
        }
        return new SqlDynamicParam(number - 1, getPos());
    }
}

/** Parses {@code SHOW name}. */
SqlNode SqlShow() :
{
    final Span s;
    final SqlIdentifier name;
}
{
    <SHOW> { s = span(); }
    name = CompoundIdentifier() {
        return new SqlShow(s.end(this), name);
    }
}

/** Parses PostgreSQL's {@code expression::type}. */
void InfixCast(List<Object> list, ExprContext exprContext, Span s) :
{
    final SqlDataTypeSpec type;
}
{
    <INFIX_CAST> {
        checkNonQueryExpression(exprContext);
    }
    type = DataType() {
        list.add(
            new SqlParserUtil.ToTreeListItem(SqlLibraryOperators.INFIX_CAST, s.pos()));
        list.add(type);
    }
}

/** Parses an optional RETURNING clause, which the parser is given as {@code @RETURN}. */
SqlNodeList ReturningOpt() :
{
    final List<SqlNode> items = new ArrayList<SqlNode>();
}
{
    [
        <RETURNING_CLAUSE>
        AddSelectItem(items)
        ( <COMMA> AddSelectItem(items) )*
    ]
    { return new SqlNodeList(items, getPos()); }
}

/**
 * Parses PostgreSQL's {@code INSERT INTO t [AS alias] [(columns)] source [RETURNING ...]}, where
 * source is a query or {@code DEFAULT VALUES}.
 */
SqlNode PgInsert() :
{
    final Span s;
    final SqlIdentifier table;
    SqlIdentifier alias = null;
    SqlNodeList columns = SqlNodeList.EMPTY;
    SqlNode source = null;
    final SqlNodeList returning;
}
{
    <INSERT> { s = span(); }
    <INTO> table = CompoundTableIdentifier()
    [ <AS> alias = SimpleIdentifier() ]
    [
        LOOKAHEAD(<LPAREN> SimpleIdentifier() ( <COMMA> | <RPAREN> ))
        columns = ParenthesizedSimpleIdentifierList()
    ]
    (
        LOOKAHEAD(2) <DEFAULT_> <VALUES>
    |
        source = OrderedQueryOrExpr(ExprContext.ACCEPT_QUERY)
    )
    returning = ReturningOpt() {
        return SqlWrite.insert(s.end(this), table, alias, columns, source, returning);
    }
}

/** Parses PostgreSQL's {@code UPDATE t [[AS] alias] SET ... [WHERE ...] [RETURNING ...]}. */
SqlNode PgUpdate() :
{
    final Span s;
    final SqlIdentifier table;
    SqlIdentifier alias = null;
    final List<SqlNode> columns = new ArrayList<SqlNode>();
    final List<SqlNode> values = new ArrayList<SqlNode>();
    SqlNode where = null;
    final SqlNodeList returning;
}
{
    <UPDATE> { s = span(); }
    table = CompoundTableIdentifier()
    [ [ <AS> ] alias = SimpleIdentifier() ]
    <SET> PgAssignment(columns, values)
    ( <COMMA> PgAssignment(columns, values) )*
    [ where = Where() ]
    returning = ReturningOpt() {
        return SqlWrite.update(s.end(this), table, alias,
            new SqlNodeList(columns, getPos()), new SqlNodeList(values, getPos()),
            where, returning);
    }
}

/** Parses {@code column = value} or {@code (column, ...) = value}. */
void PgAssignment(List<SqlNode> columns, List<SqlNode> values) :
{
    final SqlNode column;
    final SqlNode value;
}
{
    (
        column = SimpleIdentifier()
    |
        column = ParenthesizedSimpleIdentifierList()
    )
    <EQ>
    (
        value = Default()
    |
        value = Expression(ExprContext.ACCEPT_SUB_QUERY)
    )
    {
        columns.add(column);
        values.add(value);
    }
}

/** Parses PostgreSQL's {@code DELETE FROM t [[AS] alias] [WHERE ...] [RETURNING ...]}. */
SqlNode PgDelete() :
{
    final Span s;
    final SqlIdentifier table;
    SqlIdentifier alias = null;
    SqlNode where = null;
    final SqlNodeList returning;
}
{
    <DELETE> { s = span(); }
    <FROM> table = CompoundTableIdentifier()
    [ [ <AS> ] alias = SimpleIdentifier() ]
    [ where = Where() ]
    returning = ReturningOpt() {
        return SqlWrite.delete(s.end(this), table, alias, where, returning);
    }
}
