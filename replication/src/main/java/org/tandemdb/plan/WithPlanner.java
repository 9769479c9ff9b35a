package org.tandemdb.plan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.TableName;
import org.tandemdb.entry.TypeRef;
import org.tandemdb.plan.Capture.Splice;
import org.tandemdb.plan.Plan.CaptureSpec;
import org.tandemdb.plan.Plan.Template;
import org.tandemdb.plan.Plan.Template.Tagged;
import org.tandemdb.sql.Facts;
import org.tandemdb.sql.Shape;
import org.tandemdb.sql.Shape.Range;
import org.tandemdb.sql.Tokens;

/**
 * A statement whose WITH writes. Each write is captured on its own: it moves to a part of the WITH
 * that Tandem names, which gives back hidden columns too, and under its own name stands a query
 * that shows what the client asked for. The statement then ends in a query of the captured rows,
 * marked with the part that each is of. Where the client gets rows, these come beside them, in a
 * full join without any match.
 *
 * <p>All parts see one snapshot and are checked together at the end; replicas change and check row
 * by row. So a row is inserted before what refers to it and deleted after, and no table may be
 * written twice.
 */
final class WithPlanner {
  private static final Change.Column PART = new Change.Column("tandem part", new TypeRef("text"));

  /** A write with the name of its part. */
  private record Part(
      String tag, Writing writing, WritePlanner.Captured captured, Optional<Shape.Part> with) {
    Template.Rows rows() {
      return (Template.Rows) captured.template();
    }

    TableName table() {
      return writing.table().name();
    }

    String cte() {
      return "tandem_w" + tag;
    }
  }

  private final Tokens tokens;
  private final Shape.With with;
  private final Scope scope;
  private final List<Part> parts = new ArrayList<>();
  private final List<Splice> splices = new ArrayList<>();

  private WithPlanner(Tokens tokens, Scope scope, Shape.With with) {
    this.tokens = tokens;
    this.scope = scope;
    this.with = with;
  }

  static Plan plan(Tokens tokens, Scope scope, Shape.With with) throws Refusal {
    WithPlanner planner = new WithPlanner(tokens, scope, with);
    for (Shape.Part part : with.parts()) {
      planner.add(part.write(), Optional.of(part));
    }
    if (with.main() instanceof Shape.Write write) {
      planner.add(write, Optional.empty());
    }
    SideEffects.onPrimary(Facts.of(tokens, with.shape()), scope);
    return planner.plan();
  }

  private void add(Shape.Write write, Optional<Shape.Part> part) throws Refusal {
    Writing writing = Writing.of(tokens, scope, write);
    parts.add(
        new Part(Integer.toString(parts.size() + 1), writing, WritePlanner.part(writing), part));
  }

  private Plan plan() throws Refusal {
    List<Part> ordered = ordered();
    int width = parts.stream().mapToInt(p -> p.captured().capture().size()).max().orElse(0);
    Map<String, Tagged.Part> tagged = new HashMap<>();
    List<Plan.SequenceUse> sequences = new ArrayList<>();
    List<Change.Column> hidden = new ArrayList<>();
    hidden.add(PART);
    for (Part part : parts) {
      splices.addAll(part.captured().capture().splices());
      tagged.put(part.tag(), template(part, hidden.size()));
      sequences.addAll(part.captured().capture().sequences(hidden.size()));
      hidden.addAll(part.captured().capture().hiddenColumns());
    }
    boolean clientRows = !(with.main() instanceof Shape.Write main) || main.returning() >= 0;
    for (Part part : parts) {
      rewrite(part);
    }
    end(ordered, hidden.size() - 1, clientRows);
    Part last = parts.get(parts.size() - 1);
    return new Plan.Write(
        width == 0 ? "" : "what each part writes is decided by the primary",
        Form.CAPTURED,
        last.table(),
        Capture.spliced(tokens.sql(), splices),
        new CaptureSpec(
            clientRows ? -1 : 0,
            List.copyOf(hidden),
            clientRows,
            clientRows ? Optional.empty() : Optional.of(last.tag())),
        new Template.Tagged(Map.copyOf(tagged)),
        List.copyOf(sequences));
  }

  private static Tagged.Part template(Part part, int before) {
    Template.Rows rows = part.rows();
    int size = part.captured().capture().size();
    return new Tagged.Part(
        part.table(),
        rows.kind(),
        rows.keyColumns(),
        rows.columns(),
        IntStream.range(before, before + size).boxed().toList());
  }

  // ---- the order in which replicas do it

  private List<Part> ordered() throws Refusal {
    Set<TableName> tables = new HashSet<>();
    for (Part part : parts) {
      if (!tables.add(part.table())) {
        throw new Refusal(
            part.table() + " is written twice in one statement", "Use two statements.");
      }
    }
    List<Part> inserts = new ArrayList<>();
    List<Part> updates = new ArrayList<>();
    List<Part> deletes = new ArrayList<>();
    for (Part part : parts) {
      switch (part.rows().kind()) {
        case INSERT -> inserts.add(part);
        case UPDATE, UPSERT -> updates.add(part);
        case DELETE -> deletes.add(part);
      }
    }
    List<Part> ordered = new ArrayList<>(parentsFirst(inserts));
    ordered.addAll(parentsFirst(updates));
    List<Part> last = parentsFirst(deletes);
    Collections.reverse(last);
    ordered.addAll(last);
    return ordered;
  }

  private List<Part> parentsFirst(List<Part> some) throws Refusal {
    List<Part> rest = new ArrayList<>(some);
    List<Part> ordered = new ArrayList<>();
    while (!rest.isEmpty()) {
      Optional<Part> next =
          rest.stream()
              .filter(
                  p ->
                      rest.stream()
                          .noneMatch(other -> !other.tag().equals(p.tag()) && refers(p, other)))
              .findFirst();
      if (next.isEmpty()) {
        throw new Refusal(
            "tables that refer to each other are written in one statement", "Use two statements.");
      }
      ordered.add(next.get());
      rest.remove(next.get());
    }
    return ordered;
  }

  private boolean refers(Part child, Part parent) {
    return scope
        .catalog()
        .references()
        .contains(new Catalog.Reference(child.table(), parent.table()));
  }

  // ---- the text

  /** The write under Tandem's name, and under its own what it shows. */
  private void rewrite(Part part) throws Refusal {
    Range range = part.writing().write().range();
    List<String> names = shown(part);
    StringBuilder columns = new StringBuilder(part.cte()).append('(');
    for (int i = 1; i <= names.size(); i++) {
      columns.append(own(i)).append(", ");
    }
    int hidden = part.captured().capture().size();
    for (int i = 1; i <= hidden; i++) {
      columns.append(i == 1 ? "" : ", ").append(captured(i));
    }
    columns.append(')');
    splices.add(
        at(
            tokens.end(range.last()),
            (part.writing().returns() ? ", " : " RETURNING ")
                + part.captured().capture().list("tandem_")));
    if (part.with().isEmpty()) {
      splices.add(at(tokens.start(range.first()), ", " + columns + " AS ("));
      splices.add(at(tokens.end(range.last()), "\n) "));
      return;
    }
    int name = part.with().get().name();
    int last = name;
    if (tokens.isSymbol(name + 1, "(")) {
      while (!tokens.isSymbol(last, ")")) {
        last++;
      }
    }
    splices.add(new Splice(tokens.start(name), tokens.end(last), columns.toString()));
    splices.add(
        at(
            tokens.end(range.last() + 1),
            ", "
                + tokens.sql().substring(tokens.start(name), tokens.end(last))
                + " AS ("
                + selected(part, names)
                + ")"));
  }

  private static String selected(Part part, List<String> names) {
    if (names.isEmpty()) {
      return "SELECT WHERE false";
    }
    StringBuilder out = new StringBuilder("SELECT ");
    for (int i = 0; i < names.size(); i++) {
      out.append(i == 0 ? "" : ", ").append(own(i + 1));
      if (!names.get(i).isEmpty()) {
        out.append(" AS ").append(LoggedText.quote(names.get(i)));
      }
    }
    return out.append(" FROM ").append(part.cte()).toString();
  }

  private static String own(int i) {
    return "tandem_c" + i;
  }

  private static String captured(int i) {
    return "tandem_h" + i;
  }

  private static Splice at(int offset, String text) {
    return new Splice(offset, offset, text);
  }

  /** The query that the statement ends in. */
  private void end(List<Part> ordered, int hidden, boolean clientRows) throws Refusal {
    StringBuilder rows = new StringBuilder();
    for (Part part : ordered) {
      rows.append(rows.isEmpty() ? "SELECT '" : " UNION ALL SELECT '")
          .append(part.tag())
          .append("'::pg_catalog.text");
      int before = 0;
      for (Part other : parts) {
        for (int i = 1; i <= other.captured().capture().size(); i++) {
          before++;
          rows.append(", ")
              .append(other.tag().equals(part.tag()) ? captured(i) : "NULL::pg_catalog.text");
        }
      }
      rows.append(" FROM ").append(part.cte());
      if (before != hidden) {
        throw new IllegalStateException("columns are missing");
      }
    }
    int end = tokens.end(tokens.size() - 1);
    if (!clientRows) {
      splices.add(at(end, rows.toString()));
      return;
    }
    StringBuilder join = new StringBuilder(") AS tandem_client FULL JOIN (").append(rows);
    join.append(") AS tandem_captured(tandem_0");
    for (int i = 1; i <= hidden; i++) {
      join.append(", tandem_").append(i);
    }
    join.append(") ON false");
    String select = "SELECT tandem_client.*, tandem_captured.* FROM (";
    if (with.main() instanceof Shape.Write) {
      Part main = parts.get(parts.size() - 1);
      List<String> names = shown(main);
      if (names.contains("")) {
        throw unnamed();
      }
      splices.add(at(end, select + selected(main, names) + join));
    } else {
      splices.add(at(tokens.start(with.first()), select));
      splices.add(at(end, "\n" + join));
    }
  }

  // ---- RETURNING of a part

  /** The names of the columns that a part gives back; empty for one that has none of its own. */
  private List<String> shown(Part part) throws Refusal {
    Writing writing = part.writing();
    List<String> names = new ArrayList<>();
    if (!writing.returns()) {
      return names;
    }
    int last = writing.write().range().last();
    int from = writing.write().returning() + 1;
    int depth = 0;
    for (int i = from; i <= last + 1; i++) {
      if (i > last || (depth == 0 && tokens.isSymbol(i, ","))) {
        item(part, new Range(from, i - 1), names);
        from = i + 1;
      } else if (tokens.isSymbol(i, "(") || tokens.isSymbol(i, "[")) {
        depth++;
      } else if (tokens.isSymbol(i, ")") || tokens.isSymbol(i, "]")) {
        depth--;
      }
    }
    return names;
  }

  private void item(Part part, Range item, List<String> names) throws Refusal {
    Writing writing = part.writing();
    int first = item.first();
    int last = item.last();
    if (tokens.isSymbol(last, "*") && (first == last || tokens.isSymbol(last - 1, "."))) {
      boolean own =
          first == last
              ? !readsOthers(writing.write())
              : last == first + 2 && writing.qualifiers().contains(tokens.text(first));
      if (!own) {
        throw new Refusal("RETURNING * of several tables in a WITH", "Name the columns.");
      }
      writing.table().columns().forEach(column -> names.add(column.name()));
      return;
    }
    boolean renamed = last > first && tokens.is(last - 1, "as") && tokens.isName(last);
    boolean column =
        tokens.isName(last)
            && (first == last
                || (last == first + 2 && tokens.isSymbol(last - 1, "."))
                || (last == first + 4
                    && tokens.isSymbol(last - 1, ".")
                    && tokens.isSymbol(last - 3, ".")));
    boolean named = part.with().map(p -> !p.columns().isEmpty()).orElse(false);
    if (!renamed && !column && !named) {
      throw unnamed();
    }
    names.add(renamed || column ? tokens.text(last) : "");
  }

  private static Refusal unnamed() {
    return new Refusal(
        "a column that a part of WITH gives back has no name", "Give it one with AS.");
  }

  private static boolean readsOthers(Shape.Write write) {
    return (write instanceof Shape.Update update && update.from() >= 0)
        || (write instanceof Shape.Delete delete && delete.from() >= 0);
  }
}
