package org.tandemdb.plan;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.entry.TableName;
import org.tandemdb.plan.Plan.CaptureSpec;
import org.tandemdb.plan.Plan.ReadBack;
import org.tandemdb.plan.Plan.SequenceUse;
import org.tandemdb.plan.Plan.Template;
import org.tandemdb.sql.Facts;
import org.tandemdb.sql.PgLexer;
import org.tandemdb.sql.Shape.Action;
import org.tandemdb.sql.SqlSyntaxException;
import org.tandemdb.sql.Tokens;

/**
 * COPY between the client and a table or query. What a client sends is never logged as it came: the
 * server evaluates {@code 'today'} in the fields of dates, and defaults, sequences and triggers
 * decide the rest. So the rows are read back once they are in the table, or traced.
 */
final class CopyPlanner {
  private final TokenReader in;
  private final Tokens tokens;
  private final Scope scope;

  private CopyPlanner(Tokens tokens, Scope scope) {
    this.in = new TokenReader(tokens);
    this.tokens = tokens;
    this.scope = scope;
  }

  static Plan plan(Tokens tokens, Scope scope) throws SqlSyntaxException, Refusal {
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.isKind(i, Tokens.Kind.PARAMETER)) {
        throw new Refusal("COPY cannot have parameters", "Write the values out.", "42601");
      }
    }
    return new CopyPlanner(tokens, scope).statement();
  }

  private Plan statement() throws SqlSyntaxException, Refusal {
    in.expect("copy");
    if (in.peekSymbol("(")) {
      int open = in.at();
      int close = in.group();
      in.expect("to");
      client();
      options();
      in.expectEnd();
      return query(tokens.sql().substring(tokens.end(open), tokens.start(close)));
    }
    in.skip("binary");
    Facts.Use name = in.qualifiedName();
    String written = tokens.sql().substring(tokens.start(name.token()), tokens.end(in.at() - 1));
    Set<String> columns = columns();
    if (in.take("to")) {
      client();
      options();
      in.expectEnd();
      return query("SELECT * FROM " + written);
    }
    in.expect("from");
    client();
    boolean freeze = options();
    int where = in.take("where") ? in.at() : -1;
    if (where < 0) {
      in.expectEnd();
    }
    return from(name, columns, freeze, where);
  }

  private Set<String> columns() throws Refusal {
    Set<String> columns = new TreeSet<>();
    if (in.takeSymbol("(")) {
      do {
        columns.add(in.name());
      } while (in.takeSymbol(","));
      in.expectSymbol(")");
    }
    return columns;
  }

  /** Files and programs are those of one server. */
  private void client() throws Refusal {
    if (in.peek("program") || in.tokens().isKind(in.at(), Tokens.Kind.STRING)) {
      throw new Refusal(
          "COPY with a file or program is one server's own",
          "Let the client read or write it: COPY ... FROM STDIN, COPY ... TO STDOUT.");
    }
    if (!in.take("stdin")) {
      in.expect("stdout");
    }
  }

  /** How the bytes are to be read decides nothing; returns whether FREEZE is among the options. */
  private boolean options() throws Refusal {
    int start = in.at();
    in.skip("using");
    in.skip("with");
    if (in.peekSymbol("(")) {
      in.group();
    } else {
      while (!in.atEnd() && !in.peek("where")) {
        if (!in.takeConstant() && !in.takeSymbol(",") && !in.takeSymbol("*")) {
          in.name();
        }
      }
    }
    for (int i = start; i < in.at(); i++) {
      if (tokens.is(i, "freeze")) {
        return true;
      }
    }
    return false;
  }

  /** What stands in COPY (...) TO runs as it would alone, but for where its rows go. */
  private Plan query(String sql) throws SqlSyntaxException, Refusal {
    Tokens query = PgLexer.lex(sql, false).from(0);
    Plan plan = SqlPlanner.statement(query, scope);
    if (plan instanceof Plan.Read
        || plan instanceof Plan.PrimaryRead
        || plan instanceof Plan.Traced
        || plan instanceof Plan.Refused) {
      return plan;
    }
    if (plan instanceof Plan.Write write) {
      return new Plan.Traced(
          "COPY of what a write returns: " + write.reason(), Tracing.untracedTargets(query, scope));
    }
    throw new Refusal(
        "COPY is of a table, or of what a query or a write returns", "Use another statement.");
  }

  private Plan from(Facts.Use name, Set<String> given, boolean freeze, int where)
      throws SqlSyntaxException, Refusal {
    if (isTemporary(name)) {
      return traced("it fills a temporary table", List.of(), where);
    }
    Catalog.Table table =
        scope
            .relation(name)
            .orElseThrow(
                () ->
                    new Refusal(
                        "the system's own tables are not replicated", "Use DDL statements."));
    refuseUntraceable(table);
    boolean ordinary = table.kind() == Catalog.Kind.TABLE;
    List<TableName> untraced =
        ordinary && !scope.catalog().traced().contains(table.name())
            ? List.of(table.name())
            : List.of();
    if (!ordinary) {
      return traced(table.name() + " is not an ordinary table", untraced, where);
    }
    if (where >= 0) {
      return traced("its WHERE is evaluated row by row", untraced, where);
    }
    if (freeze) {
      return traced("FREEZE hides which transaction wrote the rows", untraced, where);
    }
    Optional<String> hazard = Hazards.of(table, EnumSet.of(Action.INSERT), scope);
    return hazard.isPresent()
        ? traced(hazard.get(), untraced, where)
        : captured(table, given, untraced);
  }

  private boolean isTemporary(Facts.Use name) {
    return name.qualifier()
        .map(schema -> schema.startsWith("pg_temp"))
        .orElseGet(() -> scope.session().temporaryTables().contains(name.name()));
  }

  private static void refuseUntraceable(Catalog.Table table) throws Refusal {
    switch (table.kind()) {
      case TABLE, PARTITIONED, VIEW -> {}
      case MATERIALIZED_VIEW, OTHER ->
          throw new Refusal(table.name() + " cannot be filled by COPY", "Use an ordinary table.");
    }
    for (String hazard : table.traceHazards()) {
      if (!hazard.equals(Catalog.Table.NO_KEY)) {
        throw new Refusal(
            "writes to " + table.name() + " cannot be made equal on every copy: " + hazard,
            "See docs/limits.md for what stands in the way.");
      }
    }
  }

  private Plan traced(String why, List<TableName> untraced, int where) throws Refusal {
    if (where >= 0) {
      // What stands there may reach past tables.
      Tracing.plan(tokens.from(where), scope, why);
    }
    return new Plan.Traced(
        "the rows that it touches are logged as they are in the end: " + why, untraced);
  }

  private Plan captured(Catalog.Table table, Set<String> given, List<TableName> untraced) {
    List<Catalog.Column> stored =
        table.columns().stream()
            .filter(c -> c.defaultKind() != Catalog.DefaultKind.GENERATED)
            .toList();
    List<SequenceUse> sequences = new ArrayList<>();
    StringBuilder columns = new StringBuilder();
    for (int i = 0; i < stored.size(); i++) {
      Catalog.Column column = stored.get(i);
      columns
          .append(i == 0 ? "" : ", ")
          .append(LoggedText.quote(column.name()))
          .append("::pg_catalog.text");
      boolean defaulted = !given.isEmpty() && !given.contains(column.name());
      if (defaulted && column.sequence().isPresent()) {
        TableName sequence = column.sequence().get();
        boolean ascending = !scope.catalog().descendingSequences().contains(sequence);
        sequences.add(new SequenceUse(sequence, i, ascending, false));
      }
    }
    if (stored.isEmpty()) {
      return new Plan.Traced(
          "the rows of " + table.name() + " have no columns to read back", untraced);
    }
    return new Plan.Write(
        "the rows are read back: what stands in dates and defaults, only the primary may evaluate",
        Form.CAPTURED,
        table.name(),
        tokens.sql(),
        new CaptureSpec(0, Writing.changeColumns(stored)),
        new Template.Rows(
            org.tandemdb.entry.Change.Kind.INSERT, List.of(), Writing.changeColumns(stored)),
        sequences,
        Optional.empty(),
        Optional.of(
            new ReadBack(
                LoggedText.quote(table.name().schema())
                    + "."
                    + LoggedText.quote(table.name().name()),
                columns.toString())));
  }
}
