package org.tandemdb.plan;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which settings a session may SET, and to what. What runs on the primary runs under the client's
 * settings, and so may its reads anywhere; what must not depend on them is the log. Three ways lead
 * there: settings that change no value that a statement writes; those that do, which travel with
 * the entry ({@link #TRAVELLING}), so that its texts are read as they were written; and pinned
 * ones, which may be given the one value that they have.
 */
public final class SettingRules {

  /** Those that decide what a text in an entry means: an entry is applied under them. */
  public static final List<String> TRAVELLING =
      List.of("timezone", "datestyle", "intervalstyle", "bytea_output");

  /**
   * Those of them that a server tells of itself. A statement that is run as it stands on every
   * copy, DDL above all, carries them even where nobody has SET them: each server, database and
   * role may have its own.
   */
  public static final List<String> REPORTED = List.of("TimeZone", "DateStyle", "IntervalStyle");

  /** As {@link #TRAVELLING}, for DDL, whose names and owners are resolved where it is applied. */
  public static final List<String> TRAVELLING_WITH_DDL =
      List.of("search_path", "role", "check_function_bodies");

  private static final Set<String> FREE =
      Set.of(
          "application_name",
          "statement_timeout",
          "lock_timeout",
          "idle_in_transaction_session_timeout",
          "idle_session_timeout",
          "transaction_timeout",
          "work_mem",
          "maintenance_work_mem",
          "logical_decoding_work_mem",
          "temp_buffers",
          "temp_file_limit",
          "hash_mem_multiplier",
          "client_min_messages",
          "client_connection_check_interval",
          "random_page_cost",
          "seq_page_cost",
          "cpu_tuple_cost",
          "cpu_index_tuple_cost",
          "cpu_operator_cost",
          "parallel_setup_cost",
          "parallel_tuple_cost",
          "parallel_leader_participation",
          "min_parallel_table_scan_size",
          "min_parallel_index_scan_size",
          "max_parallel_workers",
          "max_parallel_workers_per_gather",
          "max_parallel_maintenance_workers",
          "effective_cache_size",
          "effective_io_concurrency",
          "maintenance_io_concurrency",
          "cursor_tuple_fraction",
          "constraint_exclusion",
          "default_statistics_target",
          "default_text_search_config",
          "plan_cache_mode",
          "join_collapse_limit",
          "from_collapse_limit",
          "recursive_worktable_factor",
          "escape_string_warning",
          "quote_all_identifiers",
          "restrict_nonsystem_relation_kind",
          "row_security",
          "synchronize_seqscans",
          "synchronous_commit",
          "lc_messages",
          "lc_time",
          "lc_numeric",
          "check_function_bodies",
          "search_path",
          "timezone",
          "intervalstyle",
          "bytea_output",
          "password_encryption",
          "tcp_keepalives_idle",
          "tcp_keepalives_interval",
          "tcp_keepalives_count",
          "tcp_user_timeout",
          "track_activities",
          "track_functions",
          "track_io_timing");

  /** Beginnings of names: the planner's, and what the server writes into its own log. */
  private static final List<String> FREE_BEGINNINGS =
      List.of("enable_", "geqo", "jit", "log_", "debug_print_", "debug_pretty", "vacuum_cost_");

  /** What they have to be, and are. */
  private static final Map<String, Set<String>> PINNED =
      Map.ofEntries(
          Map.entry("client_encoding", Set.of("utf8", "utf-8", "unicode")),
          Map.entry("standard_conforming_strings", Set.of("on", "true", "1")),
          Map.entry("extra_float_digits", Set.of("1", "2", "3")),
          Map.entry("session_replication_role", Set.of("origin")),
          Map.entry("xmloption", Set.of("content")),
          Map.entry("default_tablespace", Set.of("")),
          Map.entry("default_table_access_method", Set.of("heap")),
          Map.entry("transform_null_equals", Set.of("off", "false", "0")),
          Map.entry("array_nulls", Set.of("on", "true", "1")),
          Map.entry("default_with_oids", Set.of("off", "false")));

  /** What changes how dates are read, and not how they are shown: drivers read ISO only. */
  private static final Set<String> DATE_ORDERS =
      Set.of(
          "iso",
          "mdy",
          "dmy",
          "ymd",
          "us",
          "noneuro",
          "noneuropean",
          "euro",
          "european",
          "default");

  private SettingRules() {}

  /**
   * True if a definition (a role's, a function's) may hold the setting (lower case): it changes no
   * value, and nobody has to know of it.
   */
  static boolean mayBeDefined(String setting) {
    boolean known = setting.equals("timezone") || setting.equals("search_path");
    return isFree(setting)
        && (known || !(TRAVELLING.contains(setting) || TRAVELLING_WITH_DDL.contains(setting)));
  }

  private static boolean isFree(String setting) {
    return FREE.contains(setting)
        || FREE_BEGINNINGS.stream().anyMatch(setting::startsWith)
        || isCustom(setting);
  }

  /** The application's own: no built-in expression that is logged as text reads it. */
  private static boolean isCustom(String setting) {
    return setting.contains(".") && !setting.startsWith(Scope.TANDEM + ".");
  }

  /**
   * @param values in lower case; none for RESET
   * @throws Refusal if it may not be SET so
   */
  static void check(String setting, List<String> values) throws Refusal {
    Set<String> pinned = PINNED.get(setting);
    if (pinned != null) {
      boolean resets = values.isEmpty() || values.equals(List.of("default"));
      if (!resets && !(values.size() == 1 && pinned.contains(values.get(0)))) {
        throw new Refusal(
            "the setting " + setting + " may not be changed: texts that are logged depend on it",
            "Leave it at " + String.join(" or ", pinned.stream().sorted().toList()) + ".");
      }
      return;
    }
    if (setting.equals("datestyle")) {
      dateStyle(values);
      return;
    }
    if (setting.startsWith(Scope.TANDEM + ".")) {
      throw new Refusal(
          "Tandem has no setting " + setting + " that can be changed so",
          "Known are tandem.consistency and tandem.report_session, by SET and RESET.");
    }
    if (!isFree(setting)) {
      throw new Refusal(
          "the setting "
              + setting
              + " may not be changed: texts that are logged could depend on it",
          "Leave it at the value that Tandem pins.");
    }
    if (setting.equals("search_path")) {
      searchPath(values);
    }
  }

  /** True if not every value is allowed. */
  static boolean dependsOnValue(String setting) {
    return PINNED.containsKey(setting)
        || setting.equals("datestyle")
        || setting.equals("search_path");
  }

  private static void dateStyle(List<String> values) throws Refusal {
    for (String value : values) {
      for (String word : value.split("[,\\s]+", -1)) {
        if (!word.isEmpty() && !DATE_ORDERS.contains(word)) {
          throw new Refusal(
              "datestyle may be ISO with any order of day, month and year",
              "Use to_char for other styles.");
        }
      }
    }
  }

  /** True if a search path, whoever has set it, leads where statements are not understood. */
  public static boolean leadsAstray(String searchPath) {
    return searchPath.contains(Scope.TANDEM) || searchPath.contains("pg_temp");
  }

  private static void searchPath(List<String> values) throws Refusal {
    for (String value : values) {
      if (leadsAstray(value)) {
        throw new Refusal(
            "the search path may not hold Tandem's or temporary schemas", "Leave them out.");
      }
    }
  }
}
