package org.tandemdb.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tandemdb.plan.ObjectionRules;
import org.tandemdb.plan.Plan;
import org.tandemdb.plan.Request;

/**
 * What the client hears of a text that is refused: the refusal, or what the server says of the text
 * (see {@link ObjectionRules}). Owned by the session's thread.
 */
final class Objections {
  private final ClientSession client;

  Objections(ClientSession client) {
    this.client = client;
  }

  /**
   * The server's objection to the text, or the refusal.
   *
   * @param command whose parameters the text has
   */
  SQLException of(Request request, Plan.Refused refused, Command command) {
    SQLException own = Executions.refused(refused);
    List<Asked> asked = asked(request, refused);
    if (asked.isEmpty()
        || !ObjectionRules.isAsked(String.valueOf(own.getSQLState()), asked.get(0).words())
        || client.asksBesideTemporaryTables()) {
      return own;
    }
    try {
      for (Asked one : asked) {
        Command bound = asked.size() == 1 && refused.part().isEmpty() ? command : null;
        Optional<SQLException> objection = client.ask(link -> objection(link, one, bound));
        if (objection.isPresent()) {
          return objection.get();
        }
      }
      return own;
    } catch (SQLException unasked) {
      own.addSuppressed(unasked);
      return own;
    }
  }

  /**
   * A text to ask about.
   *
   * @param alone false if what stands before it may make what it names
   */
  private record Asked(String sql, List<String> words, boolean alone) {}

  private static List<Asked> asked(Request request, Plan.Refused refused) {
    if (refused.part().isPresent()) {
      Plan.Part part = refused.part().get();
      return List.of(asked(part.sql(), part.alone()));
    }
    // Where a text cannot be read to its end, nobody has told its statements apart yet.
    List<Asked> all = new ArrayList<>();
    for (String statement : StatementText.split(request.sql())) {
      all.add(asked(statement, all.isEmpty()));
    }
    return all;
  }

  private static Asked asked(String sql, boolean alone) {
    return new Asked(sql, StatementText.scan(sql).words(), alone);
  }

  private static Optional<SQLException> objection(
      Connection link, Asked asked, @Nullable Command command) throws SQLException {
    try {
      describe(link, asked, command);
      Optional<String> setting = ObjectionRules.setting(asked.words());
      if (setting.isPresent()) {
        ask(link, setting.get());
      }
      return Optional.empty();
    } catch (SQLException e) {
      if (SqlErrors.isLinkFailure(e, link)) {
        throw e;
      }
      return ObjectionRules.isOfTheText(String.valueOf(e.getSQLState()), asked.alone())
          ? Optional.of(e)
          : Optional.empty();
    }
  }

  private static void describe(Connection link, Asked asked, @Nullable Command command)
      throws SQLException {
    try (PreparedStatement statement = link.prepareStatement(OpaqueText.describable(asked.sql()))) {
      if (command != null) {
        command.bindAt(statement, 0, link); // a function is told by its arguments' types
      }
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
}
