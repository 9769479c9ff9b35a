package org.tandemdb.it.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.StringReader;
import java.io.StringWriter;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;
import org.postgresql.PGResultSetMetaData;
import org.postgresql.copy.CopyManager;

/** PostgreSQL's own driver, which does not know that there is a proxy. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProxyIT {
  private static final String SIMPLE = "preferQueryMode=simple";
  private static final String EXTENDED = "preferQueryMode=extended";

  /** Every statement is prepared by name, and values are sent and received in binary. */
  private static final String PREPARED = "prepareThreshold=-1&binaryTransfer=true";

  private ProxyPlace place;

  @BeforeAll
  void start() throws Exception {
    place = ProxyPlace.shared();
    try (Connection connection = place.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE item (id bigserial PRIMARY KEY, name text, price numeric(12, 2),"
              + " at timestamptz DEFAULT now())");
      statement.execute("CREATE TABLE pair (a int, b uuid, note text, PRIMARY KEY (a, b))");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {SIMPLE, EXTENDED, PREPARED})
  void whatIsWrittenIsOnBothServersAndShowsNothingThatItsClientDidNotAskFor(String mode)
      throws Exception {
    String name = mode + " pen";
    try (Connection connection = place.connect(mode)) {
      try (PreparedStatement insert =
          connection.prepareStatement("INSERT INTO item (name, price) VALUES (?, ?)")) {
        insert.setString(1, name);
        insert.setBigDecimal(2, new java.math.BigDecimal("2.50"));
        assertThat(insert.execute()).as("no rows, for none were asked for").isFalse();
        assertThat(insert.getUpdateCount()).isEqualTo(1);
      }
      try (PreparedStatement insert =
          connection.prepareStatement("INSERT INTO item (name) VALUES (?), (?) RETURNING name")) {
        insert.setString(1, name + " 2");
        insert.setString(2, name + " 3");
        try (ResultSet rows = insert.executeQuery()) {
          assertThat(rows.getMetaData().getColumnCount()).isEqualTo(1);
          assertThat(rows.next()).isTrue();
          assertThat(rows.getString(1)).isEqualTo(name + " 2");
        }
      }
      try (PreparedStatement update =
          connection.prepareStatement("UPDATE item SET price = ? WHERE name LIKE ?")) {
        update.setBigDecimal(1, new java.math.BigDecimal("3.75"));
        update.setString(2, name + " _");
        assertThat(update.executeUpdate()).isEqualTo(2);
      }
      try (PreparedStatement delete =
          connection.prepareStatement("DELETE FROM item WHERE name = ?")) {
        delete.setString(1, name + " 3");
        assertThat(delete.executeUpdate()).isEqualTo(1);
      }
      try (PreparedStatement read =
          connection.prepareStatement(
              "SELECT name, price FROM item WHERE name LIKE ? ORDER BY 1")) {
        read.setString(1, name + "%");
        try (ResultSet rows = read.executeQuery()) {
          assertThat(rows.next()).isTrue();
          assertThat(rows.getString(1)).isEqualTo(name);
          assertThat(rows.next()).isTrue();
          assertThat(rows.getBigDecimal(2)).isEqualByComparingTo("3.75");
          assertThat(rows.next()).isFalse();
        }
      }
    }
    place.assertEqualCopies();
  }

  @ParameterizedTest
  @ValueSource(strings = {SIMPLE, EXTENDED, PREPARED})
  void aTransactionIsOnBothServersAndARolledBackOneOnNone(String mode) throws Exception {
    try (Connection connection = place.connect(mode);
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("INSERT INTO item (name) VALUES ('" + mode + " kept')");
      connection.commit();
      statement.execute("INSERT INTO item (name) VALUES ('" + mode + " gone')");
      connection.rollback();
      connection.setAutoCommit(true);
      assertThat(
              ProxyPlace.rows(
                  connection, "SELECT name FROM item WHERE name LIKE '" + mode + " %ne%'"))
          .isEmpty();
    }
    place.assertEqualCopies();
    assertThat(place.rows("b", "SELECT name FROM item WHERE name LIKE '" + mode + " kept'"))
        .hasSize(1);
  }

  /** A value whose binary form the proxy does not know is logged as the server reads it. */
  @Test
  void valuesInBinaryAreLoggedAsTheServerReadsThem() throws Exception {
    java.util.UUID id = java.util.UUID.fromString("00000000-0000-0000-0000-00000000beef");
    try (Connection connection = place.connect(PREPARED);
        PreparedStatement insert =
            connection.prepareStatement("INSERT INTO pair (a, b, note) VALUES (?, ?, ?)")) {
      for (int i = 0; i < 3; i++) {
        insert.setInt(1, i);
        insert.setObject(2, id);
        insert.setString(3, i == 1 ? null : "note " + i);
        insert.executeUpdate();
      }
    }
    place.assertEqualCopies();
    assertThat(place.rows("b", "SELECT a, b, coalesce(note, '-') FROM pair ORDER BY a"))
        .containsExactly("0|" + id + "|note 0", "1|" + id + "|-", "2|" + id + "|note 2");
  }

  @ParameterizedTest
  @ValueSource(strings = {SIMPLE, EXTENDED})
  void aServersErrorComesWithAllThatItSays(String mode) throws Exception {
    try (Connection connection = place.connect(mode);
        Statement statement = connection.createStatement()) {
      statement.execute("INSERT INTO pair VALUES (100, gen_random_uuid(), 'x')");
      assertThatThrownBy(() -> statement.execute("INSERT INTO pair VALUES (1, NULL, 'x')"))
          .isInstanceOfSatisfying(
              org.postgresql.util.PSQLException.class,
              e -> {
                assertThat(e.getSQLState()).isEqualTo("23502");
                assertThat(e.getServerErrorMessage().getTable()).isEqualTo("pair");
                assertThat(e.getServerErrorMessage().getColumn()).isEqualTo("b");
              });
      assertThat(ProxyPlace.rows(connection, "SELECT 1")).containsExactly("1");
    }
  }

  @Test
  void anErrorFailsTheBlockUntilItIsRolledBackToASavepoint() throws Exception {
    try (Connection connection = place.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("INSERT INTO item (name) VALUES ('before')");
      statement.execute("SAVEPOINT here");
      assertThatThrownBy(() -> statement.execute("SELECT 1/0")).hasMessageContaining("zero");
      assertThatThrownBy(() -> statement.execute("SELECT 1"))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25P02"));
      statement.execute("ROLLBACK TO SAVEPOINT here");
      statement.execute("INSERT INTO item (name) VALUES ('after')");
      connection.commit();
    }
    place.assertEqualCopies();
    assertThat(place.rows("b", "SELECT count(*) FROM item WHERE name IN ('before', 'after')"))
        .containsExactly("2");
  }

  /** What runs inside of the database reaches the other server as rows. */
  @Test
  void triggersAndFunctionsAreTraced() throws Exception {
    try (Connection connection = place.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE audit (n int PRIMARY KEY, at timestamptz)");
      statement.execute(
          "CREATE FUNCTION note(i int) RETURNS int LANGUAGE plpgsql AS"
              + " $$BEGIN INSERT INTO audit VALUES (i, clock_timestamp()); RETURN i; END$$");
      assertThat(ProxyPlace.rows(connection, "SELECT note(7)")).containsExactly("7");
      connection.setAutoCommit(false);
      statement.execute("CREATE TABLE made (id int PRIMARY KEY)");
      statement.execute("INSERT INTO made SELECT generate_series(1, 3)");
      assertThat(ProxyPlace.rows(connection, "SELECT note(8)")).containsExactly("8");
      connection.commit();
    }
    place.assertEqualCopies();
    assertThat(place.rows("b", "SELECT n FROM audit ORDER BY n")).containsExactly("7", "8");
    assertThat(place.rows("b", "SELECT count(*) FROM made")).containsExactly("3");
  }

  @Test
  void aCursorGivesItsRowsInPortions() throws Exception {
    try (Connection connection = place.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.setFetchSize(3);
      int rows = 0;
      try (ResultSet result = statement.executeQuery("SELECT generate_series(1, 10)")) {
        while (result.next()) {
          rows++;
        }
      }
      assertThat(rows).isEqualTo(10);
      try (ResultSet result =
          statement.executeQuery(
              "INSERT INTO item (name) SELECT 'n' || i FROM generate_series(1, 10) i"
                  + " RETURNING name")) {
        while (result.next()) {
          rows++;
        }
      }
      assertThat(rows).isEqualTo(20);
      connection.commit();
    }
    place.assertEqualCopies();
  }

  /** Each server has a number of its own for a type, and clients look numbers up that they got. */
  @Test
  void numbersOfTypesAreThePrimarysWhereverAReadWouldRun() throws Exception {
    try (Connection replica = place.directly("b");
        Statement statement = replica.createStatement()) {
      statement.execute("CREATE TYPE not_for_long AS ENUM ('one')");
      statement.execute("DROP TYPE not_for_long");
    }
    try (Connection connection = place.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TYPE mood AS ENUM ('sad', 'happy')");
      statement.execute("CREATE TABLE felt (id serial PRIMARY KEY, moods mood[])");
    }
    for (int i = 0; i < 6; i++) {
      try (Connection connection = place.connect("prepareThreshold=" + (i % 2 == 0 ? -1 : 5));
          Statement statement = connection.createStatement();
          PreparedStatement declared =
              connection.prepareStatement("INSERT INTO felt (moods) VALUES (?) RETURNING moods")) {
        statement.executeQuery("SELECT 1").close();
        try (ResultSet rows = statement.executeQuery("SELECT array['sad', NULL]::mood[]")) {
          rows.next();
          assertThat(rows.getArray(1).getBaseTypeName()).isEqualTo("mood");
        }
        declared.setArray(1, connection.createArrayOf("mood", new Object[] {"happy"}));
        try (ResultSet rows = declared.executeQuery()) {
          rows.next();
          assertThat(rows.getArray(1).getBaseTypeName()).isEqualTo("mood");
        }
        try (ResultSet rows = statement.executeQuery("SELECT moods, moods[1] FROM felt")) {
          rows.next();
          assertThat(rows.getArray(1).getBaseTypeName()).isEqualTo("mood");
          assertThat(rows.getMetaData().getColumnTypeName(2)).isEqualTo("mood");
        }
        try (ResultSet rows = statement.executeQuery("SELECT id FROM felt")) {
          assertThat(rows.getMetaData().unwrap(PGResultSetMetaData.class).getBaseTableName(1))
              .isEqualTo("felt");
        }
      }
    }
  }

  @Test
  void batchesAreOneTransaction() throws Exception {
    try (Connection connection = place.connect();
        PreparedStatement insert =
            connection.prepareStatement(
                "INSERT INTO pair VALUES (?, gen_random_uuid(), 'batch')")) {
      for (int i = 0; i < 20; i++) {
        insert.setInt(1, 1000 + i);
        insert.addBatch();
      }
      assertThat(insert.executeBatch()).hasSize(20);
    }
    place.assertEqualCopies();
    assertThat(place.rows("b", "SELECT count(*) FROM pair WHERE note = 'batch'"))
        .containsExactly("20");
  }

  /** The servers have eight links for all of them. */
  @Test
  void manyClientsShareFewLinks() throws Exception {
    List<Connection> idle = new ArrayList<>();
    try {
      List<CompletableFuture<Void>> busy = new ArrayList<>();
      for (int i = 0; i < 24; i++) {
        idle.add(place.connect());
        int client = i;
        busy.add(CompletableFuture.runAsync(() -> work(client)));
      }
      for (CompletableFuture<Void> one : busy) {
        one.get(60, TimeUnit.SECONDS);
      }
      for (Connection connection : idle) {
        assertThat(ProxyPlace.rows(connection, "SHOW TimeZone")).hasSize(1);
      }
    } finally {
      for (Connection connection : idle) {
        connection.close();
      }
    }
    place.assertEqualCopies();
    assertThat(place.rows("b", "SELECT count(*), count(DISTINCT note) FROM pair WHERE a >= 5000"))
        .containsExactly("120|24");
  }

  /** Its settings are with it, whichever link it has. */
  private void work(int client) {
    try (Connection connection = place.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("SET application_name TO 'client " + client + "'");
      for (int i = 0; i < 5; i++) {
        connection.setAutoCommit(false);
        statement.execute(
            "INSERT INTO pair SELECT "
                + (5000 + client * 10 + i)
                + ", gen_random_uuid(), current_setting('application_name')");
        connection.commit();
        connection.setAutoCommit(true);
        assertThat(ProxyPlace.rows(connection, "SHOW application_name"))
            .containsExactly("client " + client);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void copyTakesRowsInAndGivesThemOut() throws Exception {
    try (Connection connection = place.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE loaded (id int PRIMARY KEY, word text, at date DEFAULT current_date)");
      CopyManager copy = connection.unwrap(PGConnection.class).getCopyAPI();
      StringBuilder rows = new StringBuilder();
      for (int i = 0; i < 5000; i++) {
        rows.append(i).append("\tword ").append(i).append('\n');
      }
      assertThat(
              copy.copyIn("COPY loaded (id, word) FROM STDIN", new StringReader(rows.toString())))
          .isEqualTo(5000);
      assertThatThrownBy(
              () ->
                  copy.copyIn(
                      "COPY loaded (id, word) FROM STDIN",
                      new StringReader("6000\tgood\nseven\tbad\n" + rows)))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("22P02"));
      StringWriter out = new StringWriter();
      assertThat(copy.copyOut("COPY (SELECT id, word FROM loaded ORDER BY id) TO STDOUT", out))
          .isEqualTo(5000);
      assertThat(out.toString()).isEqualTo(rows.toString());
    }
    place.assertEqualCopies();
    assertThat(place.rows("b", "SELECT count(*), max(word) FROM loaded"))
        .containsExactly("5000|word 999");
  }
}
