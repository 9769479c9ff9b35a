package org.tandemdb.it.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What psql, pg_dump and drivers of other languages send, and people do not write: message by
 * message, since those programs are not at hand where this runs.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ToolsIT {
  private static final String DUMP = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY";

  private ProxyPlace place;

  @BeforeAll
  void start() throws Exception {
    place = ProxyPlace.shared();
    try (Connection connection = place.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE kit (id serial PRIMARY KEY, word text UNIQUE)");
      statement.execute("INSERT INTO kit (word) VALUES ('one'), ('two')");
    }
  }

  private WireClient ready() throws Exception {
    return WireClient.ready(place.port());
  }

  /** The answer to one query. */
  private static List<String> ask(WireClient client, String sql) throws Exception {
    client.query(sql).send();
    return client.words('Z');
  }

  private static String value(WireClient client, String sql) throws Exception {
    List<String> words = ask(client, sql);
    assertThat(words).as(sql).hasSize(4);
    return words.get(1).substring(3, words.get(1).length() - 1);
  }

  // --- pg_dump

  @Test
  void severalSessionsReadTheSnapshotThatOneHasExported() throws Exception {
    try (WireClient leader = ready();
        WireClient worker = ready();
        WireClient writer = ready()) {
      ask(leader, "BEGIN");
      ask(leader, DUMP);
      String snapshot = value(leader, "SELECT pg_catalog.pg_export_snapshot()");
      String before = value(leader, "SELECT count(*) FROM kit");
      assertThat(ask(writer, "INSERT INTO kit (word) VALUES ('late')")).contains("C INSERT 0 1");
      ask(worker, "BEGIN");
      ask(worker, DUMP);
      assertThat(ask(worker, "SET TRANSACTION SNAPSHOT '" + snapshot + "'"))
          .containsExactly("C SET", "ZT");
      assertThat(value(worker, "SELECT count(*) FROM kit")).isEqualTo(before);
      ask(worker, "COMMIT");
      assertThat(ask(worker, "BEGIN; SET TRANSACTION SNAPSHOT '" + snapshot + "'"))
          .as("a transaction that may write takes none")
          .endsWith("ZE")
          .anyMatch(word -> word.startsWith("E "));
    }
  }

  /** Where its queries run is by chance: so several, of which some are on the replica. */
  @Test
  void sequencesAreThePrimarysInATransactionThatReadsFromTheReplica() throws Exception {
    String primary = place.rows("a", "SELECT last_value FROM kit_id_seq").get(0);
    List<WireClient> clients = new ArrayList<>();
    try {
      boolean elsewhere = false;
      for (int i = 0; i < 8; i++) {
        WireClient client = ready();
        clients.add(client);
        ask(client, "BEGIN");
        ask(client, DUMP);
        elsewhere |= !value(client, "SELECT inet_server_port()").equals(port("a"));
        assertThat(ask(client, "LOCK TABLE public.kit IN ACCESS SHARE MODE"))
            .containsExactly("C LOCK TABLE", "ZT");
        assertThat(value(client, "SELECT last_value FROM public.kit_id_seq")).isEqualTo(primary);
        assertThat(ask(client, "COMMIT")).containsExactly("C COMMIT", "ZI");
      }
      assertThat(elsewhere).as("one reads from the replica").isTrue();
    } finally {
      for (WireClient client : clients) {
        client.close();
      }
    }
  }

  private String port(String server) throws Exception {
    return place.rows(server, "SELECT inet_server_port()").get(0);
  }

  @Test
  void whatADumpSetsAndPutsBackIsDone() throws Exception {
    try (WireClient client = ready()) {
      assertThat(ask(client, "SET synchronize_seqscans TO off")).containsExactly("C SET", "ZI");
      assertThat(
              ask(
                  client,
                  "SELECT set_config(name, 'view, foreign-table', false) FROM pg_settings WHERE"
                      + " name = 'restrict_nonsystem_relation_kind'"))
          .endsWith("ZI")
          .anyMatch(word -> word.startsWith("C SELECT"));
      assertThat(ask(client, "SELECT count(*) FROM kit"))
          .as("on whatever server, which may not know the setting")
          .contains("C SELECT 1");
      assertThat(
              ask(
                  client,
                  "CREATE TRIGGER tandem_trace AFTER INSERT OR DELETE OR UPDATE ON kit FOR EACH ROW"
                      + " EXECUTE FUNCTION tandem.trace_1()"))
          .containsExactly("C CREATE TRIGGER", "ZI");
      assertThat(ask(client, "ALTER TABLE public.kit ENABLE ALWAYS TRIGGER tandem_trace"))
          .containsExactly("C ALTER TABLE", "ZI");
      assertThat(ask(client, "DROP TRIGGER IF EXISTS tandem_trace ON public.kit"))
          .containsExactly("C DROP TRIGGER", "ZI");
    }
    place.assertEqualCopies();
  }
}
