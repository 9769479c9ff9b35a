package org.tandemdb.proxy.front;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.tandemdb.backend.ServerError;
import org.tandemdb.plan.ObjectionRules;
import org.tandemdb.plan.Plan;
import org.tandemdb.proxy.pg.Call;
import org.tandemdb.proxy.pg.Calls;
import org.tandemdb.proxy.pg.NettyLink;

/**
 * What the client hears of a text that is refused: the refusal, or what the server says of the text
 * (see {@link ObjectionRules}).
 */
final class Objections {
  private final Session client;

  Objections(Session client) {
    this.client = client;
  }

  /** Fails with the server's objection to the text, or with the refusal. */
  <T> CompletionStage<T> of(String sql, int[] types, Plan.Refused refused) {
    ClientFailure own = Runs.refused(refused);
    String asked = refused.part().map(Plan.Part::sql).orElse(sql);
    boolean alone = refused.part().map(Plan.Part::alone).orElse(true);
    if (sql.length() > Session.MOST_LOOKED_AT
        || !ObjectionRules.isAsked(own.sqlState(), Statement.words(asked))) {
      return Stages.failed(own);
    }
    return client
        .look(refused, link -> objection(link, asked, types, alone))
        .handle((said, failure) -> failure == null ? said : Optional.<Throwable>empty())
        .thenCompose(said -> Stages.failed(said.orElse(own)));
  }

  private static CompletionStage<Optional<Throwable>> objection(
      NettyLink link, String sql, int[] types, boolean alone) {
    Optional<String> setting = ObjectionRules.setting(Statement.words(sql));
    CompletionStage<?> asked =
        Calls.describe(link, Call.of(sql).with(types)).thenAccept(Calls.Described::release);
    if (setting.isPresent()) {
      asked =
          asked.thenCompose(
              ok -> link.query("SELECT pg_catalog.current_setting($1)", List.of(setting.get())));
    }
    return asked.handle(
        (ok, failure) ->
            Optional.ofNullable(failure)
                .map(ClientFailure::unwrap)
                .filter(
                    said ->
                        ServerError.sqlState(said)
                            .filter(state -> ObjectionRules.isOfTheText(state, alone))
                            .isPresent()));
  }
}
