package org.tandemdb.plan;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.entry.Change;
import org.tandemdb.sql.Facts;
import org.tandemdb.sql.Shape;
import org.tandemdb.sql.Shape.Action;
import org.tandemdb.sql.Tokens;

/**
 * One write while it is planned: its text and its table.
 *
 * @param tokens the whole statement, of which the write may be a part
 */
record Writing(Tokens tokens, Scope scope, Shape.Write write, Catalog.Table table) {

  /**
   * @throws Refusal where the table cannot be written at all
   */
  static Writing of(Tokens tokens, Scope scope, Shape.Write write) throws Refusal {
    Shape.Target target = write.target();
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
    Writing writing = new Writing(tokens, scope, write, table);
    Optional<String> hazard = Hazards.of(table, writing.actions(), scope);
    if (hazard.isPresent()) {
      // † Here, and nowhere else, something about a table turns the verdict.
      throw Hazards.refusal(table, hazard.get());
    }
    return writing;
  }

  /** What it may do to rows of its table. */
  Set<Action> actions() {
    Set<Action> actions = EnumSet.noneOf(Action.class);
    if (write instanceof Shape.Insert insert) {
      actions.add(Action.INSERT);
      if (insert.conflict().map(c -> !c.set().isEmpty()).orElse(false)) {
        actions.add(Action.UPDATE);
      }
    } else if (write instanceof Shape.Update) {
      actions.add(Action.UPDATE);
    } else if (write instanceof Shape.Delete) {
      actions.add(Action.DELETE);
    } else if (write instanceof Shape.Merge merge) {
      merge.whens().forEach(when -> actions.add(when.action()));
    }
    return actions;
  }

  Shape shape() {
    return write.shape();
  }

  boolean returns() {
    return write.returning() >= 0;
  }

  /** Nothing stands before it or around it. */
  boolean isWholeStatement() {
    return write.range().first() == 0 && write.range().last() == tokens.size() - 1;
  }

  /** {@code WHERE CURRENT OF}: which row that is, no other copy can tell. */
  boolean isByCursor(int where) {
    return tokens.is(where + 1, "current") && tokens.is(where + 2, "of");
  }

  /** The name by which the statement calls the row that is written, quoted. */
  String owner() {
    int alias = write.target().alias();
    return LoggedText.quote(alias >= 0 ? tokens.text(alias) : table.name().name());
  }

  /** Names by which an expression may call the row that is written. */
  List<String> qualifiers() {
    int alias = write.target().alias();
    return alias >= 0
        ? List.of(tokens.text(alias))
        : List.of(table.name().name(), table.name().schema() + "." + table.name().name());
  }

  Catalog.Column column(int token) throws Refusal {
    return column(tokens.text(token));
  }

  Catalog.Column column(String name) throws Refusal {
    return table
        .column(name)
        .orElseThrow(
            () ->
                new Refusal(
                    "column \"" + name + "\" of " + table.name() + " does not exist",
                    "Check the name.",
                    "42703"));
  }

  List<Catalog.Column> columns(List<Integer> names) throws Refusal {
    List<Catalog.Column> columns = new ArrayList<>();
    for (int token : names) {
      columns.add(column(token));
    }
    return columns;
  }

  boolean isKey(Catalog.Column column) {
    return table.primaryKey().contains(column.name());
  }

  List<Catalog.Column> keyColumns() throws Refusal {
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

  /** Columns that are given when a row is inserted again. */
  List<Catalog.Column> stored() {
    return table.columns().stream()
        .filter(c -> c.defaultKind() != Catalog.DefaultKind.GENERATED)
        .toList();
  }

  static boolean isEvaluatedDefault(Catalog.Column column) {
    return switch (column.defaultKind()) {
      case DETERMINISTIC, GENERATED -> false;
      case EVALUATED, NEXTVAL, IDENTITY_ALWAYS, IDENTITY_BY_DEFAULT -> true;
    };
  }

  static List<Change.Column> changeColumns(List<Catalog.Column> columns) {
    return columns.stream().map(c -> new Change.Column(c.name(), c.type())).toList();
  }
}
