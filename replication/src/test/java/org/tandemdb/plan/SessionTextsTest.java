package org.tandemdb.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tandemdb.entry.TableName;

/** Texts that are made of a client's and of what its session knows. */
class SessionTextsTest {

  private static String with(String sql, String... values) {
    return new PreparedText("p", List.of("int4", "text"), sql).with(List.of(values));
  }

  @Test
  void argumentsStandWhereverTheirParametersDid() {
    assertThat(with("SELECT * FROM t WHERE a=$1 AND b IN($2,$1) AND c = '$1' -- $2", "5", "'x'"))
        .isEqualTo(
            "SELECT * FROM t WHERE a= (CAST(5 AS int4))  AND b IN( (CAST('x' AS text)) ,"
                + " (CAST(5 AS int4)) ) AND c = '$1' -- $2");
    assertThat(with("SELECT ($2)[1], $$ $1 $$ LIMIT $1", "1", "NULL"))
        .contains("( (CAST(NULL AS text)) )[1], $$ $1 $$ LIMIT  (CAST(1 AS int4))");
  }

  /** A cast would give its name to a column that has none. */
  @Test
  void aParameterThatIsAColumnKeepsItsName() {
    String unnamed = " AS \"?column?\"";
    assertThat(with("SELECT $1, a FROM t", "1", "2")).contains(unnamed + ", a");
    assertThat(with("INSERT INTO t VALUES ($1) RETURNING a, $2", "1", "2")).endsWith(unnamed);
    assertThat(with("SELECT $1 AS x, $2::int, f($1, $2), a + $1 FROM t", "1", "2"))
        .doesNotContain(unnamed);
    assertThat(with("SELECT a FROM t ORDER BY $1, $2", "1", "2")).doesNotContain(unnamed);
  }

  private static String drawn(String sql) {
    return DrawnText.of(sql, true, Map.of(new TableName("public", "it's"), 7L), Optional.of(9L));
  }

  @Test
  void whatTheServersSessionDoesNotKnowIsSplicedIn() {
    assertThat(drawn("SELECT LASTVAL( ) + pg_catalog . lastval(), 'lastval()', other.lastval()"))
        .isEqualTo(
            "SELECT (SELECT 9::bigint AS lastval) + (SELECT 9::bigint AS lastval), 'lastval()',"
                + " other.lastval()");
    assertThat(drawn("SELECT currval(f('(')) FROM t WHERE x = ?"))
        .isEqualTo(
            "SELECT (SELECT CASE q.s WHEN pg_catalog.to_regclass('\"public\".\"it''s\"') THEN"
                + " 7::bigint ELSE pg_catalog.currval(q.s) END AS currval FROM (SELECT"
                + " CAST((f('(')) AS pg_catalog.regclass) AS s OFFSET 0) q) FROM t WHERE x = ?");
    assertThat(drawn("SELECT currval, lastval FROM t")).isEqualTo("SELECT currval, lastval FROM t");
  }
}
