package org.tandemdb.jdbc;

import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The functions of JDBC's appendix C by PostgreSQL's names, as PostgreSQL's own driver has them.
 * Those that are called the same in both, and those that JDBC does not know, stay as they are.
 */
final class EscapedFunctions {
  /** What to make of one argument, which is {@code %s}. */
  private static final Map<String, String> OF_ONE =
      Map.ofEntries(
          Map.entry("ceiling", "ceil(%s)"),
          Map.entry("log", "ln(%s)"),
          Map.entry("log10", "log(%s)"),
          Map.entry("char", "chr(%s)"),
          Map.entry("lcase", "lower(%s)"),
          Map.entry("ucase", "upper(%s)"),
          Map.entry("length", "length(trim(trailing from %s))"),
          Map.entry("ltrim", "trim(leading from %s)"),
          Map.entry("rtrim", "trim(trailing from %s)"),
          Map.entry("space", "repeat(' ',%s)"),
          Map.entry("dayname", "to_char(%s,'Day')"),
          Map.entry("monthname", "to_char(%s,'Month')"),
          Map.entry("dayofmonth", "extract(day from %s)"),
          Map.entry("dayofweek", "(extract(dow from %s)+1)"),
          Map.entry("dayofyear", "extract(doy from %s)"),
          Map.entry("hour", "extract(hour from %s)"),
          Map.entry("minute", "extract(minute from %s)"),
          Map.entry("month", "extract(month from %s)"),
          Map.entry("quarter", "extract(quarter from %s)"),
          Map.entry("second", "extract(second from %s)"),
          Map.entry("week", "extract(week from %s)"),
          Map.entry("year", "extract(year from %s)"));

  private static final Map<String, String> OF_NONE =
      Map.of(
          "curdate", "current_date",
          "curtime", "current_time",
          "database", "current_database()",
          "user", "user");

  private static final Map<String, String> INTERVALS =
      Map.of(
          "DAY", "day",
          "HOUR", "hour",
          "MINUTE", "minute",
          "SECOND", "second",
          "WEEK", "week",
          "MONTH", "month",
          "YEAR", "year");

  private EscapedFunctions() {}

  /**
   * @param arguments translated
   * @throws SQLException 42601 for a wrong number of arguments, or an interval that is none
   */
  static void append(StringBuilder out, String name, List<String> arguments) throws SQLException {
    String function = name.toLowerCase(Locale.ROOT);
    String none = OF_NONE.get(function);
    String one = OF_ONE.get(function);
    if (none != null) {
      require(function, arguments, 0, 0);
      out.append(none);
    } else if (one != null) {
      require(function, arguments, 1, 1);
      int place = one.indexOf("%s");
      out.append(one, 0, place).append(arguments.get(0)).append(one.substring(place + 2));
    } else if (!appendOfSeveral(out, function, arguments)) {
      call(out, name, ",", arguments);
    }
  }

  private static boolean appendOfSeveral(StringBuilder out, String function, List<String> arguments)
      throws SQLException {
    switch (function) {
      case "power" -> two(out, "pow", function, arguments);
      case "truncate" -> two(out, "trunc", function, arguments);
      case "ifnull" -> two(out, "coalesce", function, arguments);
      case "concat" -> call(out, "", "||", arguments);
      case "substring" -> {
        require(function, arguments, 2, 3);
        call(out, "substr", ",", arguments);
      }
      case "left" -> {
        require(function, arguments, 2, 2);
        call(out, "substring", " for ", arguments);
      }
      case "right" -> {
        require(function, arguments, 2, 2);
        call(out, "right", ",", arguments);
      }
      case "insert" -> {
        require(function, arguments, 4, 4);
        out.append("overlay(").append(arguments.get(0)).append(" placing ");
        out.append(arguments.get(3)).append(" from ").append(arguments.get(1));
        out.append(" for ").append(arguments.get(2)).append(')');
      }
      case "locate" -> locate(out, arguments);
      case "timestampadd" -> add(out, arguments);
      case "timestampdiff" -> difference(out, arguments);
      default -> {
        return false;
      }
    }
    return true;
  }

  private static void two(StringBuilder out, String name, String function, List<String> arguments)
      throws SQLException {
    require(function, arguments, 2, 2);
    call(out, name, ",", arguments);
  }

  private static void call(
      StringBuilder out, String name, String separator, List<String> arguments) {
    out.append(name).append('(').append(String.join(separator, arguments)).append(')');
  }

  private static void locate(StringBuilder out, List<String> arguments) throws SQLException {
    require("locate", arguments, 2, 3);
    if (arguments.size() == 2) {
      call(out, "position", " in ", arguments);
      return;
    }
    String start = arguments.get(2);
    if (StatementText.scan(start).markers() > 0) {
      throw syntax("The third argument of {fn locate()} cannot be a parameter.");
    }
    // Zero where it is not found, and else counted from the beginning of the whole.
    out.append("coalesce(nullif(position(").append(arguments.get(0)).append(" in substring(");
    out.append(arguments.get(1)).append(" from ").append(start).append(")),0)+");
    out.append(start).append("-1,0)");
  }

  private static void add(StringBuilder out, List<String> arguments) throws SQLException {
    require("timestampadd", arguments, 3, 3);
    String interval = interval(arguments.get(0));
    String count = arguments.get(1);
    out.append("(CAST(");
    if (interval.equals("QUARTER")) {
      out.append('(').append(count).append("::int * 3)||' month'");
    } else {
      out.append(count).append("||' ").append(unit(interval)).append('\'');
    }
    out.append(" as interval)+").append(arguments.get(2)).append(')');
  }

  private static void difference(StringBuilder out, List<String> arguments) throws SQLException {
    require("timestampdiff", arguments, 3, 3);
    String unit = unit(interval(arguments.get(0)));
    if (!List.of("day", "hour", "minute", "second").contains(unit)) {
      // The difference of two timestamps is days and a time; months are not in it.
      throw syntax("Interval " + arguments.get(0).strip() + " is not known to timestampdiff.");
    }
    out.append("extract( ").append(unit).append(" from (").append(arguments.get(2)).append('-');
    out.append(arguments.get(1)).append("))");
  }

  private static String interval(String argument) throws SQLException {
    String name = argument.strip().toUpperCase(Locale.ROOT);
    if (!name.startsWith("SQL_TSI_")) {
      throw syntax("Interval " + name + " is not known.");
    }
    return name.substring("SQL_TSI_".length());
  }

  private static String unit(String interval) throws SQLException {
    String unit = INTERVALS.get(interval);
    if (unit == null) {
      throw syntax("Interval SQL_TSI_" + interval + " is not known.");
    }
    return unit;
  }

  private static void require(String function, List<String> arguments, int least, int most)
      throws SQLException {
    if (arguments.size() < least || arguments.size() > most) {
      String count = least == most ? Integer.toString(least) : least + " or " + most;
      throw syntax(
          "{fn " + function + "()} takes " + count + " arguments, not " + arguments.size() + ".");
    }
  }

  private static SQLException syntax(String message) {
    return SqlErrors.of("42601", message, null);
  }
}
