package org.tandemdb.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.entry.Change;
import org.tandemdb.plan.Plan.CaptureSpec;
import org.tandemdb.plan.Plan.Template;
import org.tandemdb.sql.Facts;
import org.tandemdb.sql.Shape;
import org.tandemdb.sql.Shape.Assignment;
import org.tandemdb.sql.Shape.Conflict;
import org.tandemdb.sql.Shape.Delete;
import org.tandemdb.sql.Shape.Insert;
import org.tandemdb.sql.Shape.Range;
import org.tandemdb.sql.Shape.Update;
import org.tandemdb.sql.Tokens;

/** Chooses the replication form of one INSERT, UPDATE, DELETE or MERGE. */
final class WritePlanner {

  /** Types of which equal values are the same value: a conflict's key needs no new one. */
  private static final Set<String> ONE_FORM =
      Set.of("bool", "int2", "int4", "int8", "uuid", "date", "timestamp", "timestamptz", "bytea");

  private static final String ALONE = "the table has no key, so nobody else may write meanwhile";

  private final Writing writing;
  private final Tokens tokens;
  private final Shape shape;
  private final Catalog.Table table;

  private WritePlanner(Writing writing) {
    this.writing = writing;
    this.tokens = writing.tokens();
    this.shape = writing.shape();
    this.table = writing.table();
  }

  static Plan plan(Tokens tokens, Scope scope, Shape.Write write) throws Refusal {
    Writing writing = Writing.of(tokens, scope, write);
    SideEffects.onPrimary(Facts.of(tokens, write.shape()), scope);
    return write instanceof Shape.Merge merge
        ? MergePlanner.plan(writing, merge).plan()
        : new WritePlanner(writing).decision(write).plan();
  }

  /** As a part of a statement a write is always captured. */
  static Captured part(Writing writing) throws Refusal {
    Decision decision = new WritePlanner(writing).decision(writing.write());
    if (decision instanceof Captured captured) {
      return captured;
    }
    throw new IllegalStateException("a part of a statement cannot be logged as it stands");
  }

  /** How a write replicates. */
  interface Decision {
    Plan.Write plan();
  }

  /** It is logged as the rows that come back. */
  record Captured(String reason, Capture capture, Template template, Optional<Plan.Span> row)
      implements Decision {
    @Override
    public Plan.Write plan() {
      return capture.plan(reason, template, row);
    }
  }

  private Decision decision(Shape.Write write) throws Refusal {
    if (write instanceof Insert insert) {
      return insert(insert);
    }
    if (write instanceof Update update) {
      return update(update);
    }
    if (write instanceof Delete delete) {
      return delete(delete);
    }
    throw new Refusal(
        "MERGE beside other writes in one statement is not supported", "Use two statements.");
  }

  // ---- INSERT

  private Decision insert(Insert insert) throws Refusal {
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
      if (Writing.isEvaluatedDefault(column)) {
        evaluated = "the default of " + column.name();
      }
    }
    if (!writing.isWholeStatement()) {
      evaluated = "what its WITH gives";
    }
    if (insert.rows().isEmpty() && !insert.defaultValues()) {
      evaluated = "the query";
      defaulted.addAll(given);
    }
    if (shape.overriding()) {
      evaluated = "OVERRIDING";
      defaulted.addAll(given);
    }
    if (insert.conflict().isPresent()) {
      return conflict(insert.conflict().get(), defaulted);
    }
    boolean oneRow = insert.rows().size() == 1 || insert.defaultValues();
    Optional<Plan.Span> row = oneRow ? row(insert) : Optional.empty();
    if (evaluated.isEmpty()) {
      return verbatim("every value is deterministic", clocks, oneRow, row);
    }
    return inserted(
        evaluated + " is decided by the primary",
        defaulted,
        oneRow,
        oneRow && !shape.overriding() && writing.isWholeStatement(),
        row);
  }

  /**
   * @param drawn see {@link Capture#drawn}
   */
  private Decision inserted(
      String reason,
      List<Catalog.Column> defaulted,
      boolean oneRow,
      boolean drawn,
      Optional<Plan.Span> row) {
    Capture capture = new Capture(writing);
    if (drawn) {
      capture.drawn();
    }
    List<Catalog.Column> columns = writing.stored();
    capture.columns(columns, defaulted);
    return new Captured(
        reason,
        capture,
        new Template.Rows(Change.Kind.INSERT, List.of(), Writing.changeColumns(columns), oneRow),
        row);
  }

  /**
   * Which rows conflict depends on others. DO NOTHING gives back what was inserted. DO UPDATE gives
   * back final rows, inserted or updated, in the order in which the primary made them so: by
   * primary key they are made so again, and on the way no unique key stands twice, as it did not
   * there.
   */
  private Decision conflict(Conflict conflict, List<Catalog.Column> defaulted) throws Refusal {
    if (conflict.set().isEmpty()) {
      return inserted(
          "which rows conflict is decided by the primary",
          defaulted,
          false,
          false,
          Optional.empty());
    }
    List<Catalog.Column> key = writing.keyColumns();
    boolean byKey =
        conflict.columns().size() == key.size()
            && writing.columns(conflict.columns()).containsAll(key);
    for (Assignment assignment : conflict.set()) {
      for (Catalog.Column column : writing.columns(assignment.columns())) {
        if (writing.isKey(column) && !(byKey && keeps(assignment, column))) {
          throw new Refusal(
              "ON CONFLICT DO UPDATE sets the key column " + column.name(),
              "Leave it as it is, or delete the row and insert it with its new key.");
        }
        refuseNewIdentity(column);
      }
    }
    List<Catalog.Column> others = new ArrayList<>(writing.stored());
    others.removeAll(key);
    for (Catalog.Column column : others) {
      if (column.defaultKind() == Catalog.DefaultKind.IDENTITY_ALWAYS) {
        throw new Refusal(
            "ON CONFLICT DO UPDATE on a table with the identity column "
                + column.name()
                + " outside of its primary key is not supported",
            "Make it GENERATED BY DEFAULT.");
      }
    }
    if (others.isEmpty()) {
      throw new Refusal(
          table.name() + " has no columns but its key", "Use ON CONFLICT DO NOTHING.");
    }
    Capture capture = new Capture(writing);
    capture.columns(key, defaulted);
    capture.columns(others, defaulted);
    return new Captured(
        "whether a row is inserted or updated is decided by the primary",
        capture,
        new Template.Rows(
            Change.Kind.UPSERT, Writing.changeColumns(key), Writing.changeColumns(others)),
        Optional.empty());
  }

  /** {@code key = EXCLUDED.key}, where the conflict is over the key: it stays as it is. */
  private boolean keeps(Assignment assignment, Catalog.Column column) {
    int first = assignment.value().first();
    return assignment.columns().size() == 1
        && assignment.value().last() == first + 2
        && tokens.isName(first)
        && tokens.text(first).equals("excluded")
        && tokens.isSymbol(first + 1, ".")
        && tokens.text(first + 2).equals(column.name())
        && ONE_FORM.contains(column.type().name());
  }

  /** Where the row of VALUES stands, if no parameter is outside of it. */
  private Optional<Plan.Span> row(Insert insert) {
    if (insert.rows().isEmpty() || insert.rows().get(0).isEmpty() || !writing.isWholeStatement()) {
      return Optional.empty();
    }
    // Rows of one statement may refer to rows behind them, which those of several may not.
    if (writing
        .scope()
        .catalog()
        .references()
        .contains(new Catalog.Reference(table.name(), table.name()))) {
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
    // A query in a row sees the rows of the statements before it, but not of its own.
    if (Facts.of(tokens, shape, new Range(open, close)).query()) {
      return Optional.empty();
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
    return insert.columns().isEmpty() ? table.columns() : writing.columns(insert.columns());
  }

  // ---- UPDATE and DELETE

  /**
   * What an UPDATE sets.
   *
   * @param evaluated what only the primary can tell; empty if there is nothing
   * @param clocks where the transaction's clock is meant
   */
  private record Values(
      List<Catalog.Column> set,
      List<Catalog.Column> defaulted,
      Map<Integer, Range> clocks,
      String evaluated) {}

  private Values values(Update update, Determinism determinism) throws Refusal {
    Map<Integer, Range> clocks = new HashMap<>();
    List<Catalog.Column> set = new ArrayList<>();
    List<Catalog.Column> defaulted = new ArrayList<>();
    String evaluated = "";
    for (Assignment assignment : update.assignments()) {
      for (Catalog.Column column : writing.columns(assignment.columns())) {
        if (!set.contains(column)) {
          set.add(column);
        }
        if (assignment.columns().size() > 1 || assignment.part()) {
          evaluated = assignment.part() ? "an element of " + column.name() : "a row of values";
          defaulted.add(column);
          continue;
        }
        switch (determinism.of(assignment.value(), column)) {
          case DETERMINISTIC -> {}
          case CLOCK -> clocks.put(assignment.value().first(), assignment.value());
          case DEFAULT -> {
            refuseNewIdentity(column);
            defaulted.add(column);
            evaluated =
                Writing.isEvaluatedDefault(column) ? "the default of " + column.name() : evaluated;
          }
          case EVALUATED -> evaluated = "the value of " + column.name();
        }
      }
    }
    return new Values(set, defaulted, clocks, evaluated);
  }

  private Decision update(Update update) throws Refusal {
    Determinism determinism = new Determinism(tokens, shape, table, writing.qualifiers());
    Values values = values(update, determinism);
    String evaluated = values.evaluated();
    List<Catalog.Column> set = values.set();
    List<Catalog.Column> defaulted = values.defaulted();
    if (evaluated.isEmpty() && update.from() < 0 && namesOneRow(update.conjuncts(), determinism)) {
      return verbatim(
          "one row by a whole key, set deterministically",
          values.clocks(),
          false,
          Optional.empty());
    }
    if (update.from() < 0
        && !table.ordered()
        && table.uniqueKeys().stream()
            .noneMatch(unique -> set.stream().anyMatch(c -> unique.contains(c.name())))
        && followsFromItsRows(update.where(), update.conjuncts(), determinism)) {
      Values alone = values(update, determinism.underSettings());
      if (alone.evaluated().isEmpty()) {
        return verbatim(Form.EXCLUSIVE, ALONE, alone.clocks(), false, Optional.empty());
      }
    }
    set.removeIf(column -> column.defaultKind() == Catalog.DefaultKind.GENERATED);
    List<Catalog.Column> key = writing.keyColumns();
    Capture capture = new Capture(writing);
    if (set.stream().anyMatch(writing::isKey)) {
      new KeyMove(writing, update, key).splice(capture);
    } else {
      capture.columns(key);
    }
    capture.columns(set, defaulted);
    return new Captured(
        evaluated.isEmpty()
            ? "which rows it changes is decided by the primary"
            : evaluated + " is decided by the primary",
        capture,
        new Template.Rows(
            Change.Kind.UPDATE, Writing.changeColumns(key), Writing.changeColumns(set)),
        Optional.empty());
  }

  /** The server lets nobody give such a column the value that the sequence gave. */
  private static void refuseNewIdentity(Catalog.Column column) throws Refusal {
    if (column.defaultKind() == Catalog.DefaultKind.IDENTITY_ALWAYS) {
      throw new Refusal(
          "the identity column " + column.name() + " gets a new number",
          "Leave it as it is, or make it GENERATED BY DEFAULT.");
    }
  }

  private Decision delete(Delete delete) throws Refusal {
    Determinism determinism = new Determinism(tokens, shape, table, writing.qualifiers());
    if (delete.from() < 0 && namesOneRow(delete.conjuncts(), determinism)) {
      return verbatim("one row by a whole key", Map.of(), false, Optional.empty());
    }
    if (delete.from() < 0 && followsFromItsRows(delete.where(), delete.conjuncts(), determinism)) {
      return verbatim(Form.EXCLUSIVE, ALONE, Map.of(), false, Optional.empty());
    }
    List<Catalog.Column> key = writing.keyColumns();
    Capture capture = new Capture(writing);
    capture.columns(key);
    return new Captured(
        "which rows it deletes is decided by the primary",
        capture,
        new Template.Rows(Change.Kind.DELETE, Writing.changeColumns(key), List.of()),
        Optional.empty());
  }

  private boolean namesOneRow(List<Range> conjuncts, Determinism determinism) {
    return !shape.locking()
        && writing.isWholeStatement()
        && lookup(determinism).namesOneRow(conjuncts);
  }

  /**
   * Rows without a key cannot be named. Where the same rows are there, as they are while nobody
   * else writes, the same are changed by conditions and values that read no more than the row. The
   * entry of such a statement carries all settings that decide what its text means.
   */
  private boolean followsFromItsRows(int where, List<Range> conjuncts, Determinism determinism) {
    return table.traceHazards().contains(Catalog.Table.NO_KEY)
        && !writing.isByCursor(where)
        && !shape.locking()
        && writing.isWholeStatement()
        && lookup(determinism.underSettings()).readsOneRow(conjuncts);
  }

  /**
   * The part of a write for which its table would need a key; empty if no single one is to blame.
   */
  static String obstacle(Tokens tokens, Scope scope, Shape.Write write, Catalog.Table table)
      throws Refusal {
    WritePlanner planner = new WritePlanner(new Writing(tokens, scope, write, table));
    if (!planner.writing.isWholeStatement()) {
      return "it stands beside others in one statement";
    }
    if (write instanceof Update update) {
      return update.from() < 0
          ? planner.obstacle(update)
          : "what FROM joins is read from other rows";
    }
    if (write instanceof Delete delete) {
      return delete.from() < 0
          ? planner.obstacle(delete.where(), delete.conjuncts())
          : "what USING joins is read from other rows";
    }
    return "";
  }

  private String obstacle(Update update) throws Refusal {
    Values values =
        values(update, new Determinism(tokens, shape, table, writing.qualifiers()).underSettings());
    if (!values.evaluated().isEmpty()) {
      return values.evaluated() + " is not known to be the same everywhere";
    }
    Optional<Catalog.Column> unique =
        values.set().stream()
            .filter(c -> table.uniqueKeys().stream().anyMatch(key -> key.contains(c.name())))
            .findFirst();
    if (unique.isPresent()) {
      return "it sets " + unique.get().name() + ", of which a unique index holds";
    }
    return table.ordered()
        ? "it has an index over which rows may conflict in an order of their own"
        : obstacle(update.where(), update.conjuncts());
  }

  private String obstacle(int where, List<Range> conjuncts) {
    if (writing.isByCursor(where)) {
      return "which row a cursor stands on no other copy can tell";
    }
    Determinism determinism =
        new Determinism(tokens, shape, table, writing.qualifiers()).underSettings();
    for (Range conjunct : conjuncts) {
      if (!lookup(determinism).readsOneRow(List.of(conjunct))) {
        return "its condition '"
            + tokens.sql().substring(tokens.start(conjunct.first()), tokens.end(conjunct.last()))
            + "' is not known to be the same everywhere";
      }
    }
    return "";
  }

  private KeyLookup lookup(Determinism determinism) {
    return new KeyLookup(
        tokens, shape, table, writing.qualifiers(), writing.scope().parameterTypes(), determinism);
  }

  private Decision verbatim(
      String reason, Map<Integer, Range> clocks, boolean insertsOneRow, Optional<Plan.Span> row) {
    return verbatim(Form.VERBATIM, reason, clocks, insertsOneRow, row);
  }

  private Decision verbatim(
      Form form,
      String reason,
      Map<Integer, Range> clocks,
      boolean insertsOneRow,
      Optional<Plan.Span> row) {
    int returning = writing.write().returning();
    Plan.Write plan =
        new Plan.Write(
            reason,
            form,
            table.name(),
            tokens.sql(),
            new CaptureSpec(returning < 0 ? 0 : -1, List.of()),
            LoggedText.of(
                tokens,
                writing.write().target(),
                table.name(),
                clocks,
                returning < 0 ? tokens.size() : returning,
                insertsOneRow),
            List.of(),
            row);
    return () -> plan;
  }
}
