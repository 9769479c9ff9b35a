package org.tandemdb.plan;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.entry.TypeRef;
import org.tandemdb.sql.Builtins;
import org.tandemdb.sql.Facts;
import org.tandemdb.sql.Shape;
import org.tandemdb.sql.Shape.Range;
import org.tandemdb.sql.Tokens;

/**
 * Recognises conditions that name one row by a whole unique key. Only {@code column = constant} in
 * tokens counts: the row's lock then orders all statements that could see or change it.
 */
final class KeyLookup {
  private static final Set<String> INTEGERS = Set.of("int2", "int4", "int8");
  private static final Set<String> INEXACT = Set.of("float4", "float8", "numeric");

  private final Tokens tokens;
  private final Shape shape;
  private final Catalog.Table table;
  private final List<String> qualifiers;
  private final List<TypeRef> parameterTypes;
  private final Determinism determinism;

  KeyLookup(
      Tokens tokens,
      Shape shape,
      Catalog.Table table,
      List<String> qualifiers,
      List<TypeRef> parameterTypes,
      Determinism determinism) {
    this.tokens = tokens;
    this.shape = shape;
    this.table = table;
    this.qualifiers = qualifiers;
    this.parameterTypes = parameterTypes;
    this.determinism = determinism;
  }

  /**
   * True if the conditions hold for one row at most, by equality on a whole unique key, and the
   * others are deterministic on that row alone.
   */
  boolean namesOneRow(List<Range> conjuncts) {
    Map<String, Range> equalities = new HashMap<>();
    if (!readsOneRow(conjuncts, equalities)) {
      return false;
    }
    return table.uniqueKeys().stream()
        .anyMatch(key -> !key.isEmpty() && equalities.keySet().containsAll(key));
  }

  /** True if whether the conditions hold for a row follows from that row alone, on any copy. */
  boolean readsOneRow(List<Range> conjuncts) {
    return readsOneRow(conjuncts, new HashMap<>());
  }

  private boolean readsOneRow(List<Range> conjuncts, Map<String, Range> equalities) {
    for (Range conjunct : conjuncts) {
      Optional<String> column = equality(conjunct);
      if (column.isPresent()) {
        equalities.put(column.get(), conjunct);
      } else if (!determinism.isDeterministic(conjunct)) {
        return false;
      }
    }
    return true;
  }

  /** The column of {@code column = constant}, in either order, in brackets or not. */
  private Optional<String> equality(Range conjunct) {
    int first = conjunct.first();
    int last = conjunct.last();
    while (tokens.isSymbol(first, "(") && tokens.isSymbol(last, ")") && first + 1 < last) {
      first++;
      last--;
    }
    for (int i = first + 1; i < last; i++) {
      if (tokens.isSymbol(i, "=")) {
        Optional<String> left = sides(new Range(first, i - 1), new Range(i + 1, last));
        return left.isPresent() ? left : sides(new Range(i + 1, last), new Range(first, i - 1));
      }
    }
    return Optional.empty();
  }

  private Optional<String> sides(Range column, Range value) {
    int name = column.last();
    boolean qualified =
        column.first() == name - 2
            && tokens.isSymbol(name - 1, ".")
            && tokens.isName(name - 2)
            && qualifiers.contains(tokens.text(name - 2));
    qualified |=
        column.first() == name - 4
            && tokens.isSymbol(name - 1, ".")
            && tokens.isSymbol(name - 3, ".")
            && tokens.isName(name - 2)
            && tokens.isName(name - 4)
            && qualifiers.contains(tokens.text(name - 4) + "." + tokens.text(name - 2));
    if (!shape.isColumn(name) || !(qualified || column.first() == name)) {
      return Optional.empty();
    }
    Optional<Catalog.Column> found = table.column(tokens.text(name));
    return found.isPresent() && isConstant(value, found.get().type().name())
        ? Optional.of(found.get().name())
        : Optional.empty();
  }

  /**
   * A constant that is compared in the column's own type. With another type (a float against a
   * bigint) one value may equal several keys.
   */
  private boolean isConstant(Range value, String type) {
    int first = value.first();
    int last = value.last();
    for (int i = first + 1; i <= last; i++) {
      if (tokens.isSymbol(i, "::")) {
        return isCast(i, value, type) && isConstant(new Range(first, i - 1), type);
      }
    }
    if (INTEGERS.contains(type) && tokens.isSymbol(first, "-") && first + 1 == last) {
      first++;
    }
    if (first != last) {
      return false;
    }
    return switch (tokens.kind(first)) {
      case PARAMETER -> Builtins.isPlain(type) && fits(Integer.parseInt(tokens.text(first)), type);
      case NUMBER ->
          type.equals("numeric")
              || (INTEGERS.contains(type)
                  && tokens.text(first).chars().allMatch(c -> c >= '0' && c <= '9'));
      case STRING ->
          Builtins.isPlain(type) || determinism.isDated(Facts.literal(tokens, first), type);
      case WORD, QUOTED, OPERATOR, PUNCTUATION -> false;
    };
  }

  /** {@code ::type} to the column's own type, up to the end of the value. */
  private boolean isCast(int colons, Range value, String type) {
    Optional<String> to = shape.type(colons + 1);
    if (to.isEmpty() || !Builtins.isPlain(to.get())) {
      return false;
    }
    for (int i = colons + 2; i <= value.last(); i++) {
      if (tokens.isSymbol(i, "::")) {
        return false;
      }
    }
    return to.get().equals(type) || (INTEGERS.contains(to.get()) && INTEGERS.contains(type));
  }

  private boolean fits(int parameter, String type) {
    if (parameter > parameterTypes.size()) {
      return true;
    }
    String declared = parameterTypes.get(parameter - 1).name();
    return !INEXACT.contains(declared) || declared.equals(type);
  }
}
