package org.tandemdb.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.TableName;
import org.tandemdb.entry.TypeRef;
import org.tandemdb.plan.Form;
import org.tandemdb.plan.Plan;
import org.tandemdb.plan.Request;

/**
 * Plans the statements of these tests: writes to tables whose name begins with {@code cap} have all
 * columns captured, others none.
 */
final class FakePlanner {
  private final Connection connection;

  FakePlanner(Connection connection) {
    this.connection = connection;
  }

  Plan plan(Request request) throws SQLException {
    String sql = request.sql();
    StatementText text = StatementText.scan(sql);
    if (text.statements() > 1) {
      List<Plan.Step> steps = new ArrayList<>();
      for (String part : sql.split(";", -1)) {
        if (!part.isBlank()) {
          steps.add(
              new Plan.Step(
                  part.strip(), plan(new Request(part.strip(), request.markers(), List.of()))));
        }
      }
      return new Plan.Steps("a batch", steps);
    }
    List<String> words = text.words();
    String first = words.isEmpty() ? "" : words.get(0);
    return switch (first) {
      case "SELECT", "VALUES", "TABLE", "" -> select(sql, words);
      case "INSERT", "UPDATE", "DELETE" -> write(sql, text);
      case "BEGIN", "START" ->
          local(
              new Plan.Effect.Begin(
                  words.contains("REPEATABLE") ? Optional.of("REPEATABLE READ") : Optional.empty(),
                  words.contains("ONLY") ? Optional.of(true) : Optional.empty()));
      case "COMMIT", "END" -> local(new Plan.Effect.Commit());
      case "SAVEPOINT" -> local(new Plan.Effect.Savepoint(last(sql)));
      case "RELEASE" -> local(new Plan.Effect.Release(last(sql)));
      case "ROLLBACK", "ABORT" ->
          local(
              words.contains("TO")
                  ? new Plan.Effect.RollbackTo(last(sql))
                  : new Plan.Effect.Rollback());
      case "SET" -> local(new Plan.Effect.Setting(settingName(words), words.contains("LOCAL")));
      case "RESET" -> local(new Plan.Effect.Setting(last(sql), false));
      case "DISCARD" -> local(new Plan.Effect.Discard(Plan.Effect.Discard.What.ALL));
      case "SHOW" ->
          words.contains("TANDEM")
              ? local(new Plan.Effect.ShowTandem(words.get(2), argument(sql)))
              : local(new Plan.Effect.None());
      case "EXPLAIN", "WITH" -> local(new Plan.Effect.None());
      case "LISTEN" -> new Plan.Refused("LISTEN is not replicated.", "Use a queue table.", "0A000");
      default -> new Plan.Exclusive("DDL", sql);
    };
  }

  private static Plan local(Plan.Effect effect) {
    return new Plan.Local("local", effect);
  }

  private static Plan select(String sql, List<String> words) {
    if (words.contains("FOR") || sql.toLowerCase(Locale.ROOT).contains("nextval")) {
      return local(new Plan.Effect.None());
    }
    return new Plan.Read("a read");
  }

  private static String last(String sql) {
    String[] words = sql.strip().split("\\s+", -1);
    return words[words.length - 1].replace("\"", "");
  }

  private static String argument(String sql) {
    int at = sql.toUpperCase(Locale.ROOT).indexOf(" FOR ");
    return at < 0 ? "" : sql.substring(at + 5);
  }

  private static String settingName(List<String> words) {
    int at = words.get(1).equals("LOCAL") || words.get(1).equals("SESSION") ? 2 : 1;
    return words.get(at).toLowerCase(Locale.ROOT);
  }

  private Plan write(String sql, StatementText text) throws SQLException {
    List<String> words = text.words();
    String table = words.get(words.get(0).equals("UPDATE") ? 1 : 2).toLowerCase(Locale.ROOT);
    TableName name = new TableName("public", table);
    Plan.Template template = new Plan.Template.Verbatim(sql, List.of());
    if (!table.startsWith("cap")) {
      return new Plan.Write(
          "a write", Form.VERBATIM, name, sql, Plan.CaptureSpec.NONE, template, List.of());
    }
    List<Change.Column> columns = columns(table);
    List<String> names = columns.stream().map(Change.Column::name).toList();
    String hidden =
        names.stream().map(n -> n + "::text AS hidden_" + n).collect(Collectors.joining(", "));
    String body = sql.substring(0, text.end());
    boolean returns = words.contains("RETURNING");
    return new Plan.Write(
        "a captured write",
        Form.CAPTURED,
        name,
        body + (returns ? ", " : " RETURNING ") + hidden,
        new Plan.CaptureSpec(returns ? -1 : 0, columns),
        new Plan.Template.Rows(Change.Kind.INSERT, List.of(), columns),
        List.of());
  }

  private List<Change.Column> columns(String table) throws SQLException {
    List<Change.Column> columns = new ArrayList<>();
    try (PreparedStatement ask =
        connection.prepareStatement(
            "SELECT column_name, udt_name FROM information_schema.columns WHERE table_name = ?"
                + " ORDER BY ordinal_position")) {
      ask.setString(1, table);
      try (ResultSet rows = ask.executeQuery()) {
        while (rows.next()) {
          columns.add(new Change.Column(rows.getString(1), new TypeRef(rows.getString(2))));
        }
      }
    }
    return columns;
  }
}
