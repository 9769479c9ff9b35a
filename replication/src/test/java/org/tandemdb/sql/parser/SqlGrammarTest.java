package org.tandemdb.sql.parser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.apache.calcite.config.Lex;
import org.apache.calcite.sql.SqlBasicCall;
import org.apache.calcite.sql.SqlDynamicParam;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlSelect;
import org.apache.calcite.sql.parser.SqlParseException;
import org.apache.calcite.sql.parser.SqlParser;
import org.junit.jupiter.api.Test;
import org.tandemdb.sql.parser.generated.TandemSqlParserImpl;

class SqlGrammarTest {
  @Test
  void parsesNumberedParameter() throws SqlParseException {
    SqlSelect select = (SqlSelect) parse("SELECT a FROM t WHERE id = $1");

    assertThat(select.getWhere()).isInstanceOf(SqlBasicCall.class);
    SqlNode right = ((SqlBasicCall) select.getWhere()).operand(1);
    assertThat(right).isInstanceOf(SqlDynamicParam.class);
    assertThat(((SqlDynamicParam) right).getIndex()).isZero();
  }

  @Test
  void rejectsParameterZero() {
    assertThatThrownBy(() -> parse("SELECT $0")).isInstanceOf(SqlParseException.class);
  }

  @Test
  void parsesShow() throws SqlParseException {
    SqlNode statement = parse("SHOW search_path");

    assertThat(statement).isInstanceOf(SqlShow.class);
    assertThat(((SqlShow) statement).name().getSimple()).isEqualTo("search_path");
  }

  private static SqlNode parse(String sql) throws SqlParseException {
    SqlParser.Config config =
        SqlParser.config().withLex(Lex.JAVA).withParserFactory(TandemSqlParserImpl.FACTORY);
    return SqlParser.create(sql, config).parseStmt();
  }
}
