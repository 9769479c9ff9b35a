package org.tandemdb.proxy.front;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.tandemdb.backend.ServerError;
import org.tandemdb.plan.Plan;
import org.tandemdb.proxy.pg.Call;
import org.tandemdb.proxy.pg.Calls;
import org.tandemdb.proxy.pg.NettyLink;

/**
 * What the client hears of a text that is refused: the server's own error where the text is wrong
 * anyway. The server only looks at it and runs nothing. The twin of the driver's {@code
 * Objections}.
 */
final class Objections {
  /** What it says for want of the parameters' types, or would not say before the text runs. */
  private static final Set<String> NOT_OF_THE_TEXT = Set.of("42P18", "42P08", "42501");

  private static final Set<String> ASKED = Set.of("0A000", "42P01", "42703", "42601");

  private final Session client;

  Objections(Session client) {
    this.client = client;
  }

  /** Fails with the server's objection to the text, or with the refusal. */
  <T> CompletionStage<T> of(String sql, int[] types, Plan.Refused refused) {
    ClientFailure own = Runs.refused(refused);
    if (!ASKED.contains(own.sqlState()) || sql.length() > Session.MOST_LOOKED_AT) {
      return Stages.failed(own);
    }
    return client
        .look(link -> objection(link, sql, types))
        .handle((said, failure) -> failure == null ? said : Optional.<Throwable>empty())
        .thenCompose(said -> Stages.failed(said.orElse(own)));
  }

  private static CompletionStage<Optional<Throwable>> objection(
      NettyLink link, String sql, int[] types) {
    Optional<String> setting = setting(Statement.words(sql));
    CompletionStage<?> asked =
        setting.isPresent()
            ? link.query("SELECT pg_catalog.current_setting($1)", List.of(setting.get()))
            : Calls.describe(link, Call.of(sql).with(types)).thenAccept(Calls.Described::release);
    return asked.handle(
        (ok, failure) ->
            Optional.ofNullable(failure)
                .map(ClientFailure::unwrap)
                .filter(
                    said ->
                        ServerError.sqlState(said).filter(Objections::isOfTheText).isPresent()));
  }

  /** A server looks at the name of a setting only when it runs SET. */
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

  private static boolean isOfTheText(String state) {
    return (state.startsWith("42") || state.startsWith("22") || state.startsWith("3F"))
        && !NOT_OF_THE_TEXT.contains(state);
  }
}
