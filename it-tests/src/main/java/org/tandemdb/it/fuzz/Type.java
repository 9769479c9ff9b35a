package org.tandemdb.it.fuzz;

import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** Types of columns, with values from small domains, so that threads meet on the same ones. */
enum Type {
  INT4("int", "int", 0, d -> Integer.toString(d.between(-3, 40))),
  INT8("bigint", "long", 0, d -> d.pick("0", "7", "-1", "9007199254740993", "40")),
  INT2("smallint", "int", 0, d -> Integer.toString(d.between(-9, 9))),
  NUMERIC("numeric(12,3)", "numeric", 0, d -> d.pick("0", "1.5", "-2.25", "1000.001", "0.1")),
  DECIMAL("numeric", "numeric", 1, d -> d.pick("1e20", "0.333333333333333333", "-0", "1.10")),
  TEXT("text", "text", 0, Type::word),
  VARCHAR("varchar(20)", "text", 0, Type::word),
  CHAR("char(4)", "text", 1, d -> d.pick("a", "ab ", "", "abcd")),
  BOOL("boolean", "bool", 0, d -> d.pick("true", "false")),
  BYTEA("bytea", "bytes", 1, d -> d.pick("", "00", "00ff5c27", "68656c6c6f")),
  UUID("uuid", "uuid", 0, d -> "00000000-0000-4000-8000-00000000000" + d.below(8)),
  TIMESTAMPTZ(
      "timestamptz",
      "time",
      0,
      d -> "2024-0" + d.between(1, 9) + "-1" + d.below(9) + "T10:00:0" + d.below(9) + ".123456Z"),
  INSTANT(
      "timestamptz", "other", 1, d -> d.pick("infinity", "-infinity", "2024-02-29 12:00:00+05")),
  TIMESTAMP("timestamp", "other", 1, d -> "2024-03-1" + d.below(9) + " 01:02:03.000001"),
  DATE("date", "other", 0, d -> d.pick("2024-01-01", "2024-02-29", "infinity", "0044-03-15 BC")),
  TIME("time", "other", 1, d -> d.pick("10:00", "23:59:59.999999", "24:00")),
  INTERVAL("interval", "other", 1, d -> d.pick("1 day", "-3 mons 2 days", "00:00:01.5", "1 year")),
  JSONB("jsonb", "other", 1, d -> d.pick("{\"a\": 1, \"b\": [true, null]}", "[]", "\"x\"", "1.10")),
  JSON("json", "other", 1, d -> d.pick("{\"b\":1,  \"a\":2}", "[1, 2]")),
  INTS("int[]", "other", 1, d -> d.pick("{}", "{1,2,NULL}", "{{1,2},{3,4}}", "[0:1]={5,6}")),
  TEXTS("text[]", "other", 1, d -> d.pick("{}", "{a,\"b c\",NULL}", "{\"NULL\",\"\\\"q\"}")),
  FLOAT8(
      "float8", "double", 1, d -> d.pick("NaN", "Infinity", "-Infinity", "0.1", "-0.0", "1e300")),
  FLOAT4("real", "other", 1, d -> d.pick("NaN", "0.1", "-Infinity", "3.4e38", "1e-45")),
  INET("inet", "other", 1, d -> d.pick("10.0.0.1", "10.0.0.0/8", "::1")),
  INT4RANGE("int4range", "other", 1, d -> d.pick("empty", "[1,5)", "(,3]", "[2,2]")),
  TSTZRANGE("tstzrange", "other", 1, d -> d.pick("empty", "[2024-01-01 00:00+00,)", "(,)")),
  MONEY("money", "other", 1, d -> d.pick("1.50", "-3", "1000000")),
  TSVECTOR("tsvector", "other", 1, d -> d.pick("a:1 fat:2,3A cat:4", "")),
  BIT("bit(5)", "other", 1, d -> d.pick("10101", "00000")),
  VARBIT("bit varying", "other", 1, d -> d.pick("", "101", "1111111")),
  XML("xml", "other", 1, d -> d.pick("<a/>", "<a b=\"1\">x</a>")),
  TIMETZ("timetz", "other", 1, d -> d.pick("10:00+02", "23:59:59.5-08")),
  CIDR("cidr", "other", 1, d -> d.pick("10.0.0.0/8", "2001:db8::/32")),
  INT4MULTIRANGE("int4multirange", "other", 1, d -> d.pick("{}", "{[1,3),[7,9)}")),
  DATERANGE("daterange", "other", 1, d -> d.pick("[2024-01-01,2024-02-01)", "empty")),
  POINT("point", "other", 1, d -> d.pick("(1,2)", "(0.1,-1e300)")),
  TSQUERY("tsquery", "other", 1, d -> d.pick("fat & rat", "'a' | !b")),
  CHAR1("\"char\"", "other", 1, d -> d.pick("a", "")),
  PAIR("pair", "other", 2, d -> d.pick("(1,x)", "(,\"q,r\")")),
  MOODS("mood[]", "other", 2, d -> d.pick("{}", "{sad,NULL}")),
  MOOD("mood", "other", 2, d -> d.pick("sad", "ok", "happy")),
  POSINT("posint", "other", 2, d -> Integer.toString(d.below(20)));

  /** For keys and foreign keys. */
  static final List<Type> KEYS = List.of(INT4, INT4, INT8, TEXT, UUID, DATE, NUMERIC, TIMESTAMPTZ);

  private final String sql;
  private final String setter;
  private final int wildness;
  private final Function<Dice, String> values;

  Type(String sql, String setter, int wildness, Function<Dice, String> values) {
    this.sql = sql;
    this.setter = setter;
    this.wildness = wildness;
    this.values = values;
  }

  private static String word(Dice dice) {
    return dice.chance(75)
        ? "w" + dice.below(10)
        : dice.pick("", "it's", "a \\ b", "?", "$1", "Grüße \uD83D\uDE00", "now", "--x", "NULL");
  }

  String sql() {
    return sql;
  }

  boolean fits(Mix mix) {
    return wildness <= mix.wildness();
  }

  /** A value's text. */
  String value(Dice dice) {
    return values.apply(dice);
  }

  /** One of a dozen values, for keys. */
  String keyValue(Dice dice) {
    return switch (this) {
      case INT4, INT8, NUMERIC -> Integer.toString(dice.below(14));
      case TEXT -> "k" + dice.below(12);
      default -> value(dice);
    };
  }

  Param parameter(String value) {
    return new Param(setter, value);
  }

  /** A constant as it stands in SQL. */
  String literal(String value) {
    return switch (this) {
      case INT4, INT8, INT2, NUMERIC, DECIMAL, BOOL -> value;
      case BYTEA -> "'\\x" + value + "'";
      default -> "'" + value.replace("'", "''") + "'";
    };
  }

  boolean isNumber() {
    return switch (this) {
      case INT4, INT8, INT2, NUMERIC, DECIMAL, FLOAT4, FLOAT8, POSINT -> true;
      default -> false;
    };
  }

  /** An expression that reads the column, the same wherever it is evaluated. */
  String change(Dice dice, String column) {
    return switch (this) {
      case INT4, INT8, INT2, POSINT -> column + dice.pick(" + 1", " - 1", " * 2", " % 7");
      case NUMERIC, DECIMAL, FLOAT4, FLOAT8 -> column + dice.pick(" + 0.5", " * 1.1", " / 3");
      case TEXT, VARCHAR, CHAR ->
          dice.pick("upper(%s)", "left(%s || 'x', 4)", "reverse(%s)", "lower(%s)")
              .replace("%s", column);
      case BOOL -> "NOT " + column;
      case TIMESTAMPTZ, INSTANT, TIMESTAMP ->
          column + dice.pick(" + interval '1 hour'", " - interval '1 day'", " + interval '1 mon'");
      case INTERVAL -> column + dice.pick(" * 2", " + interval '1 day'");
      case DATE -> column + " + 1";
      case JSONB -> column + " || '{\"k\": 1}'";
      case INTS -> "array_append(" + column + ", 9)";
      case BYTEA -> column + " || '\\x01'";
      case MONEY -> column + " * 2";
      case BIT -> "~" + column;
      default -> column;
    };
  }

  /** An expression of the type that only one server may evaluate; empty if there is none. */
  String unstable(Dice dice) {
    return switch (this) {
      case INT4 -> dice.pick("(random() * 30)::int", "extract(second FROM clock_timestamp())::int");
      case INT8 -> dice.pick("txid_current()", "(random() * 1e9)::bigint", "pg_backend_pid()");
      case NUMERIC, DECIMAL -> "random()::numeric";
      case FLOAT8, FLOAT4 -> "random()";
      case TEXT ->
          dice.pick(
              "md5(random()::text)",
              "clock_timestamp()::text",
              "current_user",
              "now()::text",
              "gen_random_uuid()::text",
              "current_setting('TimeZone')",
              "to_char(now(), 'HH24:MI:SS.US')");
      case UUID -> "gen_random_uuid()";
      case BOOL -> "random() < 0.5";
      case TIMESTAMPTZ, INSTANT ->
          dice.pick(
              "now()",
              "clock_timestamp()",
              "statement_timestamp()",
              "CURRENT_TIMESTAMP",
              "'now'",
              "'today'",
              "timestamptz 'now'",
              "'now'::timestamptz",
              "now() - interval '1 day'",
              "transaction_timestamp()");
      case TIMESTAMP ->
          dice.pick("now()", "localtimestamp", "'now'", "clock_timestamp()::timestamp");
      case DATE -> dice.pick("current_date", "'today'", "'tomorrow'", "now()::date");
      case TIME -> dice.pick("localtime", "'now'", "clock_timestamp()::time");
      case INTERVAL -> dice.pick("now() - '2024-01-01'::timestamptz", "age(now())");
      case TSTZRANGE -> dice.pick("tstzrange(now(), NULL)", "'[now,)'");
      case JSONB -> "jsonb_build_object('r', random(), 'at', now())";
      case INTS -> "ARRAY[(random() * 9)::int]";
      case BYTEA -> "decode(md5(random()::text), 'hex')";
      default -> "";
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
