package org.tandemdb.it.crash;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicBoolean;
import org.tandemdb.engine.pg.Joints;
import org.tandemdb.engine.pg.PgEngines;
import org.tandemdb.it.crash.Tap.Hook;
import org.tandemdb.jdbc.Drivers;

/**
 * A process of its own that holds an engine and writes until it is killed, or ends in its {@link
 * Trap}. Says what was acknowledged on its standard output, one line each: {@code READY}, {@code
 * ACK token}, {@code NO token} for what was rolled back for certain, {@code ASK token name} before
 * a transaction is committed, with the name by which its outcome is to be asked, {@code PAUSED}. A
 * byte on its standard input stops the clients; the end of it ends the process.
 */
final class Victim {
  private static final String UNKNOWN = "08007";
  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
  private final AtomicBoolean stop = new AtomicBoolean();
  private final String run;

  private Victim(String run) {
    this.run = run;
  }

  /**
   * @param args the URL, the number of clients, the trap, a word that makes the tokens unique
   */
  public static void main(String[] args) throws Exception {
    new Victim(args[3]).work(args[0], Integer.parseInt(args[1]), Trap.of(args[2]));
  }

  private void work(String url, int clients, Hook hook)
      throws SQLException, IOException, InterruptedException {
    Joints joints = new Joints(log -> Tap.log(log, hook), port -> Tap.port(port, hook));
    Driver driver =
        Drivers.over((config, env) -> PgEngines.open(config, Tap.disk(env, hook), joints));
    try (Connection first = connect(driver, url)) {
      out.println("READY");
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < clients; i++) {
        int number = i;
        Thread thread = new Thread(() -> client(driver, url, number), "client-" + i);
        thread.start();
        threads.add(thread);
      }
      int command = System.in.read();
      stop.set(true);
      for (Thread thread : threads) {
        thread.join();
      }
      if (command >= 0) {
        out.println("PAUSED");
        while (System.in.read() >= 0) {
          Thread.onSpinWait();
        }
      }
      first.commit();
    }
  }

  private static Connection connect(Driver driver, String url) throws SQLException {
    Connection connection = driver.connect(url, new Properties());
    if (connection == null) {
      throw new SQLException("not a URL of Tandem: " + url, "08001");
    }
    connection.setAutoCommit(false);
    return connection;
  }

  private void client(Driver driver, String url, int number) {
    boolean single = number % 2 == 0;
    try (Connection connection = connect(driver, url)) {
      connection.setAutoCommit(single);
      for (int i = 0; !stop.get(); i++) {
        String token = (single ? "s-" : "t-") + run + "-" + number + "-" + i;
        write(connection, token, number, single);
      }
    } catch (SQLException e) {
      out.println("ERROR " + e.getSQLState() + " " + e.getMessage());
    }
  }

  private void write(Connection connection, String token, int number, boolean single)
      throws SQLException {
    try {
      insert(connection, token, 1);
      if (!single) {
        insert(connection, token, 2);
        try (PreparedStatement update =
            connection.prepareStatement("UPDATE tally SET n = n + 1 WHERE id = ?")) {
          update.setInt(1, number);
          update.executeUpdate();
        }
        out.println("ASK " + token + " " + transactionToken(connection));
        connection.commit();
      }
      out.println("ACK " + token);
    } catch (SQLException e) {
      out.println((UNKNOWN.equals(e.getSQLState()) ? "UNKNOWN " : "NO ") + token);
      out.println("ERROR " + e.getSQLState() + " " + e.getMessage());
      if (!single) {
        connection.rollback();
      }
    }
  }

  private static String transactionToken(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SHOW tandem.transaction_token")) {
      row.next();
      return row.getString(1);
    }
  }

  private static void insert(Connection connection, String token, int part) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO act (token, part) VALUES (?, ?)")) {
      insert.setString(1, token);
      insert.setInt(2, part);
      insert.executeUpdate();
    }
  }
}
