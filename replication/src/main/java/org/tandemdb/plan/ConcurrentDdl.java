package org.tandemdb.plan;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.entry.TableName;
import org.tandemdb.sql.Facts;
import org.tandemdb.sql.PgLexer;
import org.tandemdb.sql.SqlSyntaxException;
import org.tandemdb.sql.Tokens;

/**
 * DDL with CONCURRENTLY, which commits on its own and may stop half-way. Building an index takes
 * long, so that is a TASK: the primary builds it beside its writers, and then an entry has the
 * others build it at its place in the log, where it is an ordinary statement: nobody but the
 * applier writes there. What is done in a moment runs like the same statement without the word.
 */
final class ConcurrentDdl {

  private ConcurrentDdl() {}

  /** The plan of a statement that loses the word; empty if this is none. */
  static Optional<Plan> quick(Tokens tokens, Scope scope) throws Refusal, SqlSyntaxException {
    int word = quickWord(tokens);
    if (word < 0) {
      return Optional.empty();
    }
    String plain = without(tokens, word);
    Plan plan = SchemaPlanner.plan(PgLexer.lex(plain, false).from(0), scope);
    return Optional.of(
        plan instanceof Plan.Exclusive exclusive
            ? new Plan.Steps(
                "runs as it would without CONCURRENTLY: there is nothing to wait for with the"
                    + " cluster to itself",
                List.of(new Plan.Step(plain, exclusive)))
            : plan);
  }

  private static int quickWord(Tokens tokens) {
    if (tokens.is(0, "drop") && tokens.is(1, "index") && tokens.is(2, "concurrently")) {
      return 2;
    }
    int last = tokens.size() - 1;
    boolean detach =
        tokens.is(0, "alter") && tokens.is(1, "table") && tokens.is(last, "concurrently");
    for (int i = 2; detach && i < last; i++) {
      if (tokens.is(i, "detach") && tokens.is(i + 1, "partition")) {
        return last;
      }
    }
    return -1;
  }

  static String without(Tokens tokens, int word) {
    return tokens.sql().substring(0, tokens.start(word))
        + tokens.sql().substring(tokens.end(word)).stripLeading();
  }

  /**
   * CREATE INDEX CONCURRENTLY, whose shape and expressions have been read.
   *
   * @param word the token CONCURRENTLY
   * @param name of the index, if it was given one
   * @param on the table
   */
  static Plan.Task index(Tokens tokens, Scope scope, int word, Optional<String> name, Facts.Use on)
      throws Refusal {
    if (name.isEmpty()) {
      throw new Refusal(
          "CREATE INDEX CONCURRENTLY needs a name, by which Tandem finds what an interruption has"
              + " left",
          "Give the index a name.");
    }
    Catalog.Table table =
        scope
            .relation(on)
            .orElseThrow(
                () -> new Refusal("the system's own tables stay as they are", "Leave it."));
    if (!Set.of(Catalog.Kind.TABLE, Catalog.Kind.MATERIALIZED_VIEW).contains(table.kind())) {
      throw new Refusal(
          "an index of " + table.name() + " cannot be built CONCURRENTLY",
          "Build it on each partition, or without CONCURRENTLY.");
    }
    if (tokens.is(1, "unique") && table.primaryKey().isEmpty()) {
      // It may become the key by which rows are traced, which must not change under writers.
      throw new Refusal(
          "the first unique index of " + table.name() + " cannot be built CONCURRENTLY",
          "Add a primary key first, or build it without CONCURRENTLY.");
    }
    for (int i = word; i < tokens.size(); i++) {
      if (tokens.isSymbol(i + 1, "(") && scope.catalog().userFunctions().contains(tokens.text(i))) {
        // It runs for each write from then on, which must be planned accordingly from the first.
        throw new Refusal(
            "the function " + tokens.text(i) + " is not built in",
            "Build the index without CONCURRENTLY.");
      }
    }
    return new Plan.Task(
        "the primary builds the index beside its writers, the others at its place in the log",
        tokens.sql(),
        without(tokens, word),
        new TableName(table.name().schema(), name.get()));
  }
}
