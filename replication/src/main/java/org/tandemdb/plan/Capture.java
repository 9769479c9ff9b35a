package org.tandemdb.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.TableName;
import org.tandemdb.entry.TypeRef;
import org.tandemdb.plan.Plan.CaptureSpec;
import org.tandemdb.plan.Plan.SequenceUse;
import org.tandemdb.plan.Plan.Template;

/**
 * The text for the primary of a write whose rows come back: the client's, with columns behind its
 * own, and with what else is spliced in. Not thread-safe; made for one plan.
 */
final class Capture {

  /** A result column that the client does not see. */
  private record Hidden(String expression, Change.Column column) {}

  /** Text that stands at an offset of the source, in place of some characters of it. */
  record Splice(int from, int to, String text) {}

  private static final Change.Column ACTION =
      new Change.Column("tandem action", new TypeRef("text"));

  private final Writing writing;
  private final String owner;
  private final List<Hidden> hidden = new ArrayList<>();
  private final List<Splice> splices = new ArrayList<>();
  private final List<SequenceUse> sequences = new ArrayList<>();
  private boolean drawn;

  Capture(Writing writing) {
    this.writing = writing;
    this.owner = writing.owner();
  }

  /** What a column got by default, in the one row that is captured, its sequence gave last. */
  void drawn() {
    drawn = true;
  }

  /** The row's columns as they are after the write, or before a DELETE. */
  void columns(List<Catalog.Column> columns) {
    for (Catalog.Column column : columns) {
      hidden(owner + "." + LoggedText.quote(column.name()), changed(column));
    }
  }

  /** As {@link #columns}, of which those in {@code defaulted} may come from their sequences. */
  void columns(List<Catalog.Column> columns, List<Catalog.Column> defaulted) {
    for (Catalog.Column column : columns) {
      if (defaulted.contains(column) && column.sequence().isPresent()) {
        TableName sequence = column.sequence().get();
        boolean ascending = !writing.scope().catalog().descendingSequences().contains(sequence);
        boolean plain = column.defaultKind() != Catalog.DefaultKind.EVALUATED;
        sequences.add(new SequenceUse(sequence, hidden.size(), ascending, drawn && plain));
      }
      columns(List.of(column));
    }
  }

  /** What MERGE did with the row. */
  void action() {
    hidden("merge_action()", ACTION);
  }

  void hidden(String expression, Change.Column column) {
    hidden.add(new Hidden(expression, column));
  }

  void splice(int offset, String text) {
    splices.add(new Splice(offset, offset, text));
  }

  void replace(int from, int to, String text) {
    splices.add(new Splice(from, to, text));
  }

  int size() {
    return hidden.size();
  }

  private static Change.Column changed(Catalog.Column column) {
    return new Change.Column(column.name(), column.type());
  }

  /** A plan for a statement that is nothing but this write. */
  Plan.Write plan(String reason, Template template, Optional<Plan.Span> row) {
    splice(
        writing.tokens().end(writing.write().range().last()),
        (writing.returns() ? ", " : " RETURNING ") + list("tandem_"));
    return new Plan.Write(
        reason,
        Form.CAPTURED,
        writing.table().name(),
        spliced(writing.tokens().sql(), splices),
        new CaptureSpec(writing.returns() ? -1 : 0, hiddenColumns()),
        template,
        sequences(0),
        row);
  }

  /** The hidden columns as RETURNING has them, named {@code prefix1} and so on. */
  String list(String prefix) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < hidden.size(); i++) {
      out.append(i == 0 ? "" : ", ")
          .append('(')
          .append(hidden.get(i).expression())
          .append(")::pg_catalog.text AS ")
          .append(prefix)
          .append(i + 1);
    }
    return out.toString();
  }

  List<Splice> splices() {
    return splices;
  }

  List<Change.Column> hiddenColumns() {
    return hidden.stream().map(Hidden::column).toList();
  }

  /** With so many hidden columns before those of this write. */
  List<SequenceUse> sequences(int before) {
    return sequences.stream()
        .map(
            s -> new SequenceUse(s.sequence(), s.hiddenColumn() + before, s.ascending(), s.drawn()))
        .toList();
  }

  /** Those at one offset stand in the order they were made. */
  static String spliced(String sql, List<Splice> splices) {
    List<Splice> sorted = new ArrayList<>(splices);
    sorted.sort(Comparator.comparingInt(Splice::from));
    StringBuilder out = new StringBuilder(sql.length() + 256);
    int at = 0;
    for (Splice splice : sorted) {
      out.append(sql, at, splice.from()).append(splice.text());
      at = splice.to();
    }
    return out.append(sql, at, sql.length()).toString();
  }
}
