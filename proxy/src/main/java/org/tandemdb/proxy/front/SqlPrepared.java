package org.tandemdb.proxy.front;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.Lease;
import org.tandemdb.plan.Plan;
import org.tandemdb.plan.Plan.Effect;
import org.tandemdb.plan.PreparedText;
import org.tandemdb.proxy.pg.NettyLink;

/**
 * The statements that a client has prepared in SQL: the twin of the driver's {@code PreparedNames},
 * which says why they are kept here. On the event loop.
 */
final class SqlPrepared {
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

  private final Session client;
  private final BlockState state;
  private final Map<String, PreparedText> texts = new LinkedHashMap<>();

  SqlPrepared(Session client, BlockState state) {
    this.client = client;
    this.state = state;
  }

  CompletionStage<Void> prepare(Plan plan, PreparedText text, Statement statement) {
    if (texts.containsKey(text.name())) {
      return Stages.failed(
          new ClientFailure("42P05", "prepared statement \"" + text.name() + "\" already exists"));
    }
    if (texts.size() >= MOST) {
      return Stages.failed(
          new ClientFailure("54000", "more than " + MOST + " prepared statements"));
    }
    String types = text.types().isEmpty() ? "" : " (" + String.join(", ", text.types()) + ")";
    String check = "PREPARE \"" + CHECKED + "\"" + types + " AS " + text.sql();
    return client.inOneTransaction(
        () ->
            client
                .onOwnLink(plan, statement.as(check))
                .thenCompose(
                    ok -> {
                      Optional<Lease<NettyLink>> lease = state.lease();
                      return lease.isEmpty() ? Stages.DONE : keep(text, lease.get());
                    }));
  }

  private CompletionStage<Void> keep(PreparedText text, Lease<NettyLink> lease) {
    return lease
        .link()
        .query(TYPES, List.of())
        .thenCompose(
            found -> {
              List<String> types = new ArrayList<>();
              found.rows().forEach(row -> types.add(String.valueOf(row.get(0))));
              texts.put(text.name(), new PreparedText(text.name(), types, text.sql()));
              return lease.link().query("DEALLOCATE \"" + CHECKED + "\"", List.of());
            })
        .<Void>thenApply(ok -> null)
        .exceptionallyCompose(failure -> client.inTransaction(lease, failure));
  }

  void deallocate(Effect.Deallocate effect) {
    if (effect.name().isEmpty()) {
      forget();
    } else {
      texts.remove(find(effect.name().get()).name());
    }
  }

  void forget() {
    texts.clear();
  }

  boolean isEmpty() {
    return texts.isEmpty();
  }

  private PreparedText find(String name) {
    PreparedText text = texts.get(name);
    if (text == null) {
      throw new ClientFailure("26000", "prepared statement \"" + name + "\" does not exist");
    }
    return text;
  }

  /** Runs the statement that was prepared, with its arguments. */
  CompletionStage<Void> execute(Effect.Execute effect, Statement statement) {
    PreparedText text = find(effect.name());
    String written = expanded(effect, text, effect.arguments());
    if (effect.constant()) {
      return client.run(like(statement, effect, written));
    }
    return client.inOneTransaction(
        () ->
            evaluated(effect, text)
                .thenCompose(
                    values -> client.run(like(statement, effect, expanded(effect, text, values)))));
  }

  /** The text that EXECUTE stands for, with arguments that are not evaluated. */
  String shown(Effect.Execute effect) {
    return effect.before()
        + expanded(effect, find(effect.name()), effect.arguments())
        + effect.after();
  }

  private static Statement like(Statement statement, Effect.Execute effect, String sql) {
    Statement simple = statement.as(effect.before() + sql + effect.after());
    return new Statement(
        simple.request(),
        simple.types(),
        false,
        simple.parameters(),
        statement.resultFormats(),
        statement.portal(),
        statement.maxRows(),
        statement.described(),
        statement.outlet());
  }

  private static String expanded(Effect.Execute effect, PreparedText text, List<String> values) {
    int wanted = text.types().size();
    if (values.size() != wanted) {
      throw new ClientFailure(
          "42601",
          "wrong number of parameters for prepared statement \""
              + effect.name()
              + "\": expected "
              + wanted
              + " parameters but got "
              + values.size());
    }
    return text.with(values);
  }

  /** Once, however often a parameter is used, and in the transaction of the statement. */
  private CompletionStage<List<String>> evaluated(Effect.Execute effect, PreparedText text) {
    StringBuilder sql = new StringBuilder("SELECT ");
    for (int i = 0; i < effect.arguments().size(); i++) {
      sql.append(i == 0 ? "" : ", ")
          .append("CAST(CAST((")
          .append(effect.arguments().get(i))
          .append(") AS ")
          .append(text.types().get(i))
          .append(") AS text)");
    }
    RowOutlet row = new RowOutlet();
    return client
        .run(Statement.simple(sql.toString(), row))
        .thenApply(
            ok -> {
              List<String> values = new ArrayList<>();
              for (@Nullable String value : row.values()) {
                values.add(value == null ? "NULL" : "'" + value.replace("'", "''") + "'");
              }
              return values;
            });
  }
}
