package org.tandemdb.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Optional;
import java.util.stream.IntStream;
import org.tandemdb.plan.ObjectionRules;
import org.tandemdb.plan.Plan;
import org.tandemdb.plan.Request;
import org.tandemdb.sql.PgLexer;
import org.tandemdb.sql.SqlSyntaxException;
import org.tandemdb.sql.Tokens;

/**
 * What the client hears of a text that is refused: the refusal, or what the server says of the text
 * (see {@link ObjectionRules}). Owned by the session's thread.
 */
final class Objections {
  private final ClientSession client;

  Objections(ClientSession client) {
    this.client = client;
  }

  /** The server's objection to the text, or the refusal. */
  SQLException of(Request request, Plan.Refused refused) {
    SQLException own = Executions.refused(refused);
    StatementText text = StatementText.scan(request.sql());
    // Another link than the one that holds temporary tables would miss them.
    if (!ObjectionRules.isAsked(String.valueOf(own.getSQLState()), text.words())
        || text.statements() != 1
        // PostgreSQL's driver fails in the midst of the answer where such a parameter has no value.
        || hasNumbered(request.sql())
        || client.hasTemporaryTables()) {
      return own;
    }
    try {
      Optional<SQLException> objection = client.ask(link -> objection(link, request.sql(), text));
      return objection.orElse(own);
    } catch (SQLException unasked) {
      own.addSuppressed(unasked);
      return own;
    }
  }

  private static Optional<SQLException> objection(Connection link, String sql, StatementText text)
      throws SQLException {
    try {
      Optional<String> setting = ObjectionRules.setting(text.words());
      if (setting.isPresent()) {
        ask(link, setting.get());
      } else {
        describe(link, sql);
      }
      return Optional.empty();
    } catch (SQLException e) {
      if (SqlErrors.isLinkFailure(e, link)) {
        throw e;
      }
      return isOfTheText(e) ? Optional.of(e) : Optional.empty();
    }
  }

  /** True if {@code $1} or the like is in the text. */
  private static boolean hasNumbered(String sql) {
    try {
      Tokens tokens = PgLexer.lex(sql, false);
      return IntStream.range(0, tokens.size())
          .anyMatch(i -> tokens.isKind(i, Tokens.Kind.PARAMETER));
    } catch (SqlSyntaxException e) {
      return false; // the server's to tell
    }
  }

  private static void describe(Connection link, String sql) throws SQLException {
    try (PreparedStatement statement = link.prepareStatement(sql)) {
      statement.getMetaData();
    }
  }

  /** A server looks at the name of a setting only when it runs SET. */
  private static void ask(Connection link, String setting) throws SQLException {
    try (PreparedStatement statement =
        link.prepareStatement("SELECT pg_catalog.current_setting(?)")) {
      statement.setString(1, setting);
      statement.execute();
    }
  }

  private static boolean isOfTheText(SQLException e) {
    return ObjectionRules.isOfTheText(String.valueOf(e.getSQLState()));
  }
}
