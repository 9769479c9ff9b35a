package org.tandemdb.backend.pg;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.tandemdb.backend.BackendControl.Facts;
import org.tandemdb.backend.BackendControl.TableDigest;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Position;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;

/** Looks at a database before anything is changed, and creates Tandem's schema in it. */
final class PgInspection {
  static final int SCHEMA_VERSION = 1;
  private static final String USER_SCHEMAS =
      "n.nspname <> 'tandem' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'";

  private static final String TABLE = "table ";

  /** An extension's parts are its own affair, and its version may be a server's. */
  private static final String OWN =
      "NOT EXISTS (SELECT FROM pg_depend x WHERE x.objid = %s.oid AND x.deptype = 'e') AND ";

  /** What is no table, as the server writes it down: an application would miss it on a copy. */
  private static final String OTHERS =
      " UNION ALL SELECT format('view %I.%I', n.nspname, c.relname), md5(pg_get_viewdef(c.oid))"
          + " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
          + " WHERE c.relkind IN ('v', 'm') AND "
          + OWN.formatted("c")
          + USER_SCHEMAS
          + " UNION ALL SELECT format('function %s', p.oid::regprocedure),"
          + " md5(CASE WHEN p.prokind = 'a' THEN '' ELSE pg_get_functiondef(p.oid) END)"
          + " FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE "
          + OWN.formatted("p")
          + USER_SCHEMAS
          + " UNION ALL SELECT format('trigger %I of %s', t.tgname, t.tgrelid::regclass),"
          + " md5(concat(pg_get_triggerdef(t.oid), t.tgenabled)) FROM pg_trigger t"
          + " JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
          + " WHERE NOT t.tgisinternal AND t.tgname !~ '^tandem_' AND "
          + USER_SCHEMAS
          + " UNION ALL SELECT format('rule %I of %s', w.rulename, w.ev_class::regclass),"
          + " md5(pg_get_ruledef(w.oid)) FROM pg_rewrite w JOIN pg_class c ON c.oid = w.ev_class"
          + " JOIN pg_namespace n ON n.oid = c.relnamespace"
          + " WHERE w.rulename <> '_RETURN' AND "
          + USER_SCHEMAS
          + " UNION ALL SELECT format('policy %I of %s', o.polname, o.polrelid::regclass),"
          + " md5(concat(o.polcmd, o.polpermissive, pg_get_expr(o.polqual, o.polrelid),"
          + " pg_get_expr(o.polwithcheck, o.polrelid))) FROM pg_policy o"
          + " UNION ALL SELECT format('type %s', t.oid::regtype), md5(concat(t.typtype,"
          + " format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault,"
          + " (SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) FROM pg_enum e"
          + "   WHERE e.enumtypid = t.oid),"
          + " (SELECT string_agg(pg_get_constraintdef(k.oid), ',' ORDER BY k.conname)"
          + "   FROM pg_constraint k WHERE k.contypid = t.oid),"
          + " (SELECT string_agg(concat(a.attname, ' ', format_type(a.atttypid, a.atttypmod)), ','"
          + "   ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = t.typrelid"
          + "   AND NOT a.attisdropped)))"
          + " FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace"
          + " WHERE t.typtype IN ('e', 'd', 'r') AND "
          + OWN.formatted("t")
          + USER_SCHEMAS
          + " UNION ALL SELECT format('type %s', c.reltype::regtype), md5(string_agg(concat(a.attname,"
          + " ' ', format_type(a.atttypid, a.atttypmod)), ',' ORDER BY a.attnum))"
          + " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
          + " JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped AND a.attnum > 0"
          + " WHERE c.relkind = 'c' AND "
          + USER_SCHEMAS
          + " GROUP BY c.oid, c.reltype"
          // It decides what the money that is stored is read as, and the first is taken for all.
          + " UNION ALL SELECT 'setting lc_monetary', md5(current_setting('lc_monetary'))"
          + " WHERE EXISTS (SELECT FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
          + " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE a.atttypid = 'money'::regtype"
          + " AND NOT a.attisdropped AND c.relkind IN ('r', 'p') AND "
          + USER_SCHEMAS
          + ")";

  private final Connection connection;

  PgInspection(Connection connection) {
    this.connection = connection;
  }

  Facts facts() throws SQLException {
    // The identifier alone is that of a copy made from the files, too; the time is the process's.
    String server =
        one(
            "SELECT system_identifier || '/' || extract(epoch FROM pg_postmaster_start_time())"
                + " || '/' || current_database() FROM pg_control_system()");
    boolean schema = one("SELECT to_regclass('tandem.cluster') IS NOT NULL").equals("t");
    List<String> missing = missing(schema);
    if (!schema || !missing.isEmpty()) {
      // Without its privileges the role does not see the schema, nor who holds what.
      return new Facts(
          server,
          Optional.empty(),
          missing,
          Optional.empty(),
          Optional.empty(),
          one("SELECT current_setting('lc_monetary')"));
    }
    UUID cluster = UUID.fromString(one("SELECT cluster_id FROM tandem.cluster"));
    Optional<String> owner = PgOwnership.holder(connection, cluster);
    return new Facts(
        server,
        Optional.of(cluster),
        missing,
        owner,
        Optional.of(held()),
        one("SELECT money_locale FROM tandem.cluster"));
  }

  private Position held() throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result =
            statement.executeQuery(
                "SELECT h.epoch, h.number FROM (SELECT epoch, number FROM tandem.watermark"
                    + " UNION ALL SELECT epoch, number FROM tandem.marker) h"
                    + " ORDER BY h.epoch DESC, h.number DESC LIMIT 1")) {
      return result.next() ? new Position(result.getLong(1), result.getLong(2)) : Position.NONE;
    }
  }

  private List<String> missing(boolean schema) throws SQLException {
    List<String> missing = new ArrayList<>();
    if (Integer.parseInt(one("SELECT current_setting('server_version_num')")) < 150000) {
      missing.add("PostgreSQL 15 or later");
    }
    if (!schema && no("has_database_privilege(current_database(), 'CREATE')")) {
      missing.add("CREATE on the database (GRANT CREATE ON DATABASE ... TO <role>)");
    }
    if (schema
        && no(
            "pg_has_role((SELECT nspowner FROM pg_namespace WHERE nspname = 'tandem'), 'USAGE')")) {
      missing.add(
          "ownership of schema tandem, which another role has made (ALTER SCHEMA tandem OWNER TO"
              + " <role>, and the tables in it; or connect as that role)");
    }
    if (no("pg_has_role('pg_signal_backend', 'USAGE')")) {
      missing.add("pg_signal_backend (GRANT pg_signal_backend TO <role>)");
    }
    if (no("pg_has_role('pg_read_all_stats', 'USAGE')")) {
      missing.add("pg_read_all_stats (GRANT pg_read_all_stats TO <role>)");
    }
    if (no("has_parameter_privilege('session_replication_role', 'SET')")) {
      missing.add(
          "SET of session_replication_role"
              + " (GRANT SET ON PARAMETER session_replication_role TO <role>)");
    }
    return missing;
  }

  private boolean no(String condition) throws SQLException {
    return !one("SELECT " + condition).equals("t");
  }

  private String one(String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      if (!result.next()) {
        throw new SQLException("no row from: " + sql, "XX000");
      }
      return result.getString(1);
    }
  }

  static void createSchema(Connection connection, UUID clusterId, BackendId id)
      throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET LOCAL synchronous_commit = on");
      statement.execute(script(""));
      statement.execute(script("-tracing"));
      statement.execute(script("-filling"));
      statement.execute(script("-tasks"));
      statement.execute("SELECT tandem.follow_sequences()");
      try (ResultSet table = statement.executeQuery("SELECT tandem.partitioned_by_oid()")) {
        table.next();
        String found = table.getString(1);
        if (found != null) {
          throw new TandemException(
              ErrorCode.CONFIGURATION,
              id
                  + " has the table "
                  + found
                  + ": its rows would be in other partitions on other servers. Partition it by"
                  + " LIST, or by a text or a number");
        }
      }
      // Before Tandem's own DDL has called it twice, on each server.
      try (ResultSet trigger = statement.executeQuery("SELECT tandem.own_event_trigger()")) {
        trigger.next();
        String found = trigger.getString(1);
        if (found != null) {
          throw new TandemException(
              ErrorCode.CONFIGURATION,
              id
                  + " has the event trigger "
                  + found
                  + ": each server would run it by itself. ALTER EVENT TRIGGER ... DISABLE, on"
                  + " every server");
        }
      }
    }
    try (PreparedStatement statement =
        connection.prepareStatement(
            "INSERT INTO tandem.cluster"
                + " VALUES (true, ?, ?, ?, current_setting('lc_monetary'))")) {
      statement.setObject(1, clusterId);
      statement.setString(2, id.name());
      statement.setInt(3, SCHEMA_VERSION);
      statement.executeUpdate();
    }
  }

  private static String script(String part) {
    try (InputStream in =
        PgInspection.class.getResourceAsStream("schema-" + SCHEMA_VERSION + part + ".sql")) {
      if (in == null) {
        throw new IllegalStateException("the schema script is not on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException("the schema script cannot be read", e);
    }
  }

  /** In one snapshot, under pinned settings, so that equal data has equal text. */
  Map<String, TableDigest> digests() throws SQLException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL TimeZone = 'UTC'; "
              + "SET LOCAL extra_float_digits = 3; SET LOCAL bytea_output = hex; "
              + "SET LOCAL IntervalStyle = postgres; SET LOCAL search_path = pg_catalog");
      Map<String, String> tables = new TreeMap<>();
      try (ResultSet result = statement.executeQuery(definitions())) {
        while (result.next()) {
          tables.put(result.getString(1), result.getString(2));
        }
      }
      Map<String, TableDigest> digests = new TreeMap<>();
      for (Map.Entry<String, String> table : tables.entrySet()) {
        if (!table.getKey().startsWith(TABLE)) {
          digests.put(table.getKey(), new TableDigest(table.getValue(), 0, ""));
          continue;
        }
        try (ResultSet result =
            statement.executeQuery(
                "SELECT count(*), coalesce(sum(hashtextextended(ROW(t.*)::text, 0)), 0)::text FROM "
                    + table.getKey().substring(TABLE.length())
                    + " t")) {
          result.next();
          digests.put(
              table.getKey(),
              new TableDigest(table.getValue(), result.getLong(1), result.getString(2)));
        }
      }
      return digests;
    } finally {
      connection.rollback();
      connection.setAutoCommit(true);
    }
  }

  private static String definitions() {
    return "SELECT format('"
        + TABLE
        + "%I.%I', n.nspname, c.relname), md5(concat("
        + "(SELECT string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), "
        + "a.attnotnull, a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid)), ',' "
        + "ORDER BY a.attname) FROM pg_attribute a LEFT JOIN pg_attrdef d "
        + "ON d.adrelid = a.attrelid AND d.adnum = a.attnum "
        + "WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), "
        + "(SELECT string_agg(pg_get_constraintdef(k.oid), ',' ORDER BY k.conname) "
        + "FROM pg_constraint k WHERE k.conrelid = c.oid), "
        + "(SELECT string_agg(pg_get_indexdef(i.indexrelid), ',' ORDER BY i.indexrelid::regclass::text) "
        + "FROM pg_index i WHERE i.indrelid = c.oid))) "
        + "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        + "WHERE (c.relkind = 'r' OR (c.relkind = 'm' AND c.relispopulated)) AND "
        + USER_SCHEMAS
        + OTHERS;
  }
}
