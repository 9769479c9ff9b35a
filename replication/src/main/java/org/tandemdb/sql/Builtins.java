package org.tandemdb.sql;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What is known of PostgreSQL's own functions and types. Lists of what is allowed, never of what is
 * forbidden: what a newer server brings is unknown until somebody has looked at it.
 */
public final class Builtins {

  private static final Set<String> IMMUTABLE = load("pg-immutable-functions.txt");
  private static final Set<String> READ = load("pg-read-functions.txt");

  /** Written like functions, but forms of the grammar. */
  private static final Set<String> GRAMMAR_FUNCTIONS =
      Set.of("coalesce", "nullif", "greatest", "least", "trim", "grouping");

  /** Built-in functions written without parentheses. */
  static final Set<String> CONTEXT_WORDS =
      Set.of(
          "current_date",
          "current_time",
          "current_timestamp",
          "localtime",
          "localtimestamp",
          "current_user",
          "session_user",
          "user",
          "current_role",
          "current_catalog",
          "current_schema");

  private static final Map<String, String> TYPE_ALIASES =
      Map.ofEntries(
          Map.entry("boolean", "bool"),
          Map.entry("smallint", "int2"),
          Map.entry("int", "int4"),
          Map.entry("integer", "int4"),
          Map.entry("bigint", "int8"),
          Map.entry("decimal", "numeric"),
          Map.entry("dec", "numeric"),
          Map.entry("real", "float4"),
          Map.entry("float", "float8"),
          Map.entry("double precision", "float8"),
          Map.entry("character varying", "varchar"),
          Map.entry("char varying", "varchar"),
          Map.entry("character", "bpchar"),
          Map.entry("char", "bpchar"),
          Map.entry("bit varying", "varbit"),
          Map.entry("timestamp with time zone", "timestamptz"),
          Map.entry("timestamp without time zone", "timestamp"),
          Map.entry("time with time zone", "timetz"),
          Map.entry("time without time zone", "time"));

  /** Types whose text means the same on every copy, whatever the settings that may be changed. */
  private static final Set<String> PLAIN_TYPES =
      Set.of(
          "bool",
          "int2",
          "int4",
          "int8",
          "numeric",
          "float4",
          "float8",
          "text",
          "varchar",
          "bpchar",
          "name",
          "bytea",
          "uuid",
          "json",
          "jsonb",
          "inet",
          "cidr",
          "macaddr",
          "macaddr8",
          "bit",
          "varbit",
          "point",
          "line",
          "lseg",
          "box",
          "path",
          "polygon",
          "circle",
          "tsvector",
          "tsquery",
          "int4range",
          "int8range",
          "numrange",
          "int4multirange",
          "int8multirange",
          "nummultirange",
          "jsonpath",
          "xml",
          "pg_lsn");

  /** Types whose input evaluates words such as 'now', or whose arithmetic depends on the zone. */
  private static final Set<String> CLOCK_TYPES =
      Set.of(
          "date",
          "time",
          "timetz",
          "timestamp",
          "timestamptz",
          "interval",
          "daterange",
          "tsrange",
          "tstzrange",
          "datemultirange",
          "tsmultirange",
          "tstzmultirange");

  /** Types that name objects of the server by number: a number differs from copy to copy. */
  private static final Set<String> OBJECT_TYPES =
      Set.of(
          "oid",
          "regclass",
          "regtype",
          "regproc",
          "regprocedure",
          "regnamespace",
          "regrole",
          "regoper",
          "regoperator",
          "regconfig",
          "regdictionary",
          "regcollation",
          "tid",
          "xid",
          "xid8",
          "cid");

  /** Columns that every table has, and every server fills in its own way. */
  private static final Set<String> SYSTEM_COLUMNS =
      Set.of("ctid", "xmin", "xmax", "cmin", "cmax", "tableoid");

  /**
   * Operators that read a setting where their operands are texts: a text is searched by {@code
   * default_text_search_config}, which each session and each server has its own of.
   */
  private static final Set<String> SETTING_OPERATORS = Set.of("@@", "@@@");

  private Builtins() {}

  /** True for a column that no table may define: what it holds differs from copy to copy. */
  public static boolean isSystemColumn(String column) {
    return SYSTEM_COLUMNS.contains(column);
  }

  /** True if such an operator reads no setting where one of its operands is of the type. */
  public static boolean isSearched(String type) {
    return type.equals("tsvector") || type.equals("jsonb");
  }

  /** True if what the operator gives may depend on a setting beside its operands. */
  public static boolean readsSetting(String operator) {
    return SETTING_OPERATORS.contains(operator);
  }

  /** IMMUTABLE and free of dates: equal arguments give equal results on every copy. */
  public static boolean isImmutable(String function) {
    return IMMUTABLE.contains(function)
        || (GRAMMAR_FUNCTIONS.contains(function) && !function.equals("grouping"));
  }

  /** Known to change nothing. */
  public static boolean isHarmless(String function) {
    return isImmutable(function) || READ.contains(function) || GRAMMAR_FUNCTIONS.contains(function);
  }

  /** The catalog's name of a built-in type (arrays as {@code int4[]}), if it is one we know. */
  public static Optional<String> type(String written) {
    String base = written.endsWith("[]") ? written.substring(0, written.indexOf('[')) : written;
    String name = TYPE_ALIASES.getOrDefault(base, base);
    if (PLAIN_TYPES.contains(name) || CLOCK_TYPES.contains(name) || OBJECT_TYPES.contains(name)) {
      return Optional.of(base.length() == written.length() ? name : name + "[]");
    }
    return Optional.empty();
  }

  /** True for a date or time type, a range or an array of them. */
  public static boolean isClock(String type) {
    return CLOCK_TYPES.contains(element(type));
  }

  /** True if values of the built-in type may be captured as text and put back. */
  public static boolean isCapturable(String type) {
    return isPlain(type) || isClock(type);
  }

  /**
   * True if texts of the type are names that the search path may shorten: read under another one,
   * they mean something else, or nothing.
   */
  public static boolean isShortened(String type) {
    String element = element(type);
    return element.startsWith("reg")
        && OBJECT_TYPES.contains(element)
        && !element.equals("regrole")
        && !element.equals("regnamespace");
  }

  /** True if values of the type stand for objects or rows of one server. */
  public static boolean isObject(String type) {
    return OBJECT_TYPES.contains(element(type));
  }

  /** True if the type is built in and neither a clock nor a reference to an object. */
  public static boolean isPlain(String type) {
    return PLAIN_TYPES.contains(element(type));
  }

  /** The element type of an array in either notation ({@code int4[]}, {@code _int4}). */
  static String element(String type) {
    if (type.endsWith("[]")) {
      return type.substring(0, type.indexOf('['));
    }
    return type.startsWith("_") ? type.substring(1) : type;
  }

  static Set<String> immutableFunctions() {
    return IMMUTABLE;
  }

  static Set<String> readFunctions() {
    return READ;
  }

  private static Set<String> load(String resource) {
    try (InputStream in = Builtins.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("missing resource " + resource);
      }
      Set<String> names = new HashSet<>();
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n", -1)) {
        if (!line.startsWith("#") && !line.isBlank()) {
          names.addAll(Set.of(line.trim().toLowerCase(Locale.ROOT).split("\\s+", -1)));
        }
      }
      return Set.copyOf(names);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + resource, e);
    }
  }
}
