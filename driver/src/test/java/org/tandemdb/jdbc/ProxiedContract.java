package org.tandemdb.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tandemdb.jdbc.CuttingRelay.Cut;

/** Through proxies the driver keeps the contract, and knows what a lost connection meant. */
abstract class ProxiedContract extends UpdatableContract {
  private CuttingRelay relay;

  /** Where the proxy is. */
  abstract int port();

  /** Where a server is that is none. */
  abstract int serverPort();

  @Override
  Connection connect() throws SQLException {
    return connect("127.0.0.1:" + port(), "");
  }

  static Connection connect(String hosts, String parameters) throws SQLException {
    Connection connection =
        new TandemDriver()
            .connect(
                "jdbc:tandem://" + hosts + "/postgres?user=postgres" + parameters,
                new Properties());
    if (connection == null) {
      throw new SQLException("the driver does not know its URL", "08001");
    }
    return connection;
  }

  /** In one transaction, which costs a third of what four take. */
  @BeforeEach
  @Override
  void open() throws SQLException {
    connection = connect();
    String columns = " (id serial PRIMARY KEY, name text UNIQUE, amount numeric(12,2) DEFAULT 0)";
    run("DROP TABLE IF EXISTS t, cap; CREATE TABLE t" + columns + "; CREATE TABLE cap" + columns);
  }

  @BeforeEach
  void relay() throws IOException {
    relay = new CuttingRelay(port());
  }

  @AfterEach
  void noRelay() throws IOException {
    relay.close();
  }

  private Connection cuttable() throws SQLException {
    return connect("127.0.0.1:" + relay.port(), "&failover_patience=20s");
  }

  private static void on(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static void isState(String state, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SQLException.class,
            e -> assertThat(e.getSQLState()).as(e.getMessage()).isEqualTo(state));
  }

  private String rows() throws SQLException {
    return TokenContract.show(connection, "SELECT string_agg(name, ',' ORDER BY name) FROM t");
  }

  // --- where it connects --------------------------------------------------------------------

  @Test
  void theFirstProxyThatAnswersIsTaken() throws SQLException {
    try (Connection second = connect("127.0.0.1:1,127.0.0.1:" + port(), "")) {
      assertThat(TokenContract.show(second, "SELECT 7")).isEqualTo("7");
    }
    try (Connection primary =
        connect(
            "127.0.0.1:" + port() + ",127.0.0.1:1",
            "&targetServerType=primary&loadBalanceHosts=true&consistency=eventual")) {
      assertThat(TokenContract.show(primary, "SHOW tandem.consistency")).isEqualTo("eventual");
    }
  }

  @Test
  void aServerThatIsNoProxyIsRefused() {
    isState("F0000", () -> connect("127.0.0.1:" + serverPort(), ""));
    isState("F0000", () -> connect("127.0.0.1:" + port(), "&log=/tmp/log"));
    isState("F0000", () -> connect("127.0.0.1:" + port(), "&consistency=some"));
    isState("F0000", () -> connect("", ""));
  }

  @Test
  void aDataSourceConnectsThroughProxiesToo() throws SQLException {
    TandemDataSource source = new TandemDataSource();
    source.setUrl("jdbc:tandem://127.0.0.1:" + port() + "/postgres");
    try (Connection one = source.getConnection("postgres", "any")) {
      assertThat(TokenContract.show(one, "SELECT current_user")).isEqualTo("postgres");
    }
  }

  // --- a connection that is lost ------------------------------------------------------------

  @Test
  void anIdleConnectionThatIsLostIsMadeAgainAsItWas() throws SQLException, IOException {
    try (Connection lost = cuttable();
        PreparedStatement kept = lost.prepareStatement("SELECT ? || current_setting('app.x')")) {
      lost.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      kept.setString(1, "p");
      kept.setMaxRows(5);
      on(lost, "SET app.x = 'it''s &=%'");
      on(lost, "SELECT set_config('app.y', 'two', false)");
      on(lost, "SET tandem.consistency = 'session'");
      on(lost, "SET search_path = \"$user\", public, pg_catalog");
      relay.cutAll();
      try (var row = kept.executeQuery()) {
        row.next();
        assertThat(row.getString(1)).isEqualTo("pit's &=%");
      }
      assertThat(kept.getMaxRows()).isEqualTo(5);
      assertThat(TokenContract.show(lost, "SHOW app.y")).isEqualTo("two");
      assertThat(TokenContract.show(lost, "SHOW tandem.consistency")).isEqualTo("session");
      assertThat(TokenContract.show(lost, "SHOW search_path"))
          .isEqualTo("\"$user\", public, pg_catalog");
      lost.setAutoCommit(false);
      assertThat(TokenContract.show(lost, "SHOW transaction_isolation"))
          .isEqualTo("repeatable read");
      lost.setAutoCommit(true);
      assertThat(lost.isClosed()).isFalse();
      assertThat(lost.isValid(5)).isTrue();
    }
  }

  /** † An interrupted COMMIT is never replayed, its outcome is looked up. */
  @Test
  void aCommitWhoseAnswerIsLostIsFoundToBeCommitted() throws SQLException {
    try (Connection lost = cuttable()) {
      lost.setAutoCommit(false);
      on(lost, "INSERT INTO t (name) VALUES ('once')");
      relay.next(Cut.ANSWER);
      lost.commit();
      assertThat(lost.getAutoCommit()).isFalse();
      on(lost, "INSERT INTO t (name) VALUES ('twice')");
      relay.next(Cut.ANSWER);
      lost.setAutoCommit(true);
      assertThat(lost.getAutoCommit()).isTrue();
    }
    assertThat(rows()).isEqualTo("once,twice");
  }

  @Test
  void aCommitThatDidNotArriveIsATransactionToRunAgain() throws SQLException {
    try (Connection lost = cuttable()) {
      lost.setAutoCommit(false);
      on(lost, "INSERT INTO t (name) VALUES ('lost')");
      relay.next(Cut.REQUEST);
      isState("40001", lost::commit);
      on(lost, "INSERT INTO t (name) VALUES ('again')");
      lost.commit();
    }
    assertThat(rows()).isEqualTo("again");
  }

  @Test
  void aCommitInSqlIsLookedUpAsWell() throws SQLException {
    try (Connection lost = cuttable()) {
      on(lost, "BEGIN");
      on(lost, "INSERT INTO t (name) VALUES ('kept')");
      relay.next(Cut.ANSWER);
      isState("08007", () -> on(lost, "COMMIT"));
      on(lost, "BEGIN");
      on(lost, "INSERT INTO t (name) VALUES ('lost')");
      relay.next(Cut.REQUEST);
      isState("40001", () -> on(lost, "COMMIT"));
    }
    assertThat(rows()).isEqualTo("kept");
  }

  @Test
  void anOpenTransactionIsLostAndSaysSo() throws SQLException, IOException {
    try (Connection lost = cuttable();
        PreparedStatement insert = lost.prepareStatement("INSERT INTO t (name) VALUES (?)")) {
      lost.setAutoCommit(false);
      insert.setString(1, "one");
      insert.executeUpdate();
      relay.next(Cut.ANSWER);
      insert.setString(1, "two");
      isState("40001", insert::executeUpdate);
      insert.executeUpdate();
      relay.cutAll();
      lost.rollback();
      insert.setString(1, "three");
      insert.executeUpdate();
      relay.cutAll();
      isState("40001", lost::commit);
      insert.executeUpdate();
      lost.commit();
    }
    assertThat(rows()).isEqualTo("three");
  }

  @Test
  void aStatementOnItsOwnThatDidNotArriveIsRunAgainUnseen() throws SQLException {
    try (Connection lost = cuttable();
        PreparedStatement insert =
            lost.prepareStatement(
                "INSERT INTO t (name) VALUES (?)", Statement.RETURN_GENERATED_KEYS)) {
      insert.setString(1, "one");
      relay.next(Cut.REQUEST);
      assertThat(insert.executeUpdate()).isEqualTo(1);
      try (var keys = insert.getGeneratedKeys()) {
        assertThat(keys.next()).isTrue();
      }
      for (String name : new String[] {"three", "two"}) {
        insert.setString(1, name);
        insert.addBatch();
      }
      relay.next(Cut.REQUEST);
      assertThat(insert.executeBatch()).containsExactly(1, 1);
      relay.next(Cut.ANSWER);
      assertThat(TokenContract.show(lost, "SELECT count(*) FROM t")).isEqualTo("3");
      insert.setCharacterStream(1, new java.io.StringReader("stream"));
      relay.next(Cut.REQUEST);
      isState("40001", insert::executeUpdate);
    }
    assertThat(rows()).isEqualTo("one,three,two");
  }

  /** † It must not be run twice, and its count is not known. */
  @Test
  void aStatementOnItsOwnWhoseAnswerIsLostIsNotRunAgain() throws SQLException {
    try (Connection lost = cuttable()) {
      relay.next(Cut.ANSWER);
      isState("08007", () -> on(lost, "INSERT INTO t (name) VALUES ('once')"));
      on(lost, "INSERT INTO t (name) VALUES ('then')");
    }
    assertThat(rows()).isEqualTo("once,then");
  }

  @Test
  void whatBelongedToTheConnectionAloneIsSaidToBeLostOnce() throws SQLException, IOException {
    try (Connection lost = cuttable()) {
      on(lost, "CREATE TEMP TABLE own (n int)");
      relay.cutAll();
      isState("57P01", () -> on(lost, "INSERT INTO own VALUES (1)"));
      isState("42P01", () -> on(lost, "INSERT INTO own VALUES (1)"));
      on(lost, "PREPARE one AS SELECT 1");
      relay.next(Cut.REQUEST);
      isState("57P01", () -> on(lost, "INSERT INTO t (name) VALUES ('not')"));
      on(lost, "INSERT INTO t (name) VALUES ('done')");
    }
    assertThat(rows()).isEqualTo("done");
  }

  @Test
  void whereNobodyAnswersWithinThePatienceTheOutcomeIsUnknown() throws SQLException, IOException {
    try (Connection lost =
        connect("127.0.0.1:" + relay.port(), "&failover_patience=300ms&connectTimeout=2")) {
      lost.setAutoCommit(false);
      on(lost, "INSERT INTO t (name) VALUES ('who knows')");
      relay.close();
      isState("08007", lost::commit);
      isState("08001", () -> on(lost, "SELECT 1"));
    }
  }

  /** A proxy that has just started may not be able to tell yet. */
  @Test
  void anOutcomeIsAskedForOutsideOfTransactions() throws SQLException {
    VendorConnection vendor =
        VendorConnection.open(
            ProxyUrl.parse(
                "jdbc:tandem://127.0.0.1:" + port() + "/postgres?user=postgres", new Properties()));
    try (Connection manual = vendor.connection()) {
      String token = vendor.token();
      manual.setAutoCommit(false);
      on(manual, "INSERT INTO t (name) VALUES ('not')");
      isState("22023", () -> vendor.outcome("no token"));
      assertThat(vendor.inTransaction()).isFalse();
      assertThat(vendor.outcome(token)).hasValue("in progress"); // of whatever comes next
      assertThat(manual.getAutoCommit()).isFalse();
      on(manual, "INSERT INTO t (name) VALUES ('then')");
      manual.commit();
    }
    assertThat(rows()).isEqualTo("then");
  }

  @Test
  void aStreamThatWasReadIsNotSentAgain() throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement("SELECT length(?)")) {
      statement.setBinaryStream(1, new ByteArrayInputStream(new byte[] {1, 2, 3}));
      TokenContract.show(connection, "SELECT 1");
      try (var row = statement.executeQuery()) {
        row.next();
        assertThat(row.getInt(1)).isEqualTo(3);
      }
    }
  }
}
