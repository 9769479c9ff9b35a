package org.tandemdb.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class StatementTextTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "select ?, '?', \"?\", ?? , ? -- ?|2",
        "select E'\\'?', ?|1",
        "select date'\\', ?|1",
        "select E'a''\\'?', ?|1",
        "select $x$ ? $$ $x$, ? /* ? /* ? */ ? */|1",
        "select $1, a$b$c, ?|1",
        "select 'unclosed ?|0"
      })
  void markersAreCountedOutsideStringsNamesAndComments(String sql, int markers) {
    assertThat(StatementText.scan(sql).markers()).isEqualTo(markers);
  }

  @Test
  void returningIsPutAtTheEndOfTheStatementItself() {
    GeneratedKeys keys = GeneratedKeys.of(new String[] {"id", "a\"b"});
    assertThat(keys.addTo("INSERT INTO t VALUES (';') ; -- x;"))
        .isEqualTo("INSERT INTO t VALUES (';')\nRETURNING \"id\", \"a\"\"b\"");
    assertThat(keys.addTo("with x as (select 1) insert into t select * from x"))
        .endsWith("\nRETURNING \"id\", \"a\"\"b\"");
    assertThat(keys.addTo("SELECT 1")).isEqualTo("SELECT 1");
    assertThat(keys.addTo("INSERT INTO t VALUES (1) returning id"))
        .isEqualTo("INSERT INTO t VALUES (1) returning id");
    assertThat(keys.addTo("INSERT INTO t VALUES (1); DELETE FROM t"))
        .isEqualTo("INSERT INTO t VALUES (1); DELETE FROM t");
  }
}
