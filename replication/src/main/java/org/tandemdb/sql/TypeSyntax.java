package org.tandemdb.sql;

import org.jspecify.annotations.Nullable;
import org.tandemdb.sql.Tokens.Kind;

/** Reads the name of a type, which may be of several words, from tokens. */
public final class TypeSyntax {

  /**
   * @param name canonical for built-in types ({@code int4}, {@code int4[]}), else as it is written,
   *     with its schema
   * @param next the token after it
   */
  public record Parsed(String name, int next) {}

  private TypeSyntax() {}

  /** Null when no type stands there. */
  public static @Nullable Parsed parse(Tokens tokens, int from) {
    int i = from;
    if (!tokens.isName(i)) {
      return null;
    }
    StringBuilder name = new StringBuilder();
    boolean quoted = tokens.isKind(i, Kind.QUOTED);
    if (tokens.isSymbol(i + 1, ".") && tokens.isName(i + 2)) {
      if (!tokens.text(i).equals("pg_catalog")) {
        name.append('"').append(tokens.text(i)).append("\".");
      }
      i += 2;
      quoted = true;
    }
    if (quoted && tokens.isKind(i, Kind.QUOTED) && tokens.text(i).equals("char")) {
      // "char" in quotes is another type than char.
      name.append("\"char\"");
    } else {
      name.append(tokens.text(i));
    }
    i++;
    if (!quoted) {
      i = words(tokens, i, name);
    }
    i = modifier(tokens, i);
    if (!quoted) {
      i = zone(tokens, i, name);
    }
    boolean array = false;
    while (tokens.isSymbol(i, "[")
        && (tokens.isSymbol(i + 1, "]")
            || (tokens.isKind(i + 1, Kind.NUMBER) && tokens.isSymbol(i + 2, "]")))) {
      array = true;
      i += tokens.isSymbol(i + 1, "]") ? 2 : 3;
    }
    String written = array ? name + "[]" : name.toString();
    return new Parsed(Builtins.type(written).orElse(written), i);
  }

  private static int words(Tokens tokens, int i, StringBuilder name) {
    String first = name.toString();
    boolean two =
        switch (first) {
          case "double" -> tokens.is(i, "precision");
          case "character", "char", "bit" -> tokens.is(i, "varying");
          default -> false;
        };
    if (two) {
      name.append(' ').append(tokens.text(i));
      return i + 1;
    }
    return i;
  }

  private static int modifier(Tokens tokens, int i) {
    if (!tokens.isSymbol(i, "(")) {
      return i;
    }
    int k = i + 1;
    while (tokens.isKind(k, Kind.NUMBER) || tokens.isSymbol(k, ",") || tokens.isSymbol(k, "-")) {
      k++;
    }
    return tokens.isSymbol(k, ")") ? k + 1 : i;
  }

  private static int zone(Tokens tokens, int i, StringBuilder name) {
    boolean timed = name.toString().equals("timestamp") || name.toString().equals("time");
    boolean with = tokens.is(i, "with");
    if (timed
        && (with || tokens.is(i, "without"))
        && tokens.is(i + 1, "time")
        && tokens.is(i + 2, "zone")) {
      name.append(with ? " with time zone" : " without time zone");
      return i + 3;
    }
    return i;
  }
}
