package org.tandemdb.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.Reader;
import java.io.StringReader;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.Array;
import java.sql.Blob;
import java.sql.Clob;
import java.sql.Date;
import java.sql.JDBCType;
import java.sql.NClob;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLType;
import java.sql.SQLXML;
import java.sql.Statement;
import java.sql.Time;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Every method {@code updateXxx} of JDBC, found by its name. */
abstract class UpdatersContract extends JdbcContract {
  private static final byte[] ABC = "abc".getBytes(StandardCharsets.US_ASCII);
  private static final int LENGTH = 3;

  /** What PostgreSQL's own driver does not have. */
  private static final Set<String> NOT_EVERYWHERE =
      Set.of(
          "updateRef",
          "updateRowId",
          "updateBlob",
          "updateClob",
          "updateNClob",
          "updateNString",
          "updateNCharacterStream",
          "updateCharacterStream",
          "updateBinaryStream",
          "updateAsciiStream",
          "updateObject");

  /** It is Tandem's own ResultSet, and not PostgreSQL's driver's. */
  boolean isTandems() {
    return false;
  }

  /** A column, and what is in it once a value is written. */
  private enum Target {
    TXT("abc"),
    BIN("\\x616263"),
    NUM("7"),
    FLAG("true"),
    DAY("2026-02-03"),
    AT("04:05:06"),
    MOMENT("2026-02-03 04:05:06.789"),
    LIST("{1,2}"),
    DOC("<a>b</a>");

    private final String written;

    Target(String written) {
      this.written = written;
    }
  }

  private static Target target(Method updater) {
    Class<?> type = updater.getParameterTypes()[1];
    if (type == InputStream.class && updater.getName().equals("updateAsciiStream")) {
      return Target.TXT;
    }
    if (type == InputStream.class || type == Blob.class || type == byte[].class) {
      return Target.BIN;
    }
    if (type == boolean.class) {
      return Target.FLAG;
    }
    if (type.isPrimitive() || type == BigDecimal.class) {
      return Target.NUM;
    }
    if (type == Date.class) {
      return Target.DAY;
    }
    if (type == Time.class) {
      return Target.AT;
    }
    if (type == Timestamp.class) {
      return Target.MOMENT;
    }
    if (type == Array.class) {
      return Target.LIST;
    }
    return type == SQLXML.class ? Target.DOC : Target.TXT;
  }

  private @Nullable Object value(Class<?> type) throws SQLException {
    if (type == InputStream.class) {
      return new ByteArrayInputStream(ABC);
    } else if (type == Reader.class) {
      return new StringReader("abc");
    } else if (type == byte[].class) {
      return ABC;
    } else if (type == boolean.class) {
      return true;
    } else if (type == byte.class) {
      return (byte) 7;
    } else if (type == short.class) {
      return (short) 7;
    } else if (type == int.class) {
      return 7;
    } else if (type == long.class) {
      return 7L;
    } else if (type == float.class) {
      return 7F;
    } else if (type == double.class) {
      return 7D;
    } else if (type == BigDecimal.class) {
      return BigDecimal.valueOf(7);
    } else if (type == Date.class) {
      return Date.valueOf("2026-02-03");
    } else if (type == Time.class) {
      return Time.valueOf("04:05:06");
    } else if (type == Timestamp.class) {
      return Timestamp.valueOf("2026-02-03 04:05:06.789");
    } else if (type == Array.class) {
      return connection.createArrayOf("int4", new Integer[] {1, 2});
    } else if (type == SQLXML.class) {
      SQLXML xml = connection.createSQLXML();
      xml.setString("<a>b</a>");
      return xml;
    } else if (type == NClob.class || type == Clob.class) {
      Clob text = type == NClob.class ? connection.createNClob() : connection.createClob();
      text.setString(1, "abc");
      return text;
    } else if (type == Blob.class) {
      Blob bytes = connection.createBlob();
      bytes.setBytes(1, ABC);
      return bytes;
    }
    return type == String.class || type == Object.class ? "abc" : null; // Ref, RowId
  }

  private @Nullable Object[] arguments(Method updater, boolean isNull) throws SQLException {
    Class<?>[] types = updater.getParameterTypes();
    @Nullable Object[] arguments = new Object[types.length];
    Target target = target(updater);
    arguments[0] = types[0] == int.class ? (Object) (target.ordinal() + 2) : target.name();
    arguments[1] = isNull ? null : value(types[1]);
    for (int i = 2; i < types.length; i++) {
      if (types[i] == SQLType.class) {
        arguments[i] = JDBCType.VARCHAR;
      } else {
        arguments[i] = types[i] == long.class ? (Object) (long) LENGTH : (Object) LENGTH;
      }
    }
    return arguments;
  }

  private List<Method> updaters() {
    List<Method> updaters = new ArrayList<>();
    for (Method method : ResultSet.class.getMethods()) {
      // PostgreSQL's own driver sends a byte as a text, which no column of numbers takes.
      boolean isKnown = isTandems() || !method.getName().equals("updateByte");
      if (isKnown && method.getName().startsWith("update") && method.getParameterCount() > 1) {
        updaters.add(method);
      }
    }
    return updaters;
  }

  @Test
  void everyUpdaterWritesItsColumn() throws Exception {
    run("DROP TABLE IF EXISTS updaters");
    run(
        "CREATE TABLE updaters (id int PRIMARY KEY, txt text, bin bytea, num numeric, flag boolean,"
            + " day date, at time, moment timestamp, list int[], doc xml)");
    run("INSERT INTO updaters VALUES (1)");
    connection.setAutoCommit(false);
    Set<String> refused = new TreeSet<>();
    int written = 0;
    try (Statement statement =
            connection.createStatement(
                ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE);
        ResultSet rows = statement.executeQuery("SELECT * FROM updaters")) {
      rows.next();
      for (Method updater : updaters()) {
        Target target = target(updater);
        String found = "SELECT coalesce(" + target + "::text, 'null') FROM updaters";
        try {
          updater.invoke(rows, arguments(updater, false));
          rows.updateRow();
          assertThat(text(found)).as(updater.toString()).isEqualTo(target.written);
          assertThat(rows.getString(target.name())).as(updater.toString()).isNotNull();
          written++;
          if (!updater.getParameterTypes()[1].isPrimitive()) {
            updater.invoke(rows, arguments(updater, true));
            rows.updateRow();
            assertThat(text(found)).as("null by " + updater).isEqualTo("null");
          }
          rows.updateNull(target.ordinal() + 2);
          rows.updateRow();
          assertThat(text(found)).as("null after " + updater).isEqualTo("null");
        } catch (SQLFeatureNotSupportedException e) {
          refused.add(updater.getName());
        } catch (InvocationTargetException e) {
          if (!(e.getCause() instanceof SQLFeatureNotSupportedException)) {
            throw new AssertionError(updater.toString(), e.getCause());
          }
          refused.add(updater.getName());
        }
      }
    }
    connection.commit();
    connection.setAutoCommit(true);
    if (isTandems()) {
      assertThat(refused).containsExactly("updateRef", "updateRowId");
      assertThat(written).isEqualTo(updaters().size() - 4);
    } else {
      assertThat(refused).isSubsetOf(NOT_EVERYWHERE);
      assertThat(written).isGreaterThan(30);
    }
    run("DROP TABLE updaters");
  }
}
