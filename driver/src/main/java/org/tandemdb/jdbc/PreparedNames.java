package org.tandemdb.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.backend.Lease;
import org.tandemdb.plan.Plan;
import org.tandemdb.plan.Plan.Effect;
import org.tandemdb.plan.PreparedText;
import org.tandemdb.plan.Request;

/**
 * The statements that a connection has prepared in SQL. A server looks at each text once, for its
 * errors and for the types of its parameters, and forgets it again: what is kept is kept here,
 * since the next EXECUTE may run on another link. As on the server, a rollback takes none of them
 * back. Owned by the connection's thread.
 */
final class PreparedNames {
  /** More than any client has been seen to keep; beyond it 54000. */
  private static final int MOST = 10_000;

  private static final String CHECKED = "tandem prepare";

  /** Without a type's modifier: {@code character} would be one of one character. */
  private static final String TYPES =
      "SELECT CASE WHEN n.nspname <> 'pg_catalog'"
          + " THEN quote_ident(n.nspname) || '.' || quote_ident(b.typname)"
          + " WHEN b.typname IN ('char', 'bit') THEN quote_ident(b.typname)"
          + " ELSE b.typname::text END || CASE WHEN b.oid = t.oid THEN '' ELSE '[]' END"
          + " FROM pg_catalog.pg_prepared_statements p,"
          + " unnest(p.parameter_types) WITH ORDINALITY u(type, place)"
          + " JOIN pg_catalog.pg_type t ON t.oid = u.type"
          + " JOIN pg_catalog.pg_type b ON b.oid = CASE WHEN t.typelem <> 0 AND t.typlen = -1"
          + " AND EXISTS (SELECT FROM pg_catalog.pg_type e"
          + " WHERE e.oid = t.typelem AND e.typarray = t.oid) THEN t.typelem ELSE t.oid END"
          + " JOIN pg_catalog.pg_namespace n ON n.oid = b.typnamespace"
          + " WHERE p.name = '"
          + CHECKED
          + "' ORDER BY u.place";

  private final ClientSession client;
  private final SessionState state;
  private final Map<String, PreparedText> texts = new LinkedHashMap<>();

  PreparedNames(ClientSession client, SessionState state) {
    this.client = client;
    this.state = state;
  }

  boolean isEmpty() {
    return texts.isEmpty();
  }

  void prepare(Request request, Plan plan, PreparedText text, Command command) throws SQLException {
    if (texts.containsKey(text.name())) {
      throw state.failing(
          SqlErrors.of("42P05", "prepared statement \"" + text.name() + "\" already exists", null));
    }
    if (texts.size() >= MOST) {
      throw state.failing(
          SqlErrors.of("54000", "more than " + MOST + " prepared statements", null));
    }
    String types = text.types().isEmpty() ? "" : " (" + String.join(", ", text.types()) + ")";
    String check = "PREPARE \"" + CHECKED + "\"" + types + " AS " + text.sql();
    client.asOne(
        command,
        () -> {
          client.onOwnLink(
              new Request(check, request.markers(), request.parameterTypes()), plan, command);
          Optional<Lease<JdbcLink>> lease = state.lease();
          if (lease.isPresent()) {
            texts.put(text.name(), new PreparedText(text.name(), types(lease.get()), text.sql()));
          }
        });
  }

  private List<String> types(Lease<JdbcLink> lease) throws SQLException {
    List<String> types = new ArrayList<>();
    try (Statement statement = lease.link().connection().createStatement()) {
      try (ResultSet rows = statement.executeQuery(TYPES)) {
        while (rows.next()) {
          types.add(rows.getString(1));
        }
      }
      statement.execute("DEALLOCATE \"" + CHECKED + "\"");
    } catch (SQLException e) {
      throw client.inTransaction(lease, e);
    }
    return types;
  }

  void deallocate(Effect.Deallocate effect) throws SQLException {
    if (effect.name().isEmpty()) {
      forget();
    } else {
      texts.remove(find(effect.name().get()).name());
    }
  }

  void forget() {
    texts.clear();
  }

  private PreparedText find(String name) throws SQLException {
    PreparedText text = texts.get(name);
    if (text == null) {
      throw state.failing(
          SqlErrors.of("26000", "prepared statement \"" + name + "\" does not exist", null));
    }
    return text;
  }

  /** Runs the statement that was prepared, with its arguments. */
  void execute(Request request, Effect.Execute effect, Command command) throws SQLException {
    PreparedText text = find(effect.name());
    if (effect.constant()) {
      client.run(request(request, effect, expanded(effect, text, effect.arguments())), command);
      return;
    }
    expanded(effect, text, effect.arguments());
    client.asOne(
        command,
        () -> {
          String sql = expanded(effect, text, evaluated(request, effect, text));
          client.run(request(request, effect, sql), command);
        });
  }

  /** As it would run, with arguments that are not evaluated. */
  Request shown(Request request, Effect.Execute effect) throws SQLException {
    return request(request, effect, expanded(effect, find(effect.name()), effect.arguments()));
  }

  private static Request request(Request like, Effect.Execute effect, String sql) {
    return new Request(effect.before() + sql + effect.after(), like.markers(), List.of());
  }

  private String expanded(Effect.Execute effect, PreparedText text, List<String> values)
      throws SQLException {
    int wanted = text.types().size();
    if (values.size() != wanted) {
      throw state.failing(
          SqlErrors.of(
              "42601",
              "wrong number of parameters for prepared statement \""
                  + effect.name()
                  + "\": expected "
                  + wanted
                  + " parameters but got "
                  + values.size(),
              null));
    }
    return text.with(values);
  }

  /** Once, however often a parameter is used, and in the transaction of the statement. */
  private List<String> evaluated(Request request, Effect.Execute effect, PreparedText text)
      throws SQLException {
    StringBuilder sql = new StringBuilder("SELECT ");
    for (int i = 0; i < effect.arguments().size(); i++) {
      sql.append(i == 0 ? "" : ", ")
          .append("CAST(CAST((")
          .append(effect.arguments().get(i))
          .append(") AS ")
          .append(text.types().get(i))
          .append(") AS text)");
    }
    RowCommand row = new RowCommand();
    client.run(new Request(sql.toString(), request.markers(), List.of()), row);
    List<String> values = new ArrayList<>();
    for (@Nullable String value : row.values()) {
      values.add(value == null ? "NULL" : "'" + value.replace("'", "''") + "'");
    }
    return values;
  }
}
