package org.tandemdb.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What calls stand for. */
class CallTextTest {

  private static String sql(String call, CallMode mode, Integer... onlyOut) throws SQLException {
    return CallText.parse(call, mode).orElseThrow().prepare(Set.of(onlyOut)::contains).sql();
  }

  private static String select(String call, Integer... onlyOut) throws SQLException {
    return sql(call, CallMode.SELECT, onlyOut);
  }

  @Test
  void whatOnlyComesOutIsNotInASelect() throws SQLException {
    assertThat(select("{? = call f(?, ?)}", 0)).isEqualTo("select * from f(?, ?) as result");
    assertThat(select("{call f(?, ?)}", 1)).isEqualTo("select * from f(?) as result");
    assertThat(select("{?=call s.\"F,(\" }", 0)).isEqualTo("select * from s.\"F,(\" () as result");
    assertThat(select("{ call f }")).isEqualTo("select * from f () as result");
    assertThat(select("{call f()}")).isEqualTo("select * from f() as result");
    assertThat(CallText.parse("{?= call f(?,a,?)}", CallMode.SELECT).orElseThrow().parameters())
        .isEqualTo(3);
    assertThat(
            CallText.parse("{?= call f(?,?,?)}", CallMode.SELECT)
                .orElseThrow()
                .prepare(index -> index == 0 || index == 2)
                .kept())
        .containsExactly(1, 3);
  }

  @Test
  void inACallItIsNull() throws SQLException {
    assertThat(sql("{call p(?, ?)}", CallMode.CALL, 1)).isEqualTo("call p(?,NULL)");
    assertThat(sql("call p(?, ?)", CallMode.SELECT, 0)).isEqualTo("call p(NULL, ?)");
    assertThat(sql("{call p(?)}", CallMode.CALL_IF_NO_RETURN)).isEqualTo("call p(?)");
    assertThat(sql("{?=call p()}", CallMode.CALL_IF_NO_RETURN, 0))
        .isEqualTo("select * from p() as result");
  }

  @Test
  void argumentsAreTakenAsTheyAre() throws SQLException {
    assertThat(select("{call f('a,)}{', g(1,2), ARRAY[?,2], $$,$$, ? + 1)}", 1))
        .isEqualTo("select * from f('a,)}{', g(1,2), ARRAY[?,2], $$,$$, ? + 1) as result");
    assertThat(select("{call f({d '2024-01-01'}, {fn lcase(?)})}"))
        .isEqualTo("select * from f(DATE '2024-01-01', lower(?)) as result");
  }

  @ParameterizedTest
  @ValueSource(strings = {"SELECT 1", "callable(1)", "INSERT INTO call VALUES (?)"})
  void otherTextsAreNoCalls(String sql) throws SQLException {
    assertThat(CallText.parse(sql, CallMode.SELECT)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{? call f()}",
        "{call f()",
        "{call f()} x",
        "{call}",
        "{callf()}",
        "{fn now()}",
        "{call f(); drop table t}"
      })
  void whatIsWrittenWronglyIsNamed(String sql) {
    assertThatThrownBy(() -> CallText.parse(sql, CallMode.SELECT))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("2F003"));
  }
}
