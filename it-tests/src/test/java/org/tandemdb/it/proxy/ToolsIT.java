package org.tandemdb.it.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.postgresql.PGConnection;
import org.postgresql.fastpath.Fastpath;
import org.postgresql.fastpath.FastpathArg;

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

  // --- drivers that send ahead, as Npgsql does for many who share a connection

  /** Thirteen batches are on their way before the first answer is read; the server is the model. */
  @Test
  void batchesThatAreSentAheadAreAnsweredAsTheServerAnswersThem() throws Exception {
    List<String> model;
    try (WireClient server = WireClient.ready(place.server("a").port())) {
      ask(server, "CREATE TEMPORARY TABLE ahead (word text PRIMARY KEY)");
      model = sentAhead(server);
    }
    try (WireClient client = ready()) {
      ask(client, "CREATE TABLE ahead (word text PRIMARY KEY)");
      assertThat(sentAhead(client)).containsExactlyElementsOf(model);
    }
    assertThat(model).filteredOn("ZI"::equals).hasSize(13);
    place.assertEqualCopies();
  }

  /**
   * pgbench prepares each statement behind BEGIN, and waits for it. More clients than both servers
   * have links for say BEGIN and have a statement looked at; none may keep the link.
   */
  @Test
  void aBlockThatNoServerKnowsOfHoldsNoLink() throws Exception {
    List<WireClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 2 * ProxyPlace.MOST_LINKS + 2; i++) {
        WireClient client = ready();
        clients.add(client);
        ask(client, "BEGIN");
        client.parse("p", "INSERT INTO kit (word) VALUES ($1)").describe('S', "p").sync().send();
        assertThat(client.words('Z')).containsExactly("1", "t", "n", "ZT");
      }
    } finally {
      for (WireClient client : clients) {
        client.close();
      }
    }
  }

  private static List<String> sentAhead(WireClient client) throws Exception {
    String insert = "INSERT INTO ahead VALUES ($1) RETURNING word";
    client.parse("a", insert).bind("", "a", "1").describe('P', "").execute("", 0).sync();
    client.bind("", "a", "2").execute("", 0).sync();
    // The error is that of Execute, not of the Parse that stands ahead of it.
    client.parse("b", insert).bind("", "b", "2").execute("", 0).sync();
    // So the name is taken, and the statement good.
    client.bind("", "b", "3").execute("", 0).sync();
    client.parse("b", "SELECT 1").sync();
    // A text that is wrong leaves its name free.
    client.parse("c", "SELECT nix FROM ahead").describe('S', "c").sync();
    client.message('C', WireClient.cstring("Sa")).parse("a", "SELECT count(*) FROM ahead");
    client.bind("", "a").execute("", 0).sync();
    // What one batch has done before its error is undone, what follows is left out.
    client.parse("", insert).bind("", "", "4").execute("", 0);
    client.parse("", "SELECT 1/(SELECT 0)").bind("", "").execute("", 0);
    client.parse("d", insert).bind("", "d", "5").execute("", 0).sync();
    client.bind("", "d", "6").execute("", 0).sync();
    client.bind("", "a").execute("", 0).message('C', WireClient.cstring("P")).sync();
    client.query("SELECT max(word) AS last FROM ahead");
    client.parse("", "BEGIN").bind("", "").execute("", 0);
    client.parse("", insert).bind("", "", "7").execute("", 0);
    client.parse("", "COMMIT").bind("", "").execute("", 0).sync();
    client.parse("", "SELECT count(*) FROM ahead").bind("", "").execute("", 0).sync().send();
    List<String> words = new ArrayList<>();
    for (int i = 0; i < 13; i++) {
      words.addAll(client.words('Z'));
    }
    return words;
  }

  // --- FunctionCall

  @Test
  void aFunctionThatIsCalledByItsNumberAnswersWithItsValue() throws Exception {
    try (WireClient client = ready()) {
      client.message('F', call(MOD, 1, number(17), number(12))).send();
      List<WireClient.Answer> answers = client.until('Z');
      assertThat(answers.toString()).isEqualTo("[V, ZI]");
      assertThat(answers.get(0).body()).containsExactly(0, 0, 0, 4, 0, 0, 0, 5);
      client.message('F', call(LOWER, 0, text("AB"))).send();
      assertThat(client.until('Z').get(0).text()).endsWith("ab");
      client.message('F', callWithNull(LOWER)).send();
      assertThat(client.until('Z').get(0).body()).as("null").containsExactly(-1, -1, -1, -1);
      client.query("SELECT 1 AS one").send();
      assertThat(client.words('Z')).containsExactly("T [one]", "D [1]", "C SELECT 1", "ZI");
    }
  }

  /** It is planned as the SELECT that it is: what draws a number is the primary's, and logged. */
  @Test
  void aFunctionThatIsCalledByItsNumberWritesAsASelectOfItDoes() throws Exception {
    try (WireClient client = ready()) {
      ask(client, "CREATE SEQUENCE called");
      ask(client, "BEGIN");
      client.message('F', call(NEXTVAL, 0, text("called"))).send();
      assertThat(client.until('Z').toString()).isEqualTo("[V, ZT]");
      ask(client, "COMMIT");
      client.message('F', call(NEXTVAL, 0, text("called"))).send();
      assertThat(client.until('Z').get(0).text()).endsWith("2");
      assertThat(value(client, "SELECT last_value FROM called")).isEqualTo("2");
      ask(client, "BEGIN READ ONLY");
      client.message('F', call(NEXTVAL, 0, text("called"))).send();
      assertThat(client.words('Z')).containsExactly("E 25006", "ZE");
    }
  }

  @Test
  void whatMayNotBeSelectedMayNotBeCalledByItsNumberEither() throws Exception {
    try (WireClient client = ready()) {
      ask(client, "CREATE FUNCTION mine() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'");
      int mine = Integer.parseInt(value(client, "SELECT 'mine'::regproc::oid"));
      for (byte[] refused :
          List.of(
              call(LO_CREAT, 1, number(-1)), // large objects
              call(mine, 0), // which has other numbers on other servers
              call(GENERATE_SERIES, 0, number(1), number(2)))) {
        client.message('F', refused).send();
        assertThat(client.words('Z')).containsExactly("E 0A000", "ZI");
      }
      client.message('F', call(2, 0)).message('F', call(LOWER, 0)).send();
      assertThat(client.words('Z')).containsExactly("E 42883", "ZI");
      assertThat(client.words('Z')).containsExactly("E 08P01", "ZI");
      ask(client, "BEGIN");
      client.message('F', call(mine, 0)).message('F', call(LOWER, 0, text("A"))).send();
      assertThat(client.words('Z')).containsExactly("E 0A000", "ZE");
      assertThat(client.words('Z')).containsExactly("E 25P02", "ZE");
      assertThat(ask(client, "COMMIT")).containsExactly("C ROLLBACK", "ZI");
      client.message('F', (byte) 0).send();
      assertThat(client.words('E')).containsExactly("E 08P01");
      assertThat(client.isClosed()).isTrue();
    }
  }

  @Test
  @SuppressWarnings("deprecation") // that is what it is called
  void theVendorsFastpathWorks() throws Exception {
    try (Connection connection = place.connect()) {
      connection.setAutoCommit(false);
      Fastpath fastpath = connection.unwrap(PGConnection.class).getFastpathAPI();
      fastpath.addFunction("mod", MOD);
      FastpathArg[] two = {new FastpathArg(142), new FastpathArg(100)};
      assertThat(fastpath.getInteger("mod", two)).isEqualTo(42);
      connection.commit();
    }
  }

  private static final int MOD = 941;
  private static final int LOWER = 870;
  private static final int LO_CREAT = 957;
  private static final int GENERATE_SERIES = 1067;
  private static final int NEXTVAL = 1574;

  /** Values in binary where the result is wanted so, else in text. */
  private static byte[] call(int function, int format, byte[]... values) {
    ByteBuffer body = ByteBuffer.allocate(100);
    body.putInt(function).putShort((short) 1).putShort((short) format);
    body.putShort((short) values.length);
    for (byte[] value : values) {
      body.putInt(value.length).put(value);
    }
    body.putShort((short) format);
    return Arrays.copyOf(body.array(), body.position());
  }

  /** One argument, which is null; all in text. */
  private static byte[] callWithNull(int function) {
    ByteBuffer body = ByteBuffer.allocate(100);
    body.putInt(function).putShort((short) 0).putShort((short) 1).putInt(-1).putShort((short) 0);
    return Arrays.copyOf(body.array(), body.position());
  }

  private static byte[] number(int value) {
    return ByteBuffer.allocate(Integer.BYTES).putInt(value).array();
  }

  private static byte[] text(String value) {
    return value.getBytes(StandardCharsets.UTF_8);
  }
}
