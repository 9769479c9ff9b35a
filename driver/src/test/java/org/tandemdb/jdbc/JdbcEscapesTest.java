package org.tandemdb.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What JDBC's escapes become. */
class JdbcEscapesTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "SELECT {d '2024-02-29'} ~ SELECT DATE '2024-02-29'",
        "SELECT {t '10:11:12'}, 1 ~ SELECT TIME '10:11:12', 1",
        "SELECT {ts '2024-02-29 10:11:12.5'} ~ SELECT TIMESTAMP '2024-02-29 10:11:12.5'",
        "SELECT {D'2024-02-29'} ~ SELECT DATE '2024-02-29'",
        "a LIKE '!%' {escape '!'} ~ a LIKE '!%' ESCAPE '!'",
        "FROM {oj a LEFT OUTER JOIN b ON a.i=b.i} WHERE 1=1 ~ FROM a LEFT OUTER JOIN b ON a.i=b.i WHERE 1=1",
        "FROM {oj {oj a LEFT JOIN b ON x} LEFT JOIN c ON y} ~ FROM a LEFT JOIN b ON x LEFT JOIN c ON y",
        "SELECT {fn now()} ~ SELECT now()",
        "SELECT {fn curdate()}, {fn curtime()} ~ SELECT current_date, current_time",
        "SELECT {fn user()}, {fn database()} ~ SELECT user, current_database()",
        "SELECT {fn lcase(a)} ~ SELECT lower(a)",
        "SELECT {fn UCASE( a )} ~ SELECT upper( a )",
        "SELECT {fn concat('a', b)} ~ SELECT ('a'|| b)",
        "SELECT {fn concat(a,b)} ~ SELECT (a||b)",
        "SELECT {fn length(a)} ~ SELECT length(trim(trailing from a))",
        "SELECT {fn locate(a,b)} ~ SELECT position(a in b)",
        "SELECT {fn locate(a,b,3)} ~ SELECT coalesce(nullif(position(a in substring(b from 3)),0)+3-1,0)",
        "SELECT {fn substring(a,1,2)} ~ SELECT substr(a,1,2)",
        "SELECT {fn left(a,2)} ~ SELECT substring(a for 2)",
        "SELECT {fn right(a,2)} ~ SELECT right(a,2)",
        "SELECT {fn insert(a,1,2,b)} ~ SELECT overlay(a placing b from 1 for 2)",
        "SELECT {fn ltrim(a)}, {fn rtrim(a)} ~ SELECT trim(leading from a), trim(trailing from a)",
        "SELECT {fn space(3)}, {fn char(65)} ~ SELECT repeat(' ',3), chr(65)",
        "SELECT {fn log(a)}, {fn log10(a)} ~ SELECT ln(a), log(a)",
        "SELECT {fn power(a,2)}, {fn truncate(a,2)} ~ SELECT pow(a,2), trunc(a,2)",
        "SELECT {fn ceiling(a)}, {fn abs(a)} ~ SELECT ceil(a), abs(a)",
        "SELECT {fn dayname(a)}, {fn monthname(a)} ~ SELECT to_char(a,'Day'), to_char(a,'Month')",
        "SELECT {fn dayofweek(a)} ~ SELECT (extract(dow from a)+1)",
        "SELECT {fn dayofyear(a)}, {fn quarter(a)} ~ SELECT extract(doy from a), extract(quarter from a)",
        "SELECT {fn ifnull(a, b)} ~ SELECT coalesce(a, b)",
        "SELECT {fn timestampadd(SQL_TSI_WEEK, 2, a)} ~ SELECT (CAST( 2||' week' as interval)+ a)",
        "SELECT {fn timestampadd(SQL_TSI_QUARTER,2,a)} ~ SELECT (CAST((2::int * 3)||' month' as interval)+a)",
        "SELECT {fn timestampdiff(SQL_TSI_DAY,a,b)} ~ SELECT extract( day from (b-a))",
        "SELECT {fn ucase({fn concat(a,{fn lcase(')')})})} ~ SELECT upper((a||lower(')')))",
        "SELECT {fn ifnull(?, f(1, 2))} ~ SELECT coalesce(?, f(1, 2))",
        "SELECT {fn current_date} ~ SELECT current_date",
        "SELECT {fn my_own(a, ?)} ~ SELECT my_own(a, ?)",
      })
  void anEscapeBecomesPostgresqlsWords(String escaped, String plain) throws SQLException {
    assertThat(JdbcEscapes.translate(escaped)).isEqualTo(plain);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT '{d ''2024-01-01''}'",
        "SELECT \"{fn now()}\"",
        "SELECT $${fn now()}$$, $q${d '2024'}$q$",
        "SELECT 1 -- {fn now()}",
        "SELECT /* {fn now()} */ 1",
        "SELECT E'\\'{fn now()}'",
        "SELECT '{1,2}'::int[]",
        "SELECT a FROM t WHERE (1 > 0)) ORDER BY a",
        "{call f(?)}",
        "SELECT {",
        "SELECT {x}",
      })
  void whatIsNoEscapeStays(String sql) throws SQLException {
    assertThat(JdbcEscapes.translate(sql)).isEqualTo(sql);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT {d '2024-01-01'",
        "SELECT {fn lcase(a, b)}",
        "SELECT {fn curdate(1)}",
        "SELECT {fn locate(a)}",
        "SELECT {fn locate(a,b,?)}",
        "SELECT {fn timestampadd(DAY, 1, a)}",
        "SELECT {fn timestampdiff(SQL_TSI_MONTH, a, b)}",
      })
  void whatIsWrittenWronglyIsAnErrorOfSyntax(String sql) {
    assertThatThrownBy(() -> JdbcEscapes.translate(sql))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("42601"));
  }

  @Test
  void aTextWithoutABraceIsTheSameObject() throws SQLException {
    String sql = "SELECT 1";
    assertThat(JdbcEscapes.translate(sql)).isSameAs(sql);
  }
}
