package org.tandemdb.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.tandemdb.plan.Plan;
import org.tandemdb.plan.Request;

/**
 * What the client hears of a text that is refused. Where the text is wrong anyway, that is the
 * server's own error: it knows the SQLState, the place in the text, and what was perhaps meant. The
 * server only looks at the text, as for a prepared statement, and runs nothing of it. Owned by the
 * session's thread.
 */
final class Objections {
  /**
   * Not what it says for want of the parameters' types, and not what the text would not meet before
   * it runs.
   */
  private static final Set<String> NOT_OF_THE_TEXT = Set.of("42P18", "42P08", "42501");

  private static final Set<String> ASKED = Set.of("0A000", "42P01", "42703", "42601");

  private final ClientSession client;

  Objections(ClientSession client) {
    this.client = client;
  }

  /** The server's objection to the text, or the refusal. */
  SQLException of(Request request, Plan.Refused refused) {
    SQLException own = Executions.refused(refused);
    if (!ASKED.contains(own.getSQLState())) {
      return own;
    }
    StatementText text = StatementText.scan(request.sql());
    // The server knows no setting of Tandem's: the refusal names them. Another link than the one
    // that holds temporary tables would miss them.
    boolean tandems = setting(text.words()).filter("tandem"::equals).isPresent();
    if (text.statements() != 1 || tandems || client.hasTemporaryTables()) {
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
      Optional<String> setting = setting(text.words());
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

  private static Optional<String> setting(List<String> words) {
    if (words.size() < 2 || !(words.get(0).equals("SET") || words.get(0).equals("RESET"))) {
      return Optional.empty();
    }
    boolean scoped = words.get(1).equals("SESSION") || words.get(1).equals("LOCAL");
    int name = scoped ? 2 : 1;
    return words.size() > name
        ? Optional.of(words.get(name).toLowerCase(Locale.ROOT))
        : Optional.empty();
  }

  private static boolean isOfTheText(SQLException e) {
    String state = String.valueOf(e.getSQLState());
    return (state.startsWith("42") || state.startsWith("22") || state.startsWith("3F"))
        && !NOT_OF_THE_TEXT.contains(state);
  }
}
