package org.tandemdb.it.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.tandemdb.it.proxy.WireClient.Answer;

/** The protocol, message by message, as PostgreSQL itself answers it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProtocolIT {
  private static final int SSL_REQUEST = 80877103;
  private static final int GSSENC_REQUEST = 80877104;
  private static final int CANCEL_REQUEST = 80877102;

  private ProxyPlace place;

  @BeforeAll
  void start() throws Exception {
    place = ProxyPlace.shared();
    try (Connection connection = place.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE wire (id bigserial PRIMARY KEY, word text UNIQUE)");
    }
  }

  private WireClient ready() throws IOException {
    return WireClient.ready(place.port());
  }

  // --- log in

  @Test
  void encryptionIsDeclinedAndTheClientGoesOnWithoutIt() throws Exception {
    try (WireClient client = new WireClient(place.port())) {
      client.raw(8, GSSENC_REQUEST).send();
      assertThat(client.oneByte()).isEqualTo('N');
      client.raw(8, SSL_REQUEST).send();
      assertThat(client.oneByte()).isEqualTo('N');
      client.startup(3 << 16, "user", "shop", "database", "shop").send();
      assertThat(client.words('Z')).containsExactly("R", "K", "ZI");
    }
  }

  @Test
  void aNewerProtocolIsNegotiatedDown() throws Exception {
    try (WireClient client = new WireClient(place.port())) {
      client.startup((3 << 16) | 9, "user", "shop", "_pq_.shiny", "1").send();
      Answer answer = client.answer();
      assertThat(answer.type()).isEqualTo('v');
      assertThat(answer.int32(0)).isEqualTo((3 << 16) | 2);
      assertThat(answer.text()).contains("_pq_.shiny");
      assertThat(client.words('Z')).endsWith("ZI");
    }
    try (WireClient client = new WireClient(place.port())) {
      client.startup((3 << 16) | 2, "user", "shop").send();
      assertThat(client.words('Z')).containsExactly("R", "K", "ZI");
    }
  }

  @Test
  void whoIsNotLetInIsToldWhy() throws Exception {
    assertRefused("0A000", "user", "shop", "database", "shop", "replication", "database");
    assertRefused("3D000", "user", "shop", "database", "nowhere");
    assertRefused("28000", "database", "shop");
    assertRefused("28000", "user", "nobody", "database", "shop");
    assertRefused("28000", "user", ProxyPlace.KEEPER, "database", "shop");
    assertRefused("0A000", "user", "shop", "client_encoding", "LATIN1");
    assertRefused("0A000", "user", "shop", "session_replication_role", "replica");
  }

  private void assertRefused(String sqlState, String... parameters) throws IOException {
    try (WireClient client = new WireClient(place.port())) {
      client.startup(3 << 16, parameters).send();
      Answer answer = client.answer();
      assertThat(answer.field('S')).isEqualTo("FATAL");
      assertThat(answer.field('C')).as(answer.field('M')).isEqualTo(sqlState);
      assertThat(client.isClosed()).isTrue();
    }
  }

  @Test
  void aLengthThatIsNotPossibleEndsTheConnection() throws Exception {
    for (int length : new int[] {3, 20_000, Integer.MAX_VALUE, -1}) {
      try (WireClient client = new WireClient(place.port())) {
        client.raw(length, 3 << 16).send();
        assertBroken(client);
      }
    }
    for (int length : new int[] {3, 20_000, Integer.MAX_VALUE, -1}) {
      try (WireClient client = ready()) {
        client.bytes((byte) 'S').raw(length).send();
        assertBroken(client);
      }
    }
    try (WireClient client = ready()) {
      client.message('?').send();
      assertBroken(client);
    }
    try (WireClient client = ready()) {
      client.parse("", "SELECT $1").message('B', new byte[] {0, 0, 0, 0, 0, 9, 0}).sync().send();
      assertBroken(client);
    }
  }

  private static void assertBroken(WireClient client) throws IOException {
    List<Answer> answers = client.until('E');
    Answer last = answers.get(answers.size() - 1);
    assertThat(last.field('C')).isEqualTo("08P01");
    assertThat(last.field('S')).isEqualTo("FATAL");
    assertThat(client.isClosed()).isTrue();
  }

  // --- the simple protocol

  @Test
  void statementsThatAreSentAsOneAreOneTransaction() throws Exception {
    try (WireClient client = ready()) {
      client.query("INSERT INTO wire (word) VALUES ('many 1'); SELECT 1 AS one; ;").send();
      assertThat(client.words('Z'))
          .containsExactly("C INSERT 0 1", "T [one]", "D [1]", "C SELECT 1", "ZI");
      client.query("INSERT INTO wire (word) VALUES ('many 2'); SELECT 1/0; SELECT 2").send();
      assertThat(client.words('Z')).containsExactly("C INSERT 0 1", "E 22012", "ZI");
      client.query("SELECT word FROM wire WHERE word LIKE 'many%'").send();
      assertThat(client.words('Z')).containsExactly("T [word]", "D [many 1]", "C SELECT 1", "ZI");
      client.query(" ; -- nothing\n").send();
      assertThat(client.words('Z')).containsExactly("I", "ZI");
    }
  }

  @Test
  void theStateOfTheBlockIsToldAsTheServerTellsIt() throws Exception {
    try (WireClient client = ready()) {
      client.query("BEGIN").query("BEGIN").query("SELEC").query("SELECT 1").send();
      assertThat(client.words('Z')).containsExactly("C BEGIN", "ZT");
      assertThat(client.words('Z')).containsExactly("N 25001", "C BEGIN", "ZT");
      assertThat(client.words('Z')).hasSize(2).endsWith("ZE");
      assertThat(client.words('Z')).containsExactly("E 25P02", "ZE");
      client.query("COMMIT").query("COMMIT").send();
      assertThat(client.words('Z')).containsExactly("C ROLLBACK", "ZI");
      assertThat(client.words('Z')).containsExactly("N 25P01", "C COMMIT", "ZI");
    }
  }

  @Test
  void theLevelOfReadsIsTheSessionsAndAHintIsTheStatements() throws Exception {
    try (WireClient client = ready()) {
      client
          .query("SET tandem.consistency = 'session'")
          .query("SHOW tandem.consistency")
          .query("SET tandem.consistency = 'now and then'")
          .query("SELECT /* tandem: primary */ 1 AS one")
          .query("RESET tandem.consistency")
          .query("SHOW tandem.consistency")
          .send();
      assertThat(client.words('Z')).containsExactly("C SET", "ZI");
      assertThat(client.words('Z')).contains("D [session]", "ZI");
      assertThat(client.words('Z')).containsExactly("E 22023", "ZI");
      assertThat(client.words('Z')).containsExactly("T [one]", "D [1]", "C SELECT 1", "ZI");
      assertThat(client.words('Z')).containsExactly("C RESET", "ZI");
      assertThat(client.words('Z')).contains("D [strong]", "ZI");
    }
  }

  @Test
  void aSettingThatIsReportedIsReported() throws Exception {
    try (WireClient client = ready()) {
      client.query("SET TimeZone TO 'Asia/Tokyo'").send();
      assertThat(client.answer().toString()).isEqualTo("C SET");
      Answer told = client.answer();
      assertThat(told.type()).isEqualTo('S');
      assertThat(told.text()).isEqualTo("TimeZone\0Asia/Tokyo\0");
      client.until('Z');
    }
  }

  // --- the extended protocol

  @Test
  void whatIsPipelinedIsAnsweredInOrderAndSkippedAfterAnError() throws Exception {
    try (WireClient client = ready()) {
      client
          .parse("", "INSERT INTO wire (word) VALUES ('piped 1') RETURNING word")
          .bind("", "")
          .describe('P', "")
          .execute("", 0)
          .parse("", "SELECT 1/0")
          .bind("", "")
          .execute("", 0)
          .parse("", "INSERT INTO wire (word) VALUES ('piped 2')")
          .bind("", "")
          .execute("", 0)
          .sync()
          .parse("", "SELECT count(*) FROM wire WHERE word LIKE 'piped%'")
          .bind("", "")
          .execute("", 0)
          .sync()
          .send();
      assertThat(client.words('Z'))
          .startsWith("1", "2", "T [word]", "D [piped 1]", "C INSERT 0 1")
          .endsWith("E 22012", "ZI");
      assertThat(client.words('Z')).containsExactly("1", "2", "D [0]", "C SELECT 1", "ZI");
    }
  }

  @Test
  void aStatementIsDescribedWithoutWhatIsHidden() throws Exception {
    try (WireClient client = ready()) {
      client
          .parse("s", "INSERT INTO wire (word) VALUES ($1)")
          .describe('S', "s")
          .parse("r", "INSERT INTO wire (word) VALUES ($1) RETURNING word")
          .describe('S', "r")
          .flush()
          .send();
      assertThat(client.words('n')).containsExactly("1", "t", "n");
      assertThat(client.words('T')).containsExactly("1", "t", "T [word]");
      client
          .bind("", "s", "told 1")
          .execute("", 0)
          .bind("p", "r", "told 2")
          .describe('P', "p")
          .execute("p", 0)
          .sync()
          .send();
      assertThat(client.words('Z'))
          .containsExactly(
              "2", "C INSERT 0 1", "2", "T [word]", "D [told 2]", "C INSERT 0 1", "ZI");
    }
  }

  /** Nothing is asked of a server for these, and they are described all the same. */
  @Test
  void whatTheProxyAnswersItselfIsDescribedWhereThatIsAsked() throws Exception {
    try (WireClient client = ready()) {
      for (String sql : List.of("BEGIN", "/* nothing */", "SHOW tandem.consistency", "COMMIT")) {
        client.parse("", sql).bind("", "").describe('P', "").execute("", 0).sync();
      }
      client.parse("", "SHOW tandem.consistency").bind("", "").execute("", 0).sync().send();
      assertThat(client.words('Z')).containsExactly("1", "2", "n", "C BEGIN", "ZT");
      assertThat(client.words('Z')).containsExactly("1", "2", "n", "I", "ZT");
      assertThat(client.words('Z'))
          .containsExactly("1", "2", "T [tandem.consistency]", "D [strong]", "C SHOW", "ZT");
      assertThat(client.words('Z')).containsExactly("1", "2", "n", "C COMMIT", "ZI");
      assertThat(client.words('Z')).containsExactly("1", "2", "D [strong]", "C SHOW", "ZI");
    }
  }

  @Test
  void rowsComeInPortionsAndWhatIsWrittenIsWrittenAtOnce() throws Exception {
    try (WireClient client = ready()) {
      client.query("BEGIN").send();
      client.until('Z');
      client
          .parse("", "SELECT generate_series(1, 5) AS n")
          .bind("p", "")
          .execute("p", 2)
          .sync()
          .execute("p", 2)
          .sync()
          .execute("p", 2)
          .sync()
          .send();
      assertThat(client.words('Z')).containsExactly("1", "2", "D [1]", "D [2]", "s", "ZT");
      assertThat(client.words('Z')).containsExactly("D [3]", "D [4]", "s", "ZT");
      assertThat(client.words('Z')).containsExactly("D [5]", "C SELECT 1", "ZT");
      client
          .parse(
              "",
              "INSERT INTO wire (word) SELECT 'p' || i FROM generate_series(1, 3) i"
                  + " RETURNING word")
          .bind("w", "")
          .execute("w", 2)
          .execute("w", 2)
          .sync()
          .query("ROLLBACK")
          .send();
      assertThat(client.words('Z'))
          .containsExactly("1", "2", "D [p1]", "D [p2]", "s", "D [p3]", "C INSERT 0 3", "ZT");
      assertThat(client.words('Z')).containsExactly("C ROLLBACK", "ZI");
    }
  }

  @Test
  void allTheRestOfAPortalComesWhenNoLimitIsGivenAnyMore() throws Exception {
    try (WireClient client = ready()) {
      client.query("BEGIN").send();
      client.until('Z');
      client
          .parse("", "SELECT generate_series(1, 4) AS n")
          .bind("rest", "")
          .execute("rest", 1)
          .sync()
          .parse("", "SELECT 'other'")
          .bind("", "")
          .execute("", 0)
          .execute("rest", 0)
          .sync()
          .query("COMMIT")
          .send();
      assertThat(client.words('Z')).containsExactly("1", "2", "D [1]", "s", "ZT");
      assertThat(client.words('Z'))
          .containsExactly(
              "1", "2", "D [other]", "C SELECT 1", "D [2]", "D [3]", "D [4]", "C SELECT 3", "ZT");
      assertThat(client.words('Z')).containsExactly("C COMMIT", "ZI");
    }
  }

  @Test
  void whatIsRaisedIsToldBeforeTheStatementEnds() throws Exception {
    try (WireClient client = ready();
        Connection other = place.connect();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("SELECT pg_advisory_xact_lock(4711)");
      client
          .query("BEGIN")
          .query("DO $$ BEGIN RAISE NOTICE 'it waits'; PERFORM pg_advisory_xact_lock(4711); END $$")
          .query("COMMIT")
          .send();
      client.until('Z');
      // It would wait for whoever waits for its notice.
      assertThat(client.answer().field('M')).isEqualTo("it waits");
      other.rollback();
      assertThat(client.words('Z')).containsExactly("C DO", "ZT");
      assertThat(client.words('Z')).containsExactly("C COMMIT", "ZI");
    }
  }

  @Test
  void modesThatWereSetAreShown() throws Exception {
    try (WireClient client = ready()) {
      client
          .query("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ")
          .query("SHOW TRANSACTION ISOLATION LEVEL")
          .query("SHOW default_transaction_read_only")
          .query("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY")
          .query("SHOW transaction_isolation; SHOW transaction_read_only")
          .query("SHOW default_transaction_isolation")
          .query("ROLLBACK")
          .send();
      client.until('Z');
      assertThat(client.words('Z'))
          .containsExactly("T [transaction_isolation]", "D [repeatable read]", "C SHOW", "ZI");
      assertThat(client.words('Z')).contains("D [off]");
      client.until('Z');
      assertThat(client.words('Z')).contains("D [read committed]", "D [on]");
      assertThat(client.words('Z')).contains("D [repeatable read]");
      client.until('Z');
      client.parse("", "SHOW transaction_isolation").bind("", "");
      client.describe('P', "").execute("", 0).sync().send();
      assertThat(client.words('Z'))
          .containsExactly(
              "1", "2", "T [transaction_isolation]", "D [repeatable read]", "C SHOW", "ZI");
    }
  }

  /** What is prepared on a link is found by its text, whose names may mean other tables by then. */
  @Test
  void theSameTextIsPreparedAnewWhereItsNamesMeanOtherTables() throws Exception {
    try (WireClient client = ready()) {
      client.query("CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.meant (b text)");
      client.query("CREATE TABLE meant (a int)").send();
      client.until('Z');
      client.until('Z');
      for (String change :
          List.of(
              "SET search_path = elsewhere",
              "SET search_path = public",
              "CREATE TEMP TABLE meant (a int, c int)",
              "DROP TABLE pg_temp.meant",
              "RESET search_path")) {
        client.query("BEGIN").parse("s", "SELECT * FROM meant").bind("", "s");
        client.execute("", 0).message('C', (byte) 'S', (byte) 's', (byte) 0);
        client.sync().query("COMMIT").query(change).send();
        assertThat(client.words('Z')).containsExactly("C BEGIN", "ZT");
        assertThat(client.words('Z')).as(change).containsExactly("1", "2", "C SELECT 0", "3", "ZT");
        assertThat(client.words('Z')).containsExactly("C COMMIT", "ZI");
        assertThat(client.words('Z')).as(change).hasSize(2).doesNotContain("E 0A000");
      }
      client.query("DROP SCHEMA elsewhere CASCADE; DROP TABLE meant").send();
      client.until('Z');
    }
  }

  @Test
  void aStatementIsDescribedWhereItsTemporaryTableIs() throws Exception {
    try (WireClient client = ready()) {
      client.query("CREATE TEMP TABLE own_alone (n int)").send();
      client.until('Z');
      // Reads that do not need the table go on to other servers.
      for (int i = 0; i < 4; i++) {
        client.query("SELECT word FROM wire WHERE word = 'none'");
        client.parse("", "INSERT INTO own_alone VALUES (1) RETURNING n").describe('S', "").sync();
        client.parse("", "SELECT n FROM own_alone").describe('S', "").sync().send();
        client.until('Z');
        assertThat(client.words('Z')).containsExactly("1", "t", "T [n]", "ZI");
        assertThat(client.words('Z')).containsExactly("1", "t", "T [n]", "ZI");
      }
    }
  }

  @Test
  void aPortalThatIsReplacedIsClosedOnItsServer() throws Exception {
    try (WireClient client = ready()) {
      client.query("CREATE TABLE left_open (n int PRIMARY KEY)");
      client.query("INSERT INTO left_open VALUES (1), (2)").query("BEGIN").send();
      client.until('Z');
      client.until('Z');
      client.until('Z');
      // As PostgreSQL's driver asks for one row where it wants none.
      client.parse("", "SELECT n FROM left_open").bind("", "").execute("", 1).sync();
      client.parse("", "SELECT 'next'").bind("", "").execute("", 0).sync();
      client.query("DROP TABLE left_open").query("COMMIT").send();
      assertThat(client.words('Z')).containsExactly("1", "2", "D [1]", "s", "ZT");
      assertThat(client.words('Z')).containsExactly("1", "2", "D [next]", "C SELECT 1", "ZT");
      assertThat(client.words('Z')).containsExactly("C DROP TABLE", "ZT");
      assertThat(client.words('Z')).containsExactly("C COMMIT", "ZI");
      // One that was read to its end at once, before a statement with a limit.
      client.query("CREATE TABLE left_open (n int PRIMARY KEY)").query("BEGIN");
      client.parse("", "SELECT count(*) FROM left_open").bind("", "").execute("", 0).sync();
      client.parse("", "DROP TABLE left_open").bind("", "").execute("", 1).sync();
      client.query("COMMIT").send();
      client.until('Z');
      client.until('Z');
      assertThat(client.words('Z')).containsExactly("1", "2", "D [0]", "C SELECT 1", "ZT");
      assertThat(client.words('Z')).containsExactly("1", "2", "C DROP TABLE", "ZT");
      client.until('Z');
      // One that has given all its rows, too.
      client.query("CREATE TABLE left_open (n int PRIMARY KEY)").query("BEGIN");
      client.parse("", "SELECT n FROM left_open").bind("", "").execute("", 1).sync();
      client.query("DROP TABLE left_open").query("ROLLBACK").send();
      client.until('Z');
      client.until('Z');
      assertThat(client.words('Z')).containsExactly("1", "2", "C SELECT 0", "ZT");
      assertThat(client.words('Z')).containsExactly("C DROP TABLE", "ZT");
      client.until('Z');
      client.query("BEGIN");
      client.parse("", "SELECT generate_series(1, 2) FROM (SELECT count(*) FROM left_open) c");
      client.bind("", "").execute("", 1).sync();
      client.query("DROP TABLE left_open").query("ROLLBACK").query("DROP TABLE left_open").send();
      client.until('Z');
      client.until('Z');
      assertThat(client.words('Z')).containsExactly("C DROP TABLE", "ZT");
    }
  }

  /** The fields of the one error that comes before the client may go on. */
  private static String error(WireClient client) throws Exception {
    return client.until('Z').stream()
        .filter(answer -> answer.type() == 'E')
        .map(answer -> new String(answer.body(), StandardCharsets.UTF_8))
        .collect(Collectors.joining());
  }

  @Test
  void whatIsWrongInAListTheServerSays() throws Exception {
    try (WireClient client = ready()) {
      client.query("SELECT 1; SELEC").send();
      assertThat(error(client)).contains("C42601\0");
      client.query("SELECT 1; SELECT nosuch('x')").send();
      assertThat(error(client)).contains("C42883\0");
      client.query("SET search_path TO").send();
      assertThat(error(client)).contains("C42601\0");
      client.query("SELECT 1; SELECT lo_create(0)").send();
      assertThat(error(client)).contains("C0A000\0").contains("lo_create");
      client.query("CREATE TEMP TABLE w (n int); INSERT INTO w VALUES (1); DROP TABLE w").send();
      assertThat(error(client)).isEmpty();
    }
  }

  @Test
  void namesThatAreNotThereAndOnesThatAreAlreadyAreErrors() throws Exception {
    try (WireClient client = ready()) {
      client.bind("", "none").sync().describe('P', "none").sync().send();
      assertThat(client.words('Z')).containsExactly("E 26000", "ZI");
      assertThat(client.words('Z')).containsExactly("E 34000", "ZI");
      client.parse("s", "SELECT 1").parse("s", "SELECT 2").sync().send();
      assertThat(client.words('Z')).endsWith("E 42P05", "ZI");
      client.parse("t", "SELEC").sync().send();
      assertThat(client.words('Z')).hasSize(2).endsWith("ZI");
      client.parse("u", "SELECT 1; SELECT 2").sync().send();
      assertThat(client.words('Z')).containsExactly("E 42601", "ZI");
    }
  }

  // --- cancel

  @Test
  void aCancelEndsTheStatementAndNothingElse() throws Exception {
    try (WireClient client = new WireClient(place.port())) {
      client.startup(3 << 16, "user", "shop").send();
      Answer key =
          client.until('Z').stream().filter(a -> a.type() == 'K').findFirst().orElseThrow();
      client.query("SELECT pg_sleep(300)").send();
      long deadline = System.nanoTime() + 20_000_000_000L;
      while (asleep() == 0) {
        assertThat(System.nanoTime()).isLessThan(deadline);
      }
      try (WireClient stranger = new WireClient(place.port())) {
        stranger.raw(16, CANCEL_REQUEST, key.int32(0), key.int32(4) + 1).send();
        assertThat(stranger.isClosed()).isTrue();
      }
      assertThat(asleep()).isEqualTo(1);
      try (WireClient friend = new WireClient(place.port())) {
        friend.raw(16, CANCEL_REQUEST, key.int32(0), key.int32(4)).send();
        assertThat(friend.isClosed()).isTrue();
      }
      assertThat(client.words('Z')).endsWith("E 57014", "ZI");
      client.query("SELECT 1").send();
      assertThat(client.words('Z')).containsExactly("T [?column?]", "D [1]", "C SELECT 1", "ZI");
    }
  }

  private int asleep() throws Exception {
    int sleeping = 0;
    for (String server : List.of("a", "b")) {
      sleeping +=
          place.rows(server, "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'").size();
    }
    return sleeping;
  }

  // --- operators

  @Test
  void sessionsAreListedWithWhatKeepsThemOnTheirLinks() throws Exception {
    try (WireClient client = ready();
        WireClient pinned = ready()) {
      pinned
          .query("CREATE TEMP TABLE pins (n int)")
          .query("BEGIN")
          .query("SELECT 1 FROM wire")
          .send();
      for (int i = 0; i < 3; i++) {
        pinned.until('Z');
      }
      client.query("SHOW TANDEM SESSIONS").send();
      List<String> rows = client.words('Z');
      assertThat(rows).first().asString().startsWith("T [pid, user, state, backend, pinned");
      assertThat(rows)
          .anyMatch(row -> row.contains("idle in transaction") && row.contains("temporary tables"))
          .anyMatch(row -> row.contains("shop, active"));
    }
  }

  /** Back-pressure reaches the server: what the client does not read waits there. */
  @Test
  void aClientThatDoesNotReadCostsNoMemory() throws Exception {
    long before = directMemory();
    try (WireClient client = ready()) {
      client.query("SELECT repeat('x', 1000) FROM generate_series(1, 500000)").send();
      long deadline = System.nanoTime() + 20_000_000_000L;
      while (waiting() == 0) {
        assertThat(System.nanoTime()).as("the server waits for the proxy").isLessThan(deadline);
      }
      assertThat(directMemory() - before).isLessThan(32 << 20);
    }
    long deadline = System.nanoTime() + 20_000_000_000L;
    while (waiting() > 0) {
      assertThat(System.nanoTime()).as("the link is freed").isLessThan(deadline);
    }
  }

  private static long directMemory() {
    return ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT).metric().usedDirectMemory();
  }

  private int waiting() throws Exception {
    int waiting = 0;
    for (String server : List.of("a", "b")) {
      waiting +=
          place
              .rows(server, "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'ClientWrite'")
              .size();
    }
    return waiting;
  }

  @Test
  void aStatementThatTheServerDoesNotUnderstandLeavesItsNameFree() throws Exception {
    try (WireClient client = ready()) {
      client.parse("again", "SELEC 1").sync().send();
      assertThat(client.words('Z')).containsExactly("E 42601", "ZI");
      client.parse("again", "SELECT 1").sync().send();
      assertThat(client.words('Z')).containsExactly("1", "ZI");
      client.parse("again", "SELECT 2").sync().send();
      assertThat(client.words('Z')).containsExactly("E 42P05", "ZI");
    }
  }

  /** Else a client with one thread for many connections would wait for its own. */
  @Test
  void whatAServerHasTakenBeforeIsPreparedWithoutALink() throws Exception {
    String sql = "INSERT INTO wire (word) VALUES ($1) ON CONFLICT DO NOTHING";
    List<Connection> busy = new ArrayList<>();
    try (WireClient client = ready()) {
      client.parse("first", sql).sync().send();
      assertThat(client.words('Z')).containsExactly("1", "ZI");
      for (int i = 0; i < ProxyPlace.MOST_LINKS; i++) {
        Connection one = place.connect();
        busy.add(one);
        one.setAutoCommit(false);
        try (Statement statement = one.createStatement()) {
          statement.execute("INSERT INTO wire (word) VALUES ('busy " + i + "')");
        }
      }
      client.parse("second", sql).sync().send();
      assertThat(client.words('Z')).containsExactly("1", "ZI");
    } finally {
      for (Connection one : busy) {
        one.rollback();
        one.close();
      }
    }
  }

  // --- notifications

  @Test
  void whatIsNotifiedReachesWhoeverListensAndNobodyIsPinned() throws Exception {
    try (WireClient one = ready();
        WireClient two = ready();
        WireClient other = ready()) {
      one.query("LISTEN news").send();
      assertThat(one.words('Z')).containsExactly("C LISTEN", "ZI");
      two.parse("", "LISTEN \"News\"").bind("", "").describe('P', "").execute("", 0).sync().send();
      assertThat(two.words('Z')).containsExactly("1", "2", "n", "C LISTEN", "ZI");
      two.query("LISTEN news").send();
      two.until('Z');
      other.query("NOTIFY news, 'first'").query("NOTIFY \"News\", 'other'").send();
      assertThat(other.words('Z')).containsExactly("C NOTIFY", "ZI");
      assertThat(other.words('Z')).containsExactly("C NOTIFY", "ZI");
      assertThat(one.answer().notification()).isEqualTo("news: first");
      assertThat(two.answer().notification()).isEqualTo("news: first");
      assertThat(two.answer().notification()).isEqualTo("News: other");
      try (Connection connection = place.connect()) {
        assertThat(ProxyPlace.rows(connection, "SHOW TANDEM SESSIONS"))
            .noneMatch(row -> row.contains("listen"));
      }
      one.query("UNLISTEN *").send();
      assertThat(one.words('Z')).containsExactly("C UNLISTEN", "ZI");
      other.query("NOTIFY news, 'second'").send();
      other.until('Z');
      assertThat(two.answer().notification()).isEqualTo("news: second");
      one.query("SELECT 1").send();
      assertThat(one.words('Z')).containsExactly("T [?column?]", "D [1]", "C SELECT 1", "ZI");
    }
  }

  @Test
  void listenHoldsFromItsCommitOnAndABlockIsNotDisturbed() throws Exception {
    try (WireClient client = ready();
        WireClient other = ready()) {
      client.query("BEGIN; LISTEN kept").query("SAVEPOINT s").query("LISTEN taken_back").send();
      client.query("ROLLBACK TO s").query("COMMIT").query("BEGIN; LISTEN never").send();
      client.query("ROLLBACK").send();
      for (int i = 0; i < 7; i++) {
        client.until('Z');
      }
      client.query("BEGIN").send();
      client.until('Z');
      for (String channel : List.of("never", "taken_back", "kept")) {
        other.query("NOTIFY " + channel).send();
        other.until('Z');
      }
      client.query("SELECT 1").send();
      assertThat(client.words('Z')).containsExactly("T [?column?]", "D [1]", "C SELECT 1", "ZT");
      client.query("COMMIT").send();
      // With the COMMIT, or soon after it: the proxy hears of it by another link.
      List<Answer> answers = client.until('Z');
      Answer notification = answers.stream().filter(a -> a.type() == 'A').findFirst().orElse(null);
      assertThat(
              notification == null ? client.answer().notification() : notification.notification())
          .isEqualTo("kept: ");
      client.query("SELECT 2").send();
      assertThat(client.words('Z')).containsExactly("T [?column?]", "D [2]", "C SELECT 1", "ZI");
    }
  }
}
