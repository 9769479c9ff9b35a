package org.tandemdb.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tandemdb.postgres.TestDatabase;

class BuiltinsTest {

  /**
   * † Deterministic means IMMUTABLE in every overload, and free of dates, of which the server
   * evaluates words in parameters (architecture, section 4).
   */
  @Test
  void immutableFunctionsAreSoInEveryOverloadOfTheServer() throws Exception {
    List<String> wrong = new ArrayList<>();
    try (TestDatabase server = TestDatabase.on(0);
        var connection = server.connect();
        var statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT proname, oid::regprocedure FROM pg_proc p"
                    + " WHERE pronamespace = 'pg_catalog'::regnamespace AND (provolatile <> 'i'"
                    + " OR EXISTS (SELECT 1 FROM pg_type t WHERE t.typcategory IN ('D', 'T')"
                    + "   AND (t.oid = p.prorettype OR t.oid = ANY (p.proargtypes::oid[]))))")) {
      while (rows.next()) {
        // STABLE only because a superuser could replace an encoding's conversion.
        if (Builtins.isImmutable(rows.getString(1))
            && !rows.getString(2).equals("length(bytea,name)")) {
          wrong.add(rows.getString(2));
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  /** † Functions that change the database are on no list of what a read may call. */
  @Test
  void functionsThatWriteAreOnNoList() {
    for (String name :
        List.of(
            "nextval",
            "setval",
            "currval",
            "lastval",
            "set_config",
            "lo_create",
            "lo_import",
            "pg_notify",
            "pg_advisory_lock",
            "pg_read_file",
            "pg_sleep",
            "dblink",
            "query_to_xml",
            "pg_terminate_backend",
            "txid_current",
            "ts_stat",
            "cursor_to_xml",
            "lo_put",
            "pg_create_restore_point",
            "pg_stat_reset",
            "pg_import_system_collations")) {
      assertThat(Builtins.isHarmless(name)).as(name).isFalse();
    }
  }
}
