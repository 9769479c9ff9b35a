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
 * Parses PostgreSQL's {@code INSERT INTO t [AS alias] [(columns)] source [ON CONFLICT ...]
 * [RETURNING ...]}, where source is a query or {@code DEFAULT VALUES}.
 */
SqlNode PgInsert() :
{
    final Span s;
    final SqlIdentifier table;
    SqlIdentifier alias = null;
    SqlNodeList columns = SqlNodeList.EMPTY;
    SqlNode source = null;
    final List<SqlNode> set = new ArrayList<SqlNode>();
    final List<SqlNode> others = new ArrayList<SqlNode>();
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
    [ PgConflict(set, others) ]
    returning = ReturningOpt() {
        return SqlWrite.insert(s.end(this), table, alias, columns, source,
            new SqlNodeList(set, getPos()), new SqlNodeList(others, getPos()), returning);
    }
}

/** Parses {@code ON CONFLICT [(target) [WHERE ...]] DO NOTHING} or {@code DO UPDATE SET ...}. */
void PgConflict(List<SqlNode> set, List<SqlNode> others) :
{
    SqlNode e;
}
{
    <CONFLICT_CLAUSE>
    [
        <LPAREN>
        e = Expression(ExprContext.ACCEPT_SUB_QUERY) { others.add(e); }
        ( <COMMA> e = Expression(ExprContext.ACCEPT_SUB_QUERY) { others.add(e); } )*
        <RPAREN>
        [ e = Where() { others.add(e); } ]
    ]
    (
        <DO_NOTHING>
    |
        <DO_UPDATE> <SET> PgAssignment(set, others)
        ( <COMMA> PgAssignment(set, others) )*
        [ e = Where() { others.add(e); } ]
    )
}

/**
 * Parses PostgreSQL's {@code UPDATE t [[AS] alias] SET ... [FROM ...] [WHERE ...] [RETURNING ...]}.
 */
SqlNode PgUpdate() :
{
    final Span s;
    final SqlIdentifier table;
    SqlIdentifier alias = null;
    final List<SqlNode> columns = new ArrayList<SqlNode>();
    final List<SqlNode> values = new ArrayList<SqlNode>();
    SqlNode from = null;
    SqlNode where = null;
    final SqlNodeList returning;
}
{
    <UPDATE> { s = span(); }
    table = CompoundTableIdentifier()
    [ [ <AS> ] alias = SimpleIdentifier() ]
    <SET> PgAssignment(columns, values)
    ( <COMMA> PgAssignment(columns, values) )*
    [ <FROM> from = FromClause() ]
    [ where = Where() ]
    returning = ReturningOpt() {
        return SqlWrite.update(s.end(this), table, alias,
            new SqlNodeList(columns, getPos()), new SqlNodeList(values, getPos()),
            from, where, returning);
    }
}

/** Parses {@code column[subscript]... = value} or {@code (column, ...) = value}. */
void PgAssignment(List<SqlNode> columns, List<SqlNode> values) :
{
    final SqlNode column;
    SqlNode subscript;
    final SqlNode value;
}
{
    (
        column = SimpleIdentifier()
        (
            <LBRACKET>
            subscript = Expression(ExprContext.ACCEPT_SUB_QUERY) { values.add(subscript); }
            <RBRACKET>
        )*
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

/** Parses PostgreSQL's {@code DELETE FROM t [[AS] alias] [USING ...] [WHERE ...] [RETURNING ...]}. */
SqlNode PgDelete() :
{
    final Span s;
    final SqlIdentifier table;
    SqlIdentifier alias = null;
    SqlNode from = null;
    SqlNode where = null;
    final SqlNodeList returning;
}
{
    <DELETE> { s = span(); }
    <FROM> table = CompoundTableIdentifier()
    [ [ <AS> ] alias = SimpleIdentifier() ]
    [ <USING> from = FromClause() ]
    [ where = Where() ]
    returning = ReturningOpt() {
        return SqlWrite.delete(s.end(this), table, alias, from, where, returning);
    }
}

/** Parses PostgreSQL's {@code MERGE INTO t USING source ON ... WHEN ... [RETURNING ...]}. */
SqlNode PgMerge() :
{
    final Span s;
    final SqlIdentifier table;
    SqlIdentifier alias = null;
    final SqlNode from;
    final SqlNode on;
    final List<SqlNode> columns = new ArrayList<SqlNode>();
    final List<SqlNode> values = new ArrayList<SqlNode>();
    final SqlNodeList returning;
}
{
    <MERGE> { s = span(); }
    <INTO> table = CompoundTableIdentifier()
    [ [ <AS> ] alias = SimpleIdentifier() ]
    <USING> from = TableRef1(ExprContext.ACCEPT_QUERY_OR_JOIN)
    <ON> on = Expression(ExprContext.ACCEPT_SUB_QUERY)
    ( PgMergeWhen(columns, values) )+
    returning = ReturningOpt() {
        return SqlWrite.merge(s.end(this), table, alias,
            new SqlNodeList(columns, getPos()), new SqlNodeList(values, getPos()),
            from, on, returning);
    }
}

/** Parses {@code WHEN [NOT] MATCHED ... THEN} and what is done then. */
void PgMergeWhen(List<SqlNode> columns, List<SqlNode> values) :
{
    SqlNode e;
    SqlNodeList list;
}
{
    <MERGE_WHEN>
    [ <AND> e = Expression(ExprContext.ACCEPT_SUB_QUERY) { values.add(e); } ]
    <THEN>
    (
        <DO_NOTHING>
    |
        <DO_DELETE>
    |
        <DO_UPDATE> <SET> PgAssignment(columns, values)
        ( <COMMA> PgAssignment(columns, values) )*
    |
        <DO_INSERT>
        [ list = ParenthesizedSimpleIdentifierList() { columns.add(list); } ]
        (
            <DEFAULT_> <VALUES>
        |
            <VALUES> <LPAREN> PgMergeValue(values) ( <COMMA> PgMergeValue(values) )* <RPAREN>
        )
    )
}

/** Parses a value of MERGE's INSERT, which may be DEFAULT. */
void PgMergeValue(List<SqlNode> values) :
{
    final SqlNode e;
}
{
    ( e = Default() | e = Expression(ExprContext.ACCEPT_SUB_QUERY) ) { values.add(e); }
}

/** Parses a WITH that writes, or that stands before a write, which is given as {@code @WTH}. */
SqlNode PgWith() :
{
    final Span s;
    boolean recursive = false;
    final List<SqlNode> items = new ArrayList<SqlNode>();
    final SqlNode body;
}
{
    <WRITING_WITH> { s = span(); }
    [ <RECURSIVE> { recursive = true; } ]
    PgWithItem(items, recursive)
    ( <COMMA> PgWithItem(items, recursive) )*
    (
        LOOKAHEAD(2) body = PgWrite()
    |
        body = OrderedQueryOrExpr(ExprContext.ACCEPT_QUERY)
    )
    { return new SqlWith(s.end(this), new SqlNodeList(items, s.end(this)), body); }
}

/** Parses {@code name [(columns)] AS (query or write)}. */
void PgWithItem(List<SqlNode> items, boolean recursive) :
{
    final SqlIdentifier id;
    SqlNodeList columnList = null;
    final SqlNode definition;
}
{
    id = SimpleIdentifier()
    [ columnList = ParenthesizedSimpleIdentifierList() ]
    <AS>
    (
        LOOKAHEAD(3) <LPAREN> definition = PgWrite() <RPAREN>
    |
        definition = ParenthesizedExpression(ExprContext.ACCEPT_QUERY)
    )
    {
        items.add(new SqlWithItem(id.getParserPosition(), id, columnList, definition,
            SqlLiteral.createBoolean(recursive, getPos())));
    }
}

/** Parses a write without a WITH of its own. */
SqlNode PgWrite() :
{
    final SqlNode e;
}
{
    ( e = PgInsert() | e = PgUpdate() | e = PgDelete() | e = PgMerge() ) { return e; }
}
