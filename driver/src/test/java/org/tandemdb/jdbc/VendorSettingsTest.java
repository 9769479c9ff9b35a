package org.tandemdb.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.tandemdb.config.TandemUrl;
import org.tandemdb.entry.Value;
import org.tandemdb.error.TandemException;

/** The vendor driver's properties that are honoured here. */
class VendorSettingsTest {
  private final FakeEngine engine = new FakeEngine(Postgres.server());

  private static VendorSettings of(String parameters, String... properties) {
    Properties given = new Properties();
    for (int i = 0; i < properties.length; i += 2) {
      given.setProperty(properties[i], properties[i + 1]);
    }
    String url = "jdbc:tandem:[jdbc:postgresql://a/x" + parameters + "]?log=/tmp/none";
    return VendorSettings.of(TandemUrl.parse(url, given).cluster());
  }

  @Test
  void theyComeFromThePropertiesAndTheUrlWhichWins() {
    assertThat(of("")).isEqualTo(VendorSettings.DEFAULT);
    assertThat(of("", "stringtype", "unspecified", "defaultRowFetchSize", "7"))
        .isEqualTo(new VendorSettings(CallMode.SELECT, true, 7));
    assertThat(of("?x=y&escapeSyntaxCallMode=callIfNoReturn", "escapeSyntaxCallMode", "call"))
        .isEqualTo(new VendorSettings(CallMode.CALL_IF_NO_RETURN, false, 0));
    for (String wrong : new String[] {"escapeSyntaxCallMode=never", "stringtype=json"}) {
      assertThatThrownBy(() -> of("?" + wrong)).isInstanceOf(TandemException.class);
    }
    assertThatThrownBy(() -> of("?defaultRowFetchSize=-1")).isInstanceOf(TandemException.class);
  }

  @Test
  void stringsWithoutATypeTakeTheColumns() throws SQLException {
    engine.settings = new VendorSettings(CallMode.SELECT, true, 0);
    try (Connection connection = engine.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS t");
      statement.execute("CREATE TABLE t (id int PRIMARY KEY, j json, d date)");
      try (PreparedStatement insert =
          connection.prepareStatement("INSERT INTO t VALUES (?, ?, ?)")) {
        insert.setString(1, "1");
        insert.setObject(2, "{}", Types.VARCHAR);
        insert.setObject(3, "2024-01-01");
        assertThat(insert.executeUpdate()).isEqualTo(1);
        insert.setString(1, "2");
        insert.setNull(2, Types.VARCHAR);
        insert.setString(3, null);
        assertThat(insert.executeUpdate()).isEqualTo(1);
      }
    }
    for (FakeSession.Reported write : engine.lastSession().reported) {
      for (Value value : write.parameters()) {
        assertThat(value.type()).isEqualTo(org.tandemdb.entry.TypeRef.UNSPECIFIED);
      }
    }
    assertThat(engine.lastSession().reported).hasSize(2);
  }

  @Test
  void callsAreWhatTheModeSays() throws SQLException {
    engine.settings = new VendorSettings(CallMode.CALL_IF_NO_RETURN, false, 0);
    try (Connection connection = engine.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE OR REPLACE PROCEDURE doubled(INOUT a int) LANGUAGE plpgsql"
              + " AS 'BEGIN a := a * 2; END'");
      try (CallableStatement call = connection.prepareCall("{call doubled(?)}")) {
        call.setInt(1, 4);
        call.registerOutParameter(1, Types.INTEGER);
        call.execute();
        assertThat(call.getInt(1)).isEqualTo(8);
      }
    }
  }

  @Test
  void rowsComeInPortionsOfTheDefaultSize() throws SQLException {
    engine.settings = new VendorSettings(CallMode.SELECT, false, 3);
    try (Connection connection = engine.connect();
        Statement statement = connection.createStatement()) {
      assertThat(statement.getFetchSize()).isEqualTo(3);
      try (ResultSet rows = statement.executeQuery("SELECT generate_series(1, 10)")) {
        int count = 0;
        while (rows.next()) {
          count++;
        }
        assertThat(count).isEqualTo(10);
      }
    }
  }
}
