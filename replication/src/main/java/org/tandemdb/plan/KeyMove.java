package org.tandemdb.plan;

import java.util.List;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.entry.Change;
import org.tandemdb.sql.Shape;
import org.tandemdb.sql.Tokens;

/**
 * An UPDATE that sets columns of the primary key. RETURNING shows rows as they are afterwards, so
 * the keys that they had come from a join of the table with itself, by those keys: under columns
 * that no statement could mean, so that no name in the client's text means another thing. Rows come
 * back, and are logged, in the order in which the primary changed them, so that a key that one row
 * leaves and the next one takes is free again in time.
 *
 * <p>Under READ COMMITTED a row whose key another transaction has changed meanwhile is left out: it
 * is not the row that was found.
 */
record KeyMove(Writing writing, Shape.Update update, List<Catalog.Column> key) {
  private static final String OLD = "tandem_old";

  void splice(Capture capture) throws Refusal {
    Tokens tokens = writing.tokens();
    int end = (writing.returns() ? update.returning() : update.range().last() + 1) - 1;
    int beforeWhere = update.where() >= 0 ? update.where() - 1 : end;
    capture.splice(tokens.end(beforeWhere), (update.from() < 0 ? " FROM " : ", ") + oldKeys());
    if (update.where() < 0) {
      capture.splice(tokens.end(end), " WHERE " + sameRow());
    } else if (writing.isByCursor(update.where())) {
      throw new Refusal(
          "UPDATE ... WHERE CURRENT OF sets a key column", "Name the row by its key.");
    } else {
      capture.splice(tokens.start(update.where() + 1), "(");
      capture.splice(tokens.end(end), ") AND " + sameRow());
    }
    if (writing.returns()) {
      allColumns(capture, end + 1);
    }
    for (int i = 0; i < key.size(); i++) {
      capture.hidden(
          OLD + "." + OLD + "_" + (i + 1), new Change.Column(key.get(i).name(), key.get(i).type()));
    }
  }

  private String oldKeys() {
    StringBuilder out = new StringBuilder("(SELECT ");
    for (int i = 0; i < key.size(); i++) {
      out.append(i == 0 ? "" : ", ")
          .append(LoggedText.quote(key.get(i).name()))
          .append(" AS " + OLD + "_")
          .append(i + 1);
    }
    return out.append(" FROM ONLY ")
        .append(LoggedText.quote(writing.table().name().schema()))
        .append('.')
        .append(LoggedText.quote(writing.table().name().name()))
        .append(") AS " + OLD)
        .toString();
  }

  private String sameRow() {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < key.size(); i++) {
      out.append(i == 0 ? "" : " AND ")
          .append(writing.owner())
          .append('.')
          .append(LoggedText.quote(key.get(i).name()))
          .append(" = " + OLD + "." + OLD + "_")
          .append(i + 1);
    }
    return out.toString();
  }

  /** {@code RETURNING *} must not mean the old keys, too. */
  private void allColumns(Capture capture, int returning) throws Refusal {
    Tokens tokens = writing.tokens();
    int last = update.range().last();
    int depth = 0;
    for (int i = returning + 1; i <= last; i++) {
      if (tokens.isSymbol(i, "(") || tokens.isSymbol(i, "[")) {
        depth++;
      } else if (tokens.isSymbol(i, ")") || tokens.isSymbol(i, "]")) {
        depth--;
      } else if (depth == 0
          && tokens.isSymbol(i, "*")
          && (i == returning + 1 || tokens.isSymbol(i - 1, ","))) {
        if (update.from() >= 0) {
          throw new Refusal(
              "RETURNING * of an UPDATE ... FROM that sets a key column is not supported",
              "Name the columns.");
        }
        capture.replace(tokens.start(i), tokens.end(i), writing.owner() + ".*");
      }
    }
  }
}
