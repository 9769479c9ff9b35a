package org.tandemdb.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tandemdb.sql.Shape.Range;
import org.tandemdb.sql.Tokens.Kind;

/**
 * What stands in a stretch of a statement: functions, columns, relations, types, operators,
 * literals. From these, and from nothing else, it is decided whether the stretch is free of side
 * effects and whether it is deterministic.
 *
 * @param types canonical names of built-in types, others as written
 * @param strings values of string constants; empty where the value would need decoding
 * @param context functions without parentheses (CURRENT_USER)
 * @param implied operators behind words: see {@link ImpliedOperators}
 * @param zone AT TIME ZONE stands here
 * @param collate COLLATE stands here
 */
public record Facts(
    List<Use> functions,
    List<Use> columns,
    List<Use> relations,
    List<String> types,
    List<String> operators,
    List<String> implied,
    List<Optional<String>> strings,
    List<String> context,
    boolean parameters,
    boolean query,
    boolean zone,
    boolean collate) {

  private static final Set<String> QUERY_WORDS = Set.of("select", "values", "table", "with");

  /** A name, with what stands before its last dot. */
  public record Use(Optional<String> qualifier, String name, int token) {}

  static boolean isQueryWord(Tokens tokens, int token) {
    return tokens.isKind(token, Kind.WORD) && QUERY_WORDS.contains(tokens.text(token));
  }

  /** The facts of the whole statement. */
  public static Facts of(Tokens tokens, Shape shape) {
    return of(tokens, shape, new Range(0, tokens.size() - 1));
  }

  /** The facts of a range of tokens. */
  public static Facts of(Tokens tokens, Shape shape, Range range) {
    List<Use> functions = new ArrayList<>();
    List<Use> columns = new ArrayList<>();
    List<Use> relations = new ArrayList<>();
    List<String> types = new ArrayList<>();
    List<String> operators = new ArrayList<>();
    List<String> implied = new ArrayList<>();
    List<Optional<String>> strings = new ArrayList<>();
    List<String> context = new ArrayList<>();
    boolean parameters = false;
    boolean query = false;
    boolean zone = false;
    boolean collate = false;
    for (int i = range.first(); i <= range.last(); i++) {
      shape.type(i).ifPresent(types::add);
      switch (tokens.kind(i)) {
        case STRING -> strings.add(literal(tokens, i));
        case PARAMETER -> parameters = true;
        case OPERATOR -> operators.add(tokens.text(i));
        case NUMBER -> {}
        case PUNCTUATION -> {
          if (tokens.isSymbol(i, "::")) {
            operators.add("::");
          }
        }
        case WORD, QUOTED -> {
          implied.addAll(ImpliedOperators.of(tokens, i));
          switch (shape.role(i)) {
            case FUNCTION -> functions.add(use(tokens, i));
            case COLUMN -> columns.add(use(tokens, i));
            case RELATION -> relations.add(use(tokens, i));
            case CONTEXT -> context.add(tokens.text(i));
            case KEYWORD -> {
              query |= QUERY_WORDS.contains(tokens.text(i));
              zone |= tokens.is(i, "at") || tokens.is(i, "overlaps");
              collate |= tokens.is(i, "collate");
            }
            case NONE, QUALIFIER, TARGET, TARGET_COLUMN, ALIAS, TYPE -> {}
          }
        }
      }
    }
    return new Facts(
        functions,
        columns,
        relations,
        types,
        operators,
        implied,
        strings,
        context,
        parameters,
        query,
        zone,
        collate);
  }

  /** The same with other functions. */
  public Facts withFunctions(List<Use> others) {
    return with(others, relations, types);
  }

  /** The same with other types. */
  public Facts withTypes(List<String> others) {
    return with(functions, relations, others);
  }

  /** The same with other relations. */
  public Facts withRelations(List<Use> others) {
    return with(functions, others, types);
  }

  private Facts with(List<Use> otherFunctions, List<Use> otherRelations, List<String> otherTypes) {
    return new Facts(
        otherFunctions,
        columns,
        otherRelations,
        otherTypes,
        operators,
        implied,
        strings,
        context,
        parameters,
        query,
        zone,
        collate);
  }

  /** The first column that each server fills in its own way, if there is one. */
  public Optional<String> systemColumn() {
    return columns.stream().map(Use::name).filter(Builtins::isSystemColumn).findFirst();
  }

  /** True if nothing is computed: columns, constants and words between them. */
  public boolean isPlain() {
    return functions.isEmpty() && types.isEmpty() && operators.isEmpty();
  }

  /** True if an operator stands here that may read a setting. */
  public boolean readsSetting() {
    return operators.stream().anyMatch(Builtins::readsSetting);
  }

  /** The value of a string constant, if it needs no decoding. */
  public static Optional<String> literal(Tokens tokens, int token) {
    String text = tokens.text(token);
    return tokens.isKind(token, Kind.STRING) && text.startsWith("=")
        ? Optional.of(text.substring(1))
        : Optional.empty();
  }

  private static Use use(Tokens tokens, int token) {
    Optional<String> qualifier = Optional.empty();
    if (tokens.isSymbol(token - 1, ".")) {
      if (tokens.isName(token - 2)) {
        boolean more = tokens.isSymbol(token - 3, ".") && tokens.isName(token - 4);
        String first = more ? tokens.text(token - 4) + "." : "";
        qualifier = Optional.of(first + tokens.text(token - 2));
      } else {
        qualifier = Optional.of("");
      }
    }
    return new Use(qualifier, tokens.text(token), token);
  }
}
