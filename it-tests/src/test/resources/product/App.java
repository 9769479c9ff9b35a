package app;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.tandemdb.jdbc.TandemDataSource;

/** An application with the driver's one jar: writes and reads in both ways to a connection. */
public final class App {
  public static void main(String[] args) throws SQLException {
    try (Connection db = DriverManager.getConnection(args[0])) {
      run(db, "CREATE TABLE note (id serial PRIMARY KEY, t text, at timestamptz DEFAULT now())");
      run(db, "INSERT INTO note (t) VALUES ('manager')");
    } catch (SQLException e) {
      System.out.println("refused " + e.getMessage());
      return;
    }
    TandemDataSource source = new TandemDataSource();
    source.setUrl(args[0]);
    source.setMarkLimit("20s");
    source.setMarkLimit("30s");
    try (Connection db = source.getConnection()) {
      run(db, "INSERT INTO note (t) VALUES ('source')");
      try (Statement s = db.createStatement();
          ResultSet rows = s.executeQuery("SELECT id, t FROM note ORDER BY id")) {
        while (rows.next()) {
          System.out.println("row " + rows.getInt(1) + " " + rows.getString(2));
        }
      }
    }
    System.out.println("module " + TandemDataSource.class.getModule().getName());
  }

  private static void run(Connection db, String sql) throws SQLException {
    try (Statement s = db.createStatement()) {
      s.execute(sql);
    }
  }
}
