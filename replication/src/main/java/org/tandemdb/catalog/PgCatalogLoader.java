package org.tandemdb.catalog;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.tandemdb.catalog.Catalog.Column;
import org.tandemdb.catalog.Catalog.DefaultKind;
import org.tandemdb.catalog.Catalog.Kind;
import org.tandemdb.catalog.Catalog.Table;
import org.tandemdb.catalog.Routines.Routine;
import org.tandemdb.entry.TableName;
import org.tandemdb.entry.TypeRef;
import org.tandemdb.sql.Builtins;

/**
 * Reads a {@link Catalog} from PostgreSQL's system catalogs: a fixed number of queries in one
 * read-only REPEATABLE READ snapshot, whatever the size of the tables. Where the server prints an
 * expression (a default, a view), it does so from its newest state; if DDL runs at that moment, the
 * load may fail and is to be tried again.
 */
public final class PgCatalogLoader {

  /**
   * Together with {@code oid >= 16384}, where the server begins to number what initdb has not made:
   * it lets an index pass over the thousands of objects that every database has.
   */
  private static final String USER_SCHEMAS =
      " n.nspname NOT IN ('pg_catalog', 'information_schema', 'tandem')"
          + " AND n.nspname !~ '^pg_(toast|temp)' ";

  private static final String RELATIONS =
      "SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence, c.relrowsecurity,"
          + " c.relhasrules,"
          + " EXISTS (SELECT 1 FROM pg_inherits i WHERE c.oid IN (i.inhparent, i.inhrelid)),"
          + " EXISTS (SELECT 1 FROM pg_inherits i JOIN pg_class k ON k.oid = i.inhrelid"
          + "   WHERE i.inhparent = c.oid AND k.relkind = 'f'),"
          + " CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END"
          + " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
          + " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.oid >= 16384 AND"
          + USER_SCHEMAS;

  private static final String COLUMNS =
      "SELECT a.attrelid, a.attname, t.typname, tn.nspname, t.typtype, e.typname, en.nspname,"
          + " e.typtype,"
          // From 18 on a NOT NULL may be NOT VALID: rows that were there before may break it.
          + " a.attnotnull AND NOT EXISTS (SELECT FROM pg_constraint v WHERE v.conrelid ="
          + " a.attrelid   AND v.contype = 'n' AND v.conkey = ARRAY[a.attnum] AND NOT"
          + " v.convalidated), a.attidentity, a.attgenerated,"
          // A domain's default stands for that of a column without one.
          + " coalesce(pg_get_expr(d.adbin, d.adrelid), CASE WHEN t.typtype = 'd' THEN t.typdefault"
          + " END), sn.nspname, s.relname, d.oid IS NULL FROM pg_attribute a JOIN pg_class c ON"
          + " c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON"
          + " t.oid = a.atttypid JOIN pg_namespace tn ON tn.oid = t.typnamespace LEFT JOIN pg_type"
          + " e ON e.oid = t.typelem AND t.typcategory = 'A' LEFT JOIN pg_namespace en ON en.oid ="
          + " e.typnamespace LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum ="
          + " a.attnum LEFT JOIN LATERAL (SELECT q.oid, q.relname, q.relnamespace FROM pg_depend p "
          + "  JOIN pg_class q ON q.relkind = 'S' AND q.oid =     CASE WHEN p.classid ="
          + " 'pg_attrdef'::regclass THEN p.refobjid ELSE p.objid END   WHERE (p.classid ="
          + " 'pg_attrdef'::regclass AND p.objid = d.oid       AND p.refclassid ="
          + " 'pg_class'::regclass)     OR (p.classid = 'pg_class'::regclass AND p.refclassid ="
          + " 'pg_class'::regclass       AND p.refobjid = a.attrelid AND p.refobjsubid = a.attnum"
          + " AND p.deptype = 'i')   LIMIT 1) s ON true LEFT JOIN pg_namespace sn ON sn.oid ="
          + " s.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND"
          + " a.attrelid >= 16384 AND c.oid >= 16384 AND NOT a.attisdropped AND"
          + USER_SCHEMAS
          + " ORDER BY a.attrelid, a.attnum";

  private static final String KEYS =
      "SELECT i.indrelid, i.indisprimary, i.indimmediate,"
          + " ARRAY(SELECT a.attname::text FROM unnest(i.indkey) WITH ORDINALITY k(num, place)"
          + "   JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num"
          + "   WHERE k.place <= i.indnkeyatts ORDER BY k.place),"
          // No keys; WITHOUT OVERLAPS is a key by exclusion.
          + " i.indpred IS NOT NULL OR i.indexprs IS NOT NULL OR i.indisexclusion FROM pg_index i"
          + " JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
          + " WHERE i.indrelid >= 16384 AND (i.indisunique OR i.indisexclusion) AND i.indisvalid"
          + " AND"
          + USER_SCHEMAS
          + " ORDER BY i.indisprimary DESC, i.indexrelid";

  /** Tandem's own are no hazard: see {@code schema-1-tracing.sql}. */
  private static final String TRIGGERS =
      "SELECT t.tgrelid, t.tgname || CASE WHEN t.tgtype & 32 <> 0 THEN '"
          + Table.ON_TRUNCATE
          + "' ELSE '' END, t.tgenabled IN ('A', 'R') FROM pg_trigger t"
          + " WHERE NOT t.tgisinternal AND t.tgenabled <> 'D'"
          + " AND t.tgname NOT IN ('tandem_trace', 'tandem_truncate') ORDER BY t.tgname";

  /** Rules that fire where rows are applied, too; and whether row security would hide rows. */
  private static final String TRACE_HAZARDS =
      "SELECT w.ev_class, 'the rule ' || w.rulename || ' is ENABLE ALWAYS or REPLICA'"
          + " FROM pg_rewrite w WHERE w.ev_enabled IN ('A', 'R')"
          + " UNION ALL SELECT c.oid, 'row security' FROM pg_class c WHERE c.relrowsecurity"
          + " AND NOT (SELECT u.rolsuper OR u.rolbypassrls FROM pg_roles u"
          + "   WHERE u.rolname = current_user)";

  /** The default of a serial column, as the server prints it. */
  private static final Pattern NEXT_VALUE = Pattern.compile("nextval\\('[^()]*'::regclass\\)");

  private static final String CONSTRAINTS =
      "SELECT k.conrelid, k.confrelid, k.conname, k.contype, k.condeferrable, k.confdeltype,"
          + " k.confupdtype, CASE WHEN k.contype = 'c' THEN pg_get_expr(k.conbin, k.conrelid) END"
          + " FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace WHERE"
          + USER_SCHEMAS
          + " AND k.conrelid <> 0 ORDER BY k.conname";

  /** Expressions of indexes, defaults and checks that call functions which are not built in. */
  private static final String CALLS =
      "SELECT i.indrelid, p.proname FROM pg_depend d JOIN pg_proc p ON p.oid = d.refobjid"
          + " JOIN pg_index i ON i.indexrelid = d.objid WHERE d.classid = 'pg_class'::regclass"
          + " AND d.refclassid = 'pg_proc'::regclass"
          + " UNION SELECT a.adrelid, p.proname FROM pg_depend d JOIN pg_proc p"
          + " ON p.oid = d.refobjid JOIN pg_attrdef a ON a.oid = d.objid"
          + " WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_proc'::regclass";

  private static final String TYPES_OF_FUNCTION =
      " FROM unnest(p.proargtypes::oid[] || coalesce(p.proallargtypes, ARRAY[]::oid[])"
          + " || p.prorettype) a(type) JOIN pg_type w ON w.oid = a.type JOIN pg_type t ON t.oid ="
          + " CASE WHEN w.typcategory = 'A' AND w.typelem <> 0 THEN w.typelem ELSE w.oid END"
          + " JOIN pg_namespace tn ON tn.oid = t.typnamespace";

  /**
   * What each copy evaluates by itself when a row is put in: functions that are not built in, also
   * those behind operators.
   */
  private static final String UNSETTLED =
      "WITH calls AS (SELECT d.classid, d.objid, p.proname FROM pg_depend d LEFT JOIN pg_operator o"
          + " ON d.refclassid = 'pg_operator'::regclass AND o.oid = d.refobjid JOIN pg_proc p ON"
          + " p.oid = CASE WHEN o.oid IS NULL THEN d.refobjid ELSE o.oprcode END WHERE d.refclassid"
          + " IN ('pg_proc'::regclass, 'pg_operator'::regclass) AND d.refobjid >= 16384 AND"
          + " d.classid IN ('pg_class'::regclass, 'pg_attrdef'::regclass,"
          + " 'pg_constraint'::regclass)) SELECT i.indrelid, d.proname, 'the index ' || c.relname"
          + " FROM calls d JOIN pg_index i ON i.indexrelid = d.objid JOIN pg_class c ON c.oid ="
          + " d.objid WHERE d.classid = 'pg_class'::regclass UNION SELECT a.adrelid, d.proname,"
          + " 'the generated column ' || t.attname FROM calls d JOIN pg_attrdef a ON a.oid = d.objid"
          + " JOIN pg_attribute t ON t.attrelid = a.adrelid AND t.attnum = a.adnum AND"
          + " t.attgenerated <> '' WHERE d.classid = 'pg_attrdef'::regclass UNION SELECT m.relid,"
          + " d.proname, 'the partition key' FROM calls d JOIN pg_partitioned_table k ON k.partrelid"
          + " = d.objid CROSS JOIN LATERAL pg_partition_tree(k.partrelid) m WHERE d.classid ="
          + " 'pg_class'::regclass UNION SELECT t.attrelid, d.proname, 'the domain of ' || t.attname"
          + " FROM calls d JOIN pg_constraint k ON k.oid = d.objid AND k.contypid <> 0 JOIN"
          + " pg_attribute t ON t.atttypid = k.contypid WHERE d.classid = 'pg_constraint'::regclass"
          + " ORDER BY 1, 2, 3";

  /** Types that no setting gives another value or another text, as conditions of SQL have them. */
  private static final String SETTLED_TYPES =
      "('bool'::regtype, 'int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype,"
          + " 'float4'::regtype, 'float8'::regtype, 'text'::regtype, 'varchar'::regtype,"
          + " 'bpchar'::regtype, 'name'::regtype, 'uuid'::regtype)";

  /**
   * What checks of tables and domains call without a name that one could read: what is behind their
   * operators, and casts that are not printed. The server knows of each whether it depends on
   * settings. A conversion through a type's text ({@code COERCEVIAIO}) is given by its types.
   */
  private static final String JUDGED =
      "WITH checks AS MATERIALIZED (SELECT k.conrelid, k.contypid, k.conname, k.conbin::text AS tree"
          + " FROM pg_constraint k LEFT JOIN pg_type d ON k.contypid <> 0 AND d.oid = k.contypid"
          + " WHERE k.contype = 'c' AND k.oid >= 16384 AND (d.typbasetype NOT IN "
          + SETTLED_TYPES
          + " OR 0 = ANY (k.conkey) OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid ="
          + " k.conrelid AND a.attnum = ANY (k.conkey) AND a.atttypid NOT IN "
          + SETTLED_TYPES
          + ") OR strpos(k.conbin::text, 'COERCEVIAIO') > 0)), calls AS (SELECT k.conrelid,"
          + " k.contypid, k.conname, p.proname, NULL::name AS shown, NULL::name AS read FROM checks"
          + " k CROSS JOIN LATERAL string_to_table(k.tree, ' :') f(field) JOIN pg_proc p ON p.oid ="
          + " CASE WHEN f.field LIKE 'opfuncid %' THEN substr(f.field, 10) WHEN f.field LIKE"
          + " 'funcid %' THEN substr(f.field, 8) END::oid AND p.provolatile <> 'i' UNION SELECT"
          + " k.conrelid, k.contypid, k.conname, p.proname, o.typname, i.typname FROM checks k CROSS"
          + " JOIN LATERAL regexp_matches(k.tree,"
          + " '\\{COERCEVIAIO :arg \\{[A-Z_]+ [^{}]*[tT]ype(?:Id|id)? ([0-9]+)"
          + "|:resulttype ([0-9]+) :resultcollid [0-9]+ :coerceformat"
          + "|:opnos \\(o ([0-9 ]+)\\)', 'g') m LEFT JOIN pg_type o ON o.oid = m[1]::oid LEFT"
          + " JOIN pg_type i ON i.oid = m[2]::oid LEFT JOIN LATERAL (SELECT x.proname FROM"
          + " pg_operator w JOIN pg_proc x ON x.oid = w.oprcode AND x.provolatile <> 'i' WHERE w.oid"
          + " = ANY (string_to_array(m[3], ' ')::oid[])) p ON true WHERE k.tree ~"
          + " 'COERCEVIAIO|ROWCOMPARE') SELECT coalesce(nullif(k.conrelid, 0), t.attrelid), CASE"
          + " WHEN k.conrelid <> 0 THEN 'the check ' || k.conname ELSE 'the domain of ' || t.attname"
          + " END, k.proname, k.shown, k.read FROM calls k LEFT JOIN pg_attribute t ON k.contypid <>"
          + " 0 AND t.atttypid = k.contypid AND t.attrelid >= 16384 AND t.attnum > 0 WHERE"
          + " coalesce(k.proname, k.shown, k.read) IS NOT NULL ORDER BY 2, 3, 4, 5";

  /**
   * The body is given where the server itself keeps the function from writing (it is not VOLATILE),
   * and no setting of its own changes what happens.
   */
  private static final String FUNCTIONS =
      "SELECT p.proname, p.pronargs - p.pronargdefaults <= 1 AND p.pronargs >= 1 AND (SELECT"
          + " t.typtype IN ('c', 'p') FROM pg_type t WHERE t.oid = p.proargtypes[0]), CASE WHEN"
          + " p.prokind = 'f' AND p.provolatile <> 'v' AND l.lanname IN ('sql', 'plpgsql')   AND"
          + " p.prosqlbody IS NULL AND p.protrftypes IS NULL AND p.prosupport::oid = 0   AND"
          + " length(p.prosrc) <= 65536 AND NOT EXISTS (SELECT FROM unnest(p.proconfig) s     WHERE"
          + " split_part(s, '=', 1) NOT IN ('search_path', 'work_mem'))   THEN p.prosrc END,"
          + " pg_get_expr(p.proargdefaults, 0), ARRAY(SELECT DISTINCT format('\"%s\".\"%s\"',"
          + " tn.nspname, t.typname)"
          + TYPES_OF_FUNCTION
          + " WHERE tn.nspname <> 'pg_catalog'), EXISTS (SELECT FROM pg_proc b"
          + " WHERE b.proname = p.proname AND b.pronamespace = 'pg_catalog'::regnamespace"
          + "   AND b.oid < 16384), ARRAY(SELECT DISTINCT t.typname::text"
          + TYPES_OF_FUNCTION
          + " WHERE tn.nspname = 'pg_catalog'), p.provolatile = 'i', p.provolatile = 'i' AND"
          + " l.lanname = 'c' AND EXISTS (SELECT FROM pg_depend x WHERE x.objid = p.oid AND x.classid"
          + " = 'pg_proc'::regclass AND x.deptype = 'e') FROM"
          + " pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid ="
          + " p.prolang WHERE p.oid >= 16384 AND"
          // What is put in among the server's own is no more built in than any other.
          + " (n.nspname = 'pg_catalog' OR ("
          + USER_SCHEMAS
          + "))";

  /**
   * Tables that some role may write and not read: what RETURNING gives back for the log would be an
   * error that its statement does not deserve.
   */
  private static final String WRITE_ONLY =
      "SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind ="
          + " 'r' AND EXISTS (SELECT FROM (   SELECT r.grantee, r.privilege_type FROM"
          + " aclexplode(c.relacl) r   UNION ALL SELECT r.grantee, r.privilege_type FROM"
          + " pg_attribute a   CROSS JOIN LATERAL aclexplode(a.attacl) r WHERE a.attrelid = c.oid)"
          + " x   WHERE x.privilege_type IN ('INSERT', 'UPDATE', 'DELETE') AND CASE WHEN x.grantee"
          + " = 0     THEN NOT EXISTS (SELECT FROM aclexplode(c.relacl) s       WHERE s.grantee = 0"
          + " AND s.privilege_type = 'SELECT')     ELSE NOT has_table_privilege(x.grantee, c.oid,"
          + " 'SELECT') END) AND"
          + USER_SCHEMAS;

  private static final String TRACED =
      "SELECT n.nspname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
          + " JOIN pg_namespace n ON n.oid = c.relnamespace"
          + " WHERE t.tgname = 'tandem_trace' AND t.tgenabled = 'A'";

  private static final String LOOSE =
      "SELECT DISTINCT a.attname FROM pg_attribute a JOIN pg_collation k ON k.oid = a.attcollation"
          + " WHERE a.attrelid >= 16384 AND NOT k.collisdeterministic";

  private static final String SEQUENCES =
      "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
          + " WHERE c.relkind = 'S' AND"
          + USER_SCHEMAS;

  private static final String OPERATORS =
      "SELECT DISTINCT o.oprname FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace"
          + " JOIN pg_proc f ON f.oid = o.oprcode"
          + " WHERE o.oid >= 16384 AND (f.provolatile = 'v' OR EXISTS (SELECT 1 FROM pg_type t"
          + "   JOIN pg_namespace tn ON tn.oid = t.typnamespace"
          + "   WHERE t.oid IN (o.oprleft, o.oprright) AND tn.nspname = 'pg_catalog')) AND"
          + USER_SCHEMAS
          + " UNION SELECT '::' FROM pg_cast k JOIN pg_proc f ON f.oid = k.castfunc"
          + " JOIN pg_namespace n ON n.oid = f.pronamespace"
          + " JOIN pg_type s ON s.oid = k.castsource JOIN pg_type t ON t.oid = k.casttarget"
          + " WHERE k.castfunc >= 16384 AND s.typnamespace = 'pg_catalog'::regnamespace"
          + " AND t.typnamespace = 'pg_catalog'::regnamespace AND"
          + USER_SCHEMAS;

  private static final String NOT_VOLATILE =
      "f.provolatile <> 'v' AND f.prolang IN (SELECT l.oid FROM pg_language l WHERE l.lanname NOT IN"
          + " ('c', 'internal'))";

  /** Functions behind operators that write nothing by themselves, but may call what does. */
  private static final String BY_OPERATOR =
      "SELECT o.oprname, f.proname FROM pg_operator o JOIN pg_proc f ON f.oid = o.oprcode WHERE o.oid"
          + " >= 16384 AND "
          + NOT_VOLATILE;

  /** As above, behind casts, by their types and the domains over these; see OWN_CASTS. */
  private static final String BY_TYPE =
      "SELECT DISTINCT u.typname, f.proname FROM pg_cast k JOIN pg_proc f ON f.oid = k.castfunc JOIN"
          + " pg_type t ON t.oid IN (k.castsource, k.casttarget) JOIN pg_type u ON u.oid = t.oid OR"
          + " (u.typtype = 'd' AND u.typbasetype = t.oid) WHERE k.oid >= 16384 AND (t.oid >= 16384 OR"
          + " greatest(k.castsource, k.casttarget) < 16384) AND "
          + NOT_VOLATILE;

  /**
   * Columns of a type (or an array or domain of one) that the database casts by a function of its
   * own, which the server calls wherever it finds no other way: may that function write, and does
   * it say what text the values are? An extension's in C is taken for what it says it is.
   */
  private static final String OWN_CASTS =
      "SELECT a.attrelid, a.attname, bool_or(f.provolatile = 'v'), bool_or(k.casttarget ="
          + " 'text'::regtype AND k.castsource <> 'text'::regtype AND t.oid = k.castsource AND"
          + " l.lanname NOT IN ('c', 'internal')) FROM pg_cast k JOIN pg_proc f ON f.oid ="
          + " k.castfunc JOIN pg_language l ON l.oid = f.prolang JOIN pg_type t ON t.oid IN"
          + " (k.castsource, k.casttarget) JOIN pg_type u ON u.oid = t.oid OR (u.typtype = 'd' AND"
          + " u.typbasetype = t.oid) OR (u.typcategory = 'A' AND u.typelem = t.oid) JOIN"
          + " pg_attribute a ON a.atttypid = u.oid AND a.attnum > 0 AND a.attrelid >= 16384 AND NOT"
          + " a.attisdropped WHERE k.oid >= 16384 AND (t.oid >= 16384 OR greatest(k.castsource,"
          + " k.casttarget) < 16384) GROUP BY 1, 2 ORDER BY 1, 2";

  private static final String DESCENDING =
      "SELECT n.nspname, c.relname FROM pg_sequence q JOIN pg_class c ON c.oid = q.seqrelid"
          + " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE q.seqincrement < 0";

  /**
   * Types whose texts are read by built-in means or by a function that cannot write, and for which
   * no cast calls a function of the database's own. Domains and composites of others are unknown.
   */
  private static final String TYPES =
      "SELECT t.typname, CASE WHEN EXISTS (SELECT 1 FROM pg_cast k JOIN pg_proc f"
          + "   ON f.oid = k.castfunc WHERE t.oid IN (k.castsource, k.casttarget)"
          + "   AND f.provolatile = 'v') THEN 'UNKNOWN'"
          + " WHEN t.typtype = 'e' THEN 'ENUM'"
          + " WHEN t.typtype IN ('r', 'm') THEN 'OTHER'"
          + " WHEN t.typtype = 'b' AND i.provolatile <> 'v' AND o.provolatile <> 'v' THEN 'OTHER'"
          + " WHEN t.typtype = 'c' AND NOT EXISTS (SELECT 1 FROM pg_attribute a JOIN pg_type at"
          + "   ON at.oid = a.atttypid WHERE a.attrelid = t.typrelid AND CASE"
          // Names of objects are shortened by the search path.
          + "   WHEN at.typnamespace = 'pg_catalog'::regnamespace THEN at.typname ~ '^_?reg'   ELSE"
          + " at.typtype <> 'e' END) THEN 'OTHER' WHEN t.typtype = 'd' AND EXISTS (SELECT 1 FROM"
          + " pg_type bt WHERE bt.oid = t.typbasetype   AND (bt.typtype = 'e' OR (bt.typnamespace ="
          + " 'pg_catalog'::regnamespace     AND bt.typname !~ '^_?reg')))   AND NOT EXISTS (SELECT"
          + " 1 FROM pg_constraint k JOIN pg_depend d     ON d.classid = 'pg_constraint'::regclass"
          + " AND d.objid = k.oid     AND d.refclassid = 'pg_proc'::regclass WHERE k.contypid ="
          + " t.oid) THEN 'OTHER' ELSE 'UNKNOWN' END FROM pg_type t JOIN pg_namespace n ON n.oid ="
          + " t.typnamespace JOIN pg_proc i ON i.oid = t.typinput JOIN pg_proc o ON o.oid ="
          + " t.typoutput WHERE t.oid >= 16384 AND"
          + USER_SCHEMAS
          // A table's row type is no type of a column as a rule, and there are as many as tables.
          + " AND t.typcategory <> 'A' AND (t.typtype <> 'c' OR EXISTS (SELECT 1 FROM pg_class c"
          + "   WHERE c.oid = t.typrelid AND c.relkind = 'c'))";

  /**
   * So that expressions and views are printed with the schema of every name; and because queries
   * that look long to the server are short, and compiling one takes seconds.
   */
  private static final String SETTINGS =
      "SELECT pg_catalog.set_config('search_path', 'pg_catalog', true),"
          + " pg_catalog.set_config('jit', 'off', true)";

  private final Connection connection;
  private final boolean again;
  private final Map<Long, Draft> drafts = new HashMap<>();
  private final Set<Catalog.Reference> references = new HashSet<>();
  private boolean deferrable;

  /**
   * @param again the connection is for loading, again and again: what it has planned it keeps
   */
  private PgCatalogLoader(Connection connection, boolean again) {
    this.connection = connection;
    this.again = again;
  }

  /**
   * Loads the catalog in a transaction of its own, which is rolled back. The queries stay prepared
   * on the connection for the next time: planning them takes longer than running them.
   *
   * @param connection with no transaction open; as it was, afterwards
   * @param previousVersion the new catalog's version is one more
   */
  public static Catalog load(Connection connection, long previousVersion) throws SQLException {
    boolean autoCommit = connection.getAutoCommit();
    connection.setAutoCommit(false);
    // Prepared like the queries: the vendor's driver keeps statements under their texts, and what
    // it
    // does not keep it may leave prepared in the server, where each DDL then costs more.
    try (PreparedStatement snapshot =
            connection.prepareStatement(
                "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
        PreparedStatement settings = connection.prepareStatement(SETTINGS)) {
      snapshot.execute();
      settings.execute();
      return new PgCatalogLoader(connection, true).load(previousVersion + 1);
    } finally {
      connection.rollback();
      connection.setAutoCommit(autoCommit);
    }
  }

  /**
   * Loads the catalog as the open transaction sees it, which goes on as it was.
   *
   * @param connection in a transaction whose DDL nobody else sees yet
   */
  public static Catalog loadInTransaction(Connection connection, long previousVersion)
      throws SQLException {
    try (Statement statement = connection.createStatement()) {
      // What is SET here must not be left to the client's statements.
      statement.execute("SAVEPOINT tandem_catalog");
      statement.execute(SETTINGS);
      Catalog catalog = new PgCatalogLoader(connection, false).load(previousVersion + 1);
      statement.execute("ROLLBACK TO SAVEPOINT tandem_catalog");
      statement.execute("RELEASE SAVEPOINT tandem_catalog");
      return catalog;
    }
  }

  private Catalog load(long version) throws SQLException {
    relations();
    columns();
    keys();
    triggers();
    constraints();
    casts();
    hazards(CALLS, "an expression calls ");
    each(
        WRITE_ONLY,
        row -> draft(row, 1).ifPresent(d -> d.hazard("some role may write it and not read it")));
    Set<String> functions = new HashSet<>();
    Set<String> rowFunctions = new HashSet<>();
    Map<String, List<Routine>> routines = new HashMap<>();
    each(
        FUNCTIONS,
        row -> {
          functions.add(text(row, 1));
          if (row.getBoolean(2)) {
            rowFunctions.add(text(row, 1));
          }
          routines.computeIfAbsent(text(row, 1), name -> new ArrayList<>()).add(routine(row));
        });
    routines.replaceAll((name, all) -> List.copyOf(all));
    Set<TableName> traced = new HashSet<>();
    each(TRACED, row -> traced.add(new TableName(text(row, 1), text(row, 2))));
    Set<String> loose = new HashSet<>();
    each(LOOSE, row -> loose.add(text(row, 1)));
    Set<String> sequences = new HashSet<>();
    each(SEQUENCES, row -> sequences.add(text(row, 1)));
    Set<String> operators = new HashSet<>();
    each(OPERATORS, row -> operators.add(text(row, 1)));
    Set<TableName> descending = new HashSet<>();
    each(DESCENDING, row -> descending.add(new TableName(text(row, 1), text(row, 2))));
    Map<String, Catalog.UserType> types = new HashMap<>();
    each(
        TYPES,
        row ->
            types.merge(
                text(row, 1),
                Catalog.UserType.valueOf(text(row, 2)),
                (one, other) -> one.compareTo(other) > 0 ? one : other));
    Routines known =
        new Routines(
            Map.copyOf(routines),
            Set.copyOf(sequences),
            functions(BY_OPERATOR),
            functions(BY_TYPE));
    unsettled(new SettledFunctions(known, operators, types));
    judged(types);
    Map<TableName, Table> tables = new HashMap<>();
    for (Draft draft : drafts.values()) {
      tables.put(draft.name, draft.table());
    }
    return new Catalog(
        version,
        connection.getCatalog(),
        Map.copyOf(tables),
        deferrable,
        Set.copyOf(functions),
        Set.copyOf(rowFunctions),
        Set.copyOf(operators),
        Set.copyOf(descending),
        Map.copyOf(types),
        connection.getMetaData().getDatabaseMajorVersion(),
        Set.copyOf(references),
        known,
        Set.copyOf(traced),
        Set.copyOf(loose));
  }

  private Map<String, Set<String>> functions(String query) throws SQLException {
    Map<String, Set<String>> functions = new HashMap<>();
    each(
        query,
        row -> functions.computeIfAbsent(text(row, 1), name -> new HashSet<>()).add(text(row, 2)));
    functions.replaceAll((name, all) -> Set.copyOf(all));
    return Map.copyOf(functions);
  }

  private static Routine routine(ResultSet row) throws SQLException {
    return new Routine(
        Optional.ofNullable(row.getString(3)),
        text(row, 4),
        List.of((String[]) row.getArray(5).getArray()),
        row.getBoolean(6),
        List.of((String[]) row.getArray(7).getArray()),
        row.getBoolean(8),
        row.getBoolean(9));
  }

  /** Where a function that may depend on the session decides about rows, they are not written. */
  private void unsettled(SettledFunctions settled) throws SQLException {
    Map<String, Optional<String>> obstacles = new HashMap<>();
    each(
        UNSETTLED,
        row -> {
          String function = text(row, 2);
          Optional<String> obstacle = obstacles.computeIfAbsent(function, settled::obstacle);
          Optional<Draft> draft = draft(row, 1);
          if (obstacle.isPresent() && draft.isPresent()) {
            String hazard =
                text(row, 3)
                    + " calls "
                    + function
                    + ", which is not proven to give the same in every session: "
                    + obstacle.get();
            draft.get().hazard(hazard);
            draft.get().traceHazards.add(hazard);
          }
        });
  }

  /** Where settings decide about rows, so that those of whoever applies one could refuse it. */
  private void judged(Map<String, Catalog.UserType> types) throws SQLException {
    each(
        JUDGED,
        row -> {
          Optional<Draft> draft = draft(row, 1);
          String called = text(row, 3);
          String shown = text(row, 4);
          String read = text(row, 5);
          String by = "";
          if (!called.isEmpty()) {
            by = "by " + called;
          } else if (!shown.isEmpty() && (!isSettled(shown, types) || shown.equals("bytea"))) {
            by = "as it turns a " + shown + " into a text";
          } else if (!read.isEmpty() && !isSettled(read, types)) {
            by = "as it reads a text as a " + read;
          }
          if (draft.isPresent() && !by.isEmpty()) {
            String hazard = text(row, 2) + " depends on settings of the session, " + by;
            draft.get().hazard(hazard);
            draft.get().traceHazards.add(hazard);
          }
        });
  }

  /** True if no setting changes the texts of the type. */
  private static boolean isSettled(String type, Map<String, Catalog.UserType> types) {
    return Builtins.isPlain(type) || types.get(type) == Catalog.UserType.ENUM;
  }

  private void relations() throws SQLException {
    each(
        RELATIONS,
        row -> {
          String kind = text(row, 4);
          Draft draft = new Draft(new TableName(text(row, 2), text(row, 3)), kind);
          drafts.put(row.getLong(1), draft);
          if (text(row, 5).equals("u")) {
            draft.hazard("it is unlogged: a crash empties it");
            draft.traceHazards.add("it is unlogged: a crash empties it");
          }
          if (row.getBoolean(6)) {
            draft.hazard("row security");
            draft.readHazards.add("row security");
          }
          if (row.getBoolean(7) && !kind.equals("v")) {
            draft.hazard("a rule");
          }
          if (row.getBoolean(8)) {
            draft.hazard(Table.FAMILY);
          }
          if (row.getBoolean(9)) {
            draft.readHazards.add("a foreign table is part of it");
          }
          draft.definition = Optional.ofNullable(row.getString(10));
        });
  }

  private void columns() throws SQLException {
    each(
        COLUMNS,
        row -> {
          Optional<Draft> draft = draft(row, 1);
          if (draft.isPresent()) {
            column(row, draft.get());
          }
        });
  }

  private static void column(ResultSet row, Draft draft) throws SQLException {
    String name = text(row, 2);
    Optional<TableName> sequence =
        row.getString(14) == null
            ? Optional.empty()
            : Optional.of(new TableName(text(row, 13), text(row, 14)));
    Optional<String> expression = Optional.ofNullable(row.getString(12));
    DefaultKind kind;
    if (!text(row, 11).isEmpty()) {
      kind = DefaultKind.GENERATED;
      if (expression.filter(e -> e.contains("quote_ident(")).isPresent()) {
        String hazard = "the generated column " + name + " depends on quote_all_identifiers";
        draft.hazard(hazard);
        draft.traceHazards.add(hazard);
      }
    } else if (text(row, 10).equals("a")) {
      kind = DefaultKind.IDENTITY_ALWAYS;
    } else if (text(row, 10).equals("d")) {
      kind = DefaultKind.IDENTITY_BY_DEFAULT;
    } else if (expression.isEmpty()) {
      kind = DefaultKind.DETERMINISTIC;
    } else {
      DefaultExpression read = DefaultExpression.ofColumn(expression.get(), type(row).name());
      boolean next = sequence.isPresent() && NEXT_VALUE.matcher(expression.get()).matches();
      kind =
          read.deterministic()
              ? DefaultKind.DETERMINISTIC
              : next ? DefaultKind.NEXTVAL : DefaultKind.EVALUATED;
      // Which sequence a domain's default advances is not known: a trace tells.
      boolean unknown = row.getBoolean(15) && expression.get().contains("nextval");
      if (!read.harmless() || unknown) {
        draft.hazard("the default of " + name + " is not known to change nothing");
      }
    }
    draft.columns.add(new Column(name, type(row), row.getBoolean(9), kind, sequence));
  }

  /** {@code int4}, {@code int4[]}; user types with their schema, in quotes. */
  private static TypeRef type(ResultSet row) throws SQLException {
    boolean array = row.getString(6) != null;
    String name = text(row, array ? 6 : 3);
    String schema = text(row, array ? 7 : 4);
    // The type "char" is another one than char.
    boolean builtin = schema.equals("pg_catalog") && !name.equals("char");
    String base = builtin ? name : "\"" + schema + "\".\"" + name.replace("\"", "\"\"") + "\"";
    return new TypeRef(array ? base + "[]" : base);
  }

  private void keys() throws SQLException {
    each(
        KEYS,
        row -> {
          Optional<Draft> found = draft(row, 1);
          if (found.isEmpty()) {
            return;
          }
          if (row.getBoolean(5)) {
            found.get().ordered = true;
            return;
          }
          List<String> columns = List.of((String[]) row.getArray(4).getArray());
          found.get().keyed |= found.get().isNeverNull(columns);
          if (!row.getBoolean(3)) {
            found.get().hazard("a deferrable key");
            return;
          }
          if (row.getBoolean(2)) {
            found.get().primaryKey = columns;
          }
          found.get().uniqueKeys.add(columns);
        });
  }

  private void triggers() throws SQLException {
    each(
        TRIGGERS,
        row -> {
          Optional<Draft> draft = draft(row, 1);
          if (draft.isPresent()) {
            String name = text(row, 2);
            draft.get().hazard("trigger " + name);
            if (row.getBoolean(3)) {
              draft.get().traceHazards.add("trigger " + name + " is ENABLE ALWAYS or REPLICA");
            }
          }
        });
    each(
        TRACE_HAZARDS,
        row -> {
          String hazard = text(row, 2);
          draft(row, 1).ifPresent(d -> d.traceHazards.add(hazard));
        });
  }

  private void hazards(String query, String kind) throws SQLException {
    each(
        query,
        row -> {
          String hazard = kind + text(row, 2);
          draft(row, 1).ifPresent(d -> d.hazard(hazard));
        });
  }

  private void constraints() throws SQLException {
    each(
        CONSTRAINTS,
        row -> {
          String name = text(row, 3);
          deferrable |= row.getBoolean(5);
          Optional<Draft> child = draft(row, 1);
          if (text(row, 4).equals("c")
              && child.isPresent()
              && !DefaultExpression.of(text(row, 8), child.get()::typeOf).deterministic()) {
            String hazard = "the check " + name + " is not proven to be deterministic";
            child.get().hazard(hazard);
            child.get().traceHazards.add(hazard);
          }
          Optional<Draft> parent = draft(row, 2);
          if (text(row, 4).equals("f") && parent.isPresent()) {
            child.ifPresent(c -> references.add(new Catalog.Reference(c.name, parent.get().name)));
            if ("cnd".contains(text(row, 6))) {
              parent
                  .get()
                  .deleteHazards
                  .add("the foreign key " + name + " has an ON DELETE action");
            }
            if ("cnd".contains(text(row, 7))) {
              parent
                  .get()
                  .updateHazards
                  .add("the foreign key " + name + " has an ON UPDATE action");
            }
          }
        });
  }

  private void casts() throws SQLException {
    each(
        OWN_CASTS,
        row -> {
          Optional<Draft> found = draft(row, 1);
          if (found.isEmpty()) {
            return;
          }
          Draft draft = found.get();
          String type = "the type of " + text(row, 2) + " has a cast ";
          if (row.getBoolean(3)) {
            String hazard = type + "by a function of the database's own that may write";
            draft.hazard(hazard);
            draft.readHazards.add(hazard);
          }
          if (row.getBoolean(4)) {
            // Rows are logged as texts, which then are not what the type reads.
            String hazard = type + "to text by a function of the database's own";
            draft.hazard(hazard);
            draft.traceHazards.add(hazard);
          }
        });
  }

  private Optional<Draft> draft(ResultSet row, int column) throws SQLException {
    return Optional.ofNullable(drafts.get(row.getLong(column)));
  }

  private static String text(ResultSet row, int column) throws SQLException {
    String text = row.getString(column);
    return text == null ? "" : text;
  }

  private interface RowReader {
    void read(ResultSet row) throws SQLException;
  }

  private void each(String query, RowReader reader) throws SQLException {
    if (again) {
      try (PreparedStatement statement = connection.prepareStatement(query);
          ResultSet rows = statement.executeQuery()) {
        readAll(rows, reader);
      }
    } else {
      try (Statement statement = connection.createStatement();
          ResultSet rows = statement.executeQuery(query)) {
        readAll(rows, reader);
      }
    }
  }

  private static void readAll(ResultSet rows, RowReader reader) throws SQLException {
    while (rows.next()) {
      reader.read(rows);
    }
  }

  /** A table while it is put together. */
  private static final class Draft {
    private final TableName name;
    private final Kind kind;
    private final List<Column> columns = new ArrayList<>();
    private final List<List<String>> uniqueKeys = new ArrayList<>();
    private final List<String> hazards = new ArrayList<>();
    private final List<String> deleteHazards = new ArrayList<>();
    private final List<String> updateHazards = new ArrayList<>();
    private final List<String> readHazards = new ArrayList<>();
    private final List<String> traceHazards = new ArrayList<>();
    private boolean keyed;
    private boolean ordered;
    private List<String> primaryKey = List.of();
    private Optional<String> definition = Optional.empty();

    Draft(TableName name, String kind) {
      this.name = name;
      this.kind =
          switch (kind) {
            case "r" -> Kind.TABLE;
            case "p" -> Kind.PARTITIONED;
            case "v" -> Kind.VIEW;
            case "m" -> Kind.MATERIALIZED_VIEW;
            default -> Kind.OTHER;
          };
    }

    void hazard(String hazard) {
      hazards.add(hazard);
    }

    Optional<String> typeOf(String column) {
      return columns.stream()
          .filter(c -> c.name().equals(column))
          .map(c -> c.type().name())
          .findFirst();
    }

    boolean isNeverNull(List<String> names) {
      return columns.stream().filter(Column::notNull).map(Column::name).toList().containsAll(names);
    }

    Table table() {
      if (kind == Kind.TABLE && !keyed) {
        traceHazards.add(Table.NO_KEY);
      }
      return new Table(
          name,
          kind,
          List.copyOf(columns),
          primaryKey,
          List.copyOf(uniqueKeys),
          List.copyOf(hazards),
          List.copyOf(deleteHazards),
          List.copyOf(updateHazards),
          List.copyOf(readHazards),
          definition,
          ordered,
          List.copyOf(traceHazards));
    }
  }
}
