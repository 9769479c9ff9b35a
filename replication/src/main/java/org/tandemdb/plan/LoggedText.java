package org.tandemdb.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tandemdb.entry.TableName;
import org.tandemdb.entry.TypeRef;
import org.tandemdb.plan.Plan.Slot;
import org.tandemdb.plan.Plan.Template;
import org.tandemdb.sql.Shape.Range;
import org.tandemdb.sql.Shape.Target;
import org.tandemdb.sql.Tokens;

/**
 * Splices the log's copy of a statement out of the client's text: the table with its schema, so
 * that no search path matters; parameters numbered anew; the clock as a parameter; RETURNING cut
 * off. Everything else is the client's text, character by character.
 */
final class LoggedText {
  private final Tokens tokens;
  private final StringBuilder out;
  private final List<Slot> slots = new ArrayList<>();
  private final Map<String, Integer> numbers = new HashMap<>();
  private int copied;

  private LoggedText(Tokens tokens) {
    this.tokens = tokens;
    this.out = new StringBuilder(tokens.sql().length() + 32);
  }

  /**
   * @param clocks first tokens of expressions that stand for the transaction's clock, with the
   *     range
   * @param end the token before which the text ends
   * @param insertsOneRow see {@link Template.Verbatim}
   */
  static Template.Verbatim of(
      Tokens tokens,
      Target target,
      TableName name,
      Map<Integer, Range> clocks,
      int end,
      boolean insertsOneRow) {
    LoggedText text = new LoggedText(tokens);
    for (int i = 0; i < end; i++) {
      Range clock = clocks.get(i);
      if (i == target.first()) {
        text.replace(i, target.name(), quote(name.schema()) + "." + quote(name.name()));
        i = target.name();
      } else if (clock != null) {
        text.slots.add(new Slot.Clock(new TypeRef("timestamptz")));
        text.replace(i, clock.last(), "$" + text.slots.size() + "::timestamptz");
        i = clock.last();
      } else {
        text.token(i);
      }
    }
    text.copyTo(tokens.end(end - 1));
    return new Template.Verbatim(text.out.toString(), List.copyOf(text.slots), insertsOneRow);
  }

  private void token(int i) {
    switch (tokens.kind(i)) {
      case PARAMETER -> {
        Integer known = numbers.get(tokens.text(i));
        if (known == null) {
          slots.add(new Slot.Parameter(Integer.parseInt(tokens.text(i)) - 1));
          known = slots.size();
          numbers.put(tokens.text(i), known);
        }
        replace(i, i, "$" + known);
      }
      case OPERATOR -> {
        // "??" of JDBC is the operator character "?".
        if (tokens.end(i) - tokens.start(i) != tokens.text(i).length()) {
          replace(i, i, tokens.text(i));
        }
      }
      case WORD, QUOTED, STRING, NUMBER, PUNCTUATION -> {}
    }
  }

  private void replace(int first, int last, String text) {
    copyTo(tokens.start(first));
    // A parameter may stand right behind a word ("LIMIT?"), where "$1" would become part of it.
    if (!out.isEmpty() && text.startsWith("$")) {
      char before = out.charAt(out.length() - 1);
      if (Character.isLetterOrDigit(before) || before == '_' || before == '$' || before >= 0x80) {
        out.append(' ');
      }
    }
    out.append(text);
    copied = tokens.end(last);
    if (copied < tokens.sql().length()) {
      char after = tokens.sql().charAt(copied);
      if (Character.isLetterOrDigit(after) || after == '_' || after == '$' || after >= 0x80) {
        out.append(' ');
      }
    }
  }

  private void copyTo(int offset) {
    out.append(tokens.sql(), copied, offset);
    copied = offset;
  }

  /** A quoted identifier. */
  static String quote(String name) {
    return "\"" + name.replace("\"", "\"\"") + "\"";
  }
}
