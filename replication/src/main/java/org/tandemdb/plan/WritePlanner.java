package org.tandemdb.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.TableName;
import org.tandemdb.plan.Plan.CaptureSpec;
import org.tandemdb.plan.Plan.SequenceUse;
import org.tandemdb.plan.Plan.Template;
import org.tandemdb.sql.Builtins;
import org.tandemdb.sql.Facts;
import org.tandemdb.sql.Shape;
import org.tandemdb.sql.Shape.Assignment;
import org.tandemdb.sql.Shape.Delete;
import org.tandemdb.sql.Shape.Insert;
import org.tandemdb.sql.Shape.Range;
import org.tandemdb.sql.Shape.Target;
import org.tandemdb.sql.Shape.Update;
import org.tandemdb.sql.Tokens;

/** Chooses the replication form of one INSERT, UPDATE or DELETE. */
final class WritePlanner {
  private final Tokens tokens;
  private final Scope scope;
  private final Shape shape;
  private final Target target;
  private final Catalog.Table table;
  private final int returning;

  private WritePlanner(Tokens tokens, Scope scope, Shape shape, Target target, int returning)
      throws Refusal {
    this.tokens = tokens;
    this.scope = scope;
    this.shape = shape;
    this.target = target;
    this.returning = returning;
    this.table = target(tokens, scope, target);
    SideEffects.none(Facts.of(tokens, shape), scope);
  }

  static Plan insert(Tokens tokens, Scope scope, Insert insert) throws Refusal {
    return new WritePlanner(tokens, scope, insert.shape(), insert.target(), insert.returning())
        .insert(insert);
  }

  static Plan update(Tokens tokens, Scope scope, Update update) throws Refusal {
    return new WritePlanner(tokens, scope, update.shape(), update.target(), update.returning())
        .update(update);
  }

  static Plan delete(Tokens tokens, Scope scope, Delete delete) throws Refusal {
    return new WritePlanner(tokens, scope, delete.shape(), delete.target(), delete.returning())
        .delete(delete);
  }

  private static Catalog.Table target(Tokens tokens, Scope scope, Target target) throws Refusal {
    Optional<String> schema =
        target.qualified() ? Optional.of(tokens.text(target.first())) : Optional.empty();
    Facts.Use use = new Facts.Use(schema, tokens.text(target.name()), target.name());
    Catalog.Table table =
        scope
            .relation(use)
            .orElseThrow(
                () ->
                    new Refusal(
                        "the system's own tables are not replicated", "Use DDL statements."));
    if (table.kind() != Catalog.Kind.TABLE) {
      throw new Refusal(
          table.name() + " is not an ordinary table", "Write to the tables behind it.");
    }
    if (!table.hazards().isEmpty()) {
      throw hazard(table.name(), table.hazards().get(0));
    }
    for (Catalog.Column column : table.columns()) {
      if (!Builtins.isCapturable(column.type().name())
          && !isObject(column)
          && !scope.catalog().isUserType(column.type().name())) {
        throw hazard(
            table.name(), "column " + column.name() + " has the type " + column.type().name());
      }
    }
    return table;
  }

  private static boolean isObject(Catalog.Column column) {
    return Builtins.type(column.type().name()).isPresent();
  }

  private static Refusal hazard(TableName table, String hazard) {
    return new Refusal(
        "writes to " + table + " cannot be made equal on every copy yet: " + hazard,
        "See docs/limits.md for what stands in the way.");
  }

  private Plan insert(Insert insert) throws Refusal {
    if (shape.locking()) {
      throw new Refusal("an INSERT with a locking clause is not supported", "Leave FOR out.");
    }
    List<Catalog.Column> given = givenColumns(insert);
    Determinism determinism = new Determinism(tokens, shape, table, List.of());
    Map<Integer, Range> clocks = new HashMap<>();
    List<Catalog.Column> defaulted = new ArrayList<>(table.columns());
    defaulted.removeAll(given);
    String evaluated = "";
    for (List<Range> row : insert.rows()) {
      if (row.size() > given.size() || (!insert.columns().isEmpty() && row.size() < given.size())) {
        throw new Refusal(
            "INSERT has another number of values than of columns", "Correct it.", "42601");
      }
      for (int i = 0; i < row.size(); i++) {
        switch (determinism.of(row.get(i), given.get(i))) {
          case DETERMINISTIC -> {}
          case CLOCK -> clocks.put(row.get(i).first(), row.get(i));
          case DEFAULT -> defaulted.add(given.get(i));
          case EVALUATED -> evaluated = "the value of " + given.get(i).name();
        }
      }
      defaulted.addAll(given.subList(row.size(), given.size()));
    }
    for (Catalog.Column column : defaulted) {
      if (isEvaluatedDefault(column)) {
        evaluated = "the default of " + column.name();
      }
    }
    if (insert.rows().isEmpty() && !insert.defaultValues()) {
      evaluated = "the query";
      defaulted.addAll(given);
    }
    if (shape.overriding()) {
      evaluated = "OVERRIDING";
      defaulted.addAll(given);
    }
    boolean oneRow = insert.rows().size() == 1 || insert.defaultValues();
    Optional<Plan.Span> row = oneRow ? row(insert) : Optional.empty();
    if (evaluated.isEmpty()) {
      return verbatim("every value is deterministic", clocks, oneRow, row);
    }
    List<Catalog.Column> captured =
        table.columns().stream()
            .filter(c -> c.defaultKind() != Catalog.DefaultKind.GENERATED)
            .toList();
    return captured(
        evaluated + " is decided by the primary",
        Change.Kind.INSERT,
        List.of(),
        captured,
        defaulted,
        oneRow,
        row);
  }

  /** Where the row of VALUES stands, if no parameter is outside of it. */
  private Optional<Plan.Span> row(Insert insert) {
    if (insert.rows().isEmpty() || insert.rows().get(0).isEmpty()) {
      return Optional.empty();
    }
    // The parser's ranges leave out parentheses around a value: the row's own are found by VALUES.
    int value = insert.rows().get(0).get(0).first();
    int open = value;
    while (open > 0 && !(tokens.isSymbol(open, "(") && tokens.is(open - 1, "values"))) {
      open--;
    }
    int close = closing(open);
    if (open == 0 || close < value) {
      return Optional.empty();
    }
    for (int i = 0; i < tokens.size(); i++) {
      if ((i < open || i > close) && tokens.isKind(i, Tokens.Kind.PARAMETER)) {
        return Optional.empty();
      }
    }
    return Optional.of(new Plan.Span(tokens.start(open), tokens.end(close)));
  }

  /** The parenthesis that closes the one at {@code open}; -1 if there is none. */
  private int closing(int open) {
    int depth = 0;
    for (int i = open; i < tokens.size(); i++) {
      if (tokens.isSymbol(i, "(")) {
        depth++;
      } else if (tokens.isSymbol(i, ")") && --depth == 0) {
        return i;
      }
    }
    return -1;
  }

  private List<Catalog.Column> givenColumns(Insert insert) throws Refusal {
    if (insert.defaultValues()) {
      return List.of();
    }
    if (insert.columns().isEmpty()) {
      return table.columns();
    }
    List<Catalog.Column> columns = new ArrayList<>();
    for (int token : insert.columns()) {
      columns.add(column(tokens.text(token)));
    }
    return columns;
  }

  private Catalog.Column column(String name) throws Refusal {
    return table
        .column(name)
        .orElseThrow(
            () ->
                new Refusal(
                    "column \"" + name + "\" of " + table.name() + " does not exist",
                    "Check the name.",
                    "42703"));
  }

  private static boolean isEvaluatedDefault(Catalog.Column column) {
    return switch (column.defaultKind()) {
      case DETERMINISTIC, GENERATED -> false;
      case EVALUATED, IDENTITY_ALWAYS, IDENTITY_BY_DEFAULT -> true;
    };
  }

  private Plan update(Update update) throws Refusal {
    if (!table.updateHazards().isEmpty()) {
      throw hazard(table.name(), table.updateHazards().get(0));
    }
    Determinism determinism = new Determinism(tokens, shape, table, qualifiers());
    Map<Integer, Range> clocks = new HashMap<>();
    List<Catalog.Column> set = new ArrayList<>();
    List<Catalog.Column> defaulted = new ArrayList<>();
    String evaluated = "";
    for (Assignment assignment : update.assignments()) {
      for (int token : assignment.columns()) {
        Catalog.Column column = column(tokens.text(token));
        set.add(column);
        if (table.primaryKey().contains(column.name())) {
          throw new Refusal(
              "UPDATE sets the key column " + column.name(),
              "Delete the row and insert it with its new key.");
        }
        if (assignment.columns().size() > 1) {
          evaluated = "a row of values";
          defaulted.add(column);
          continue;
        }
        switch (determinism.of(assignment.value(), column)) {
          case DETERMINISTIC -> {}
          case CLOCK -> clocks.put(assignment.value().first(), assignment.value());
          case DEFAULT -> {
            defaulted.add(column);
            evaluated = isEvaluatedDefault(column) ? "the default of " + column.name() : evaluated;
          }
          case EVALUATED -> evaluated = "the value of " + column.name();
        }
      }
    }
    if (evaluated.isEmpty() && namesOneRow(update.conjuncts(), determinism)) {
      return verbatim(
          "one row by a whole key, set deterministically", clocks, false, Optional.empty());
    }
    return captured(
        evaluated.isEmpty()
            ? "which rows it changes is decided by the primary"
            : evaluated + " is decided by the primary",
        Change.Kind.UPDATE,
        keyColumns(),
        set.stream().filter(c -> c.defaultKind() != Catalog.DefaultKind.GENERATED).toList(),
        defaulted,
        false,
        Optional.empty());
  }

  private Plan delete(Delete delete) throws Refusal {
    if (!table.deleteHazards().isEmpty()) {
      throw hazard(table.name(), table.deleteHazards().get(0));
    }
    Determinism determinism = new Determinism(tokens, shape, table, qualifiers());
    if (namesOneRow(delete.conjuncts(), determinism)) {
      return verbatim("one row by a whole key", Map.of(), false, Optional.empty());
    }
    return captured(
        "which rows it deletes is decided by the primary",
        Change.Kind.DELETE,
        keyColumns(),
        List.of(),
        List.of(),
        false,
        Optional.empty());
  }

  private boolean namesOneRow(List<Range> conjuncts, Determinism determinism) {
    return !shape.locking()
        && new KeyLookup(tokens, shape, table, qualifiers(), scope.parameterTypes())
            .namesOneRow(conjuncts, determinism);
  }

  private List<String> qualifiers() {
    return target.alias() >= 0
        ? List.of(tokens.text(target.alias()))
        : List.of(table.name().name(), table.name().schema() + "." + table.name().name());
  }

  private List<Catalog.Column> keyColumns() throws Refusal {
    if (table.primaryKey().isEmpty()) {
      throw new Refusal(
          table.name() + " has no primary key, so the rows changed cannot be named",
          "Add a primary key, or write one row by a unique key.");
    }
    List<Catalog.Column> columns = new ArrayList<>();
    for (String name : table.primaryKey()) {
      columns.add(column(name));
    }
    return columns;
  }

  private Plan.Write verbatim(
      String reason, Map<Integer, Range> clocks, boolean insertsOneRow, Optional<Plan.Span> row) {
    return new Plan.Write(
        reason,
        Form.VERBATIM,
        table.name(),
        tokens.sql(),
        new CaptureSpec(returning < 0 ? 0 : -1, List.of()),
        LoggedText.of(
            tokens,
            target,
            table.name(),
            clocks,
            returning < 0 ? tokens.size() : returning,
            insertsOneRow),
        List.of(),
        row);
  }

  /**
   * @param defaulted columns that the statement may have filled from their default, whose sequences
   *     may have advanced
   */
  private Plan.Write captured(
      String reason,
      Change.Kind kind,
      List<Catalog.Column> key,
      List<Catalog.Column> columns,
      List<Catalog.Column> defaulted,
      boolean insertsOneRow,
      Optional<Plan.Span> row)
      throws Refusal {
    List<Catalog.Column> hidden = new ArrayList<>(key);
    hidden.addAll(columns);
    StringBuilder clause = new StringBuilder(returning < 0 ? " RETURNING " : ", ");
    String owner =
        LoggedText.quote(target.alias() >= 0 ? tokens.text(target.alias()) : table.name().name());
    List<SequenceUse> sequences = new ArrayList<>();
    for (int i = 0; i < hidden.size(); i++) {
      Catalog.Column column = hidden.get(i);
      clause
          .append(i == 0 ? "" : ", ")
          .append('(')
          .append(owner)
          .append('.')
          .append(LoggedText.quote(column.name()))
          .append(")::pg_catalog.text AS tandem_")
          .append(i + 1);
      if (defaulted.contains(column) && column.sequence().isPresent()) {
        TableName sequence = column.sequence().get();
        boolean ascending = !scope.catalog().descendingSequences().contains(sequence);
        sequences.add(new SequenceUse(sequence, i, ascending));
      }
    }
    int end = tokens.end(tokens.size() - 1);
    String sql = tokens.sql().substring(0, end) + clause + tokens.sql().substring(end);
    return new Plan.Write(
        reason,
        Form.CAPTURED,
        table.name(),
        sql,
        new CaptureSpec(returning < 0 ? 0 : -1, changeColumns(hidden)),
        new Template.Rows(kind, changeColumns(key), changeColumns(columns), insertsOneRow),
        List.copyOf(sequences),
        row);
  }

  private static List<Change.Column> changeColumns(List<Catalog.Column> columns) {
    return columns.stream().map(c -> new Change.Column(c.name(), c.type())).toList();
  }
}
