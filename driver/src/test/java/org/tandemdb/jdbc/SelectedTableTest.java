package org.tandemdb.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Of which queries each row is a row of one table. */
final class SelectedTableTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT * FROM t",
        "select id, name from public.t;",
        "/* c */ SELECT a IS DISTINCT FROM b, id FROM t",
        "SELECT extract(day FROM d), id FROM \"T\" AS x WHERE id IN (SELECT id FROM a, b) ORDER BY 1",
        "SELECT id, '(' , name FROM s.\"T\" x LIMIT 1 OFFSET 2",
        "SELECT id FROM t * FOR UPDATE",
        "SELECT t.from, (SELECT max(x) FROM y GROUP BY z) FROM t FETCH FIRST ROW ONLY -- end",
      })
  void aRowIsTheTables(String sql) {
    assertThat(SelectedTable.of(sql)).contains(new SelectedTable(false));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "SELECT 1",
        "VALUES (1)",
        "TABLE t",
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "SELECT a.id, b.name FROM t a, t b",
        "SELECT a.id, b.name FROM t a JOIN t b ON a.id = b.up",
        "SELECT a.id, b.name FROM t a NATURAL JOIN t b",
        "SELECT a.id, b.name FROM t AS a CROSS JOIN t b",
        "SELECT a.id, b.name FROM t CROSS JOIN t b",
        "SELECT * FROM (SELECT * FROM t) x",
        "SELECT * FROM f(1)",
        "SELECT id FROM t GROUP BY id",
        "SELECT id FROM t HAVING true",
        "SELECT id FROM t UNION SELECT id FROM u",
        "SELECT id FROM t; SELECT id FROM t",
        "UPDATE t SET a = 1 RETURNING id",
        "SELECT id FROM",
      })
  void itIsNot(String sql) {
    assertThat(SelectedTable.of(sql)).isEmpty();
  }

  @Test
  void onlyIsKept() {
    assertThat(SelectedTable.of("SELECT * FROM ONLY t")).contains(new SelectedTable(true));
  }
}
