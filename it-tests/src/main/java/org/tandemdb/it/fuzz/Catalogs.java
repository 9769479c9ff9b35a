package org.tandemdb.it.fuzz;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Compares what two databases define: everything that DDL makes, without Tandem's own schema, its
 * triggers, and what numbers objects.
 */
public final class Catalogs {
  private static final String OWN =
      " n.nspname NOT IN ('tandem', 'information_schema') AND n.nspname !~ '^pg_' ";
  private static final String IN_SCHEMA =
      " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE" + OWN;
  private static final String NAME = "format('%I.%I', n.nspname, c.relname)";
  private static final Map<String, String> QUERIES = queries();

  private Catalogs() {}

  private static Map<String, String> queries() {
    Map<String, String> all = new LinkedHashMap<>();
    all.put(
        "relation",
        "SELECT concat_ws(' ', "
            + NAME
            + ", c.relkind, c.relpersistence, c.relrowsecurity, c.relreplident, c.reloptions,"
            + " pg_get_userbyid(c.relowner), c.relacl, pg_get_partkeydef(c.oid),"
            + " pg_get_expr(c.relpartbound, c.oid)) FROM pg_class c"
            + IN_SCHEMA);
    all.put(
        "column",
        "SELECT concat_ws(' ', "
            + NAME
            + ", row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum), a.attname,"
            + " format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,"
            + " a.attislocal, a.attinhcount, a.attacl, a.attcollation::regcollation,"
            + " 'default', pg_get_expr(d.adbin, d.adrelid)) FROM pg_class c"
            + " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
            + " LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum"
            + IN_SCHEMA
            + " AND c.relkind <> 'i'");
    all.put(
        "constraint",
        "SELECT concat_ws(' ', "
            + NAME
            + ", k.conname, k.convalidated, pg_get_constraintdef(k.oid)) FROM pg_constraint k"
            + " JOIN pg_class c ON c.oid = k.conrelid"
            + IN_SCHEMA);
    all.put(
        "index",
        "SELECT concat_ws(' ', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisready,"
            + " i.indisprimary, i.indimmediate) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid"
            + IN_SCHEMA);
    all.put(
        "view",
        "SELECT concat_ws(' ', "
            + NAME
            + ", pg_get_viewdef(c.oid)) FROM pg_class c"
            + IN_SCHEMA
            + " AND c.relkind IN ('v', 'm')");
    all.put(
        "trigger",
        "SELECT concat_ws(' ', "
            + NAME
            + ", t.tgenabled, pg_get_triggerdef(t.oid)) FROM pg_trigger t"
            + " JOIN pg_class c ON c.oid = t.tgrelid"
            + IN_SCHEMA
            + " AND NOT t.tgisinternal AND t.tgname NOT LIKE 'tandem%'");
    all.put(
        "rule",
        "SELECT concat_ws(' ', "
            + NAME
            + ", pg_get_ruledef(r.oid)) FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class"
            + IN_SCHEMA
            + " AND c.relkind <> 'v'");
    all.put(
        "inheritance",
        "SELECT concat_ws(' ', i.inhrelid::regclass, i.inhparent::regclass, i.inhseqno)"
            + " FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            + IN_SCHEMA);
    all.put(
        "policy",
        "SELECT concat_ws(' ', p.schemaname, p.tablename, p.policyname, p.permissive, p.roles,"
            + " p.cmd, p.qual, p.with_check) FROM pg_policies p");
    all.put(
        "sequence",
        "SELECT concat_ws(' ', schemaname, sequencename, data_type, start_value, min_value,"
            + " max_value, increment_by, cycle, cache_size) FROM pg_sequences"
            + " WHERE schemaname <> 'tandem'");
    all.put(
        "function",
        "SELECT concat_ws(' ', pg_get_functiondef(c.oid), pg_get_userbyid(c.proowner), c.proacl)"
            + " FROM pg_proc c JOIN pg_namespace n ON n.oid = c.pronamespace WHERE"
            + OWN
            + " AND c.prokind IN ('f', 'p')");
    all.put(
        "type",
        "SELECT concat_ws(' ', format('%I.%I', n.nspname, c.typname), c.typtype, c.typnotnull,"
            + " c.typdefault, format_type(c.typbasetype, c.typtypmod), c.typacl,"
            + " (SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) FROM pg_enum e"
            + " WHERE e.enumtypid = c.oid), (SELECT string_agg(pg_get_constraintdef(k.oid), ','"
            + " ORDER BY k.conname) FROM pg_constraint k WHERE k.contypid = c.oid))"
            + " FROM pg_type c JOIN pg_namespace n ON n.oid = c.typnamespace WHERE"
            + OWN);
    all.put(
        "schema",
        "SELECT concat_ws(' ', n.nspname, pg_get_userbyid(n.nspowner), n.nspacl)"
            + " FROM pg_namespace n WHERE"
            + OWN);
    all.put(
        "comment",
        "SELECT concat_ws(' ', c.oid::regclass, d.objsubid, d.description) FROM pg_description d"
            + " JOIN pg_class c ON c.oid = d.objoid AND d.classoid = 'pg_class'::regclass"
            + IN_SCHEMA);
    all.put(
        "default privilege",
        "SELECT concat_ws(' ', defaclrole::regrole, defaclnamespace::regnamespace, defaclobjtype,"
            + " defaclacl) FROM pg_default_acl");
    all.put(
        "role",
        "SELECT concat_ws(' ', r.rolname, r.rolsuper, r.rolinherit, r.rolcreaterole,"
            + " r.rolcreatedb, r.rolcanlogin, r.rolreplication, r.rolbypassrls, r.rolconnlimit,"
            + " r.rolvaliduntil, (SELECT string_agg(m.roleid::regrole::text, ','"
            + " ORDER BY m.roleid::regrole::text) FROM pg_auth_members m WHERE m.member = r.oid))"
            + " FROM pg_roles r");
    all.put("extension", "SELECT extname || ' ' || extversion FROM pg_extension");
    return all;
  }

  /** One line for each definition that only one of them has. */
  public static List<String> differences(Connection first, Connection second) throws SQLException {
    List<String> differences = new ArrayList<>();
    for (Map.Entry<String, String> query : QUERIES.entrySet()) {
      List<String> left = lines(first, query.getValue());
      List<String> right = lines(second, query.getValue());
      if (left.equals(right)) {
        continue;
      }
      TreeSet<String> onlyLeft = new TreeSet<>(left);
      right.forEach(onlyLeft::remove);
      TreeSet<String> onlyRight = new TreeSet<>(right);
      left.forEach(onlyRight::remove);
      onlyLeft.forEach(line -> differences.add(query.getKey() + ", only in the first: " + line));
      onlyRight.forEach(line -> differences.add(query.getKey() + ", only in the second: " + line));
      if (onlyLeft.isEmpty() && onlyRight.isEmpty()) {
        differences.add(query.getKey() + ": one of them twice");
      }
    }
    return differences;
  }

  private static List<String> lines(Connection connection, String query) throws SQLException {
    List<String> lines = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      while (rows.next()) {
        lines.add(rows.getString(1));
      }
    }
    lines.sort(null);
    return lines;
  }
}
