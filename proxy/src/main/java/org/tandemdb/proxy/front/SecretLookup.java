package org.tandemdb.proxy.front;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tandemdb.backend.BackendLink.BeginSpec;
import org.tandemdb.backend.BackendLink.Isolation;
import org.tandemdb.proxy.pg.NettyLink;
import org.tandemdb.proxy.pg.PgResult;

/**
 * Asks the primary by what a client is to be checked, as Tandem's own role. One question at a time,
 * on one link: many who knock at once wait for one another and take nothing from those who are in.
 * Who asks for the same user gets the same answer. On the event loop.
 */
final class SecretLookup {
  private static final Logger LOG = LoggerFactory.getLogger(SecretLookup.class);

  /** Users that are asked for at a time. */
  private static final int MOST_WAITING = 1_000;

  private static final BeginSpec READ_ONLY = new BeginSpec(Isolation.READ_COMMITTED, true, false);

  private final Supplier<Session> opener;
  private final String query;
  private final Map<String, CompletableFuture<Optional<ScramSecret>>> asked = new HashMap<>();
  private final ArrayDeque<String> waiting = new ArrayDeque<>();
  private @Nullable Session session;
  private boolean busy;

  /**
   * @param opener gives a session of Tandem's own role
   * @param query with the user as {@code $1}; the last column of its row is the secret
   */
  SecretLookup(Supplier<Session> opener, String query) {
    this.opener = opener;
    this.query = query;
  }

  /** Empty where there is none of use; fails with {@link ClientFailure} if nobody can tell. */
  CompletionStage<Optional<ScramSecret>> secret(String user) {
    CompletableFuture<Optional<ScramSecret>> known = asked.get(user);
    if (known != null) {
      return known;
    }
    if (asked.size() >= MOST_WAITING) {
      return Stages.failed(new ClientFailure("53300", "too many clients are logging in"));
    }
    CompletableFuture<Optional<ScramSecret>> answer = new CompletableFuture<>();
    asked.put(user, answer);
    waiting.add(user);
    next();
    return answer;
  }

  /** Asks as a log in would; fails with what is wrong. */
  CompletionStage<Void> probe(String user) {
    return ask(user).thenAccept(ok -> {});
  }

  private void next() {
    String user = busy ? null : waiting.poll();
    if (user == null) {
      return;
    }
    busy = true;
    Stages.of(() -> ask(user))
        .whenComplete(
            (secret, failure) -> {
              busy = false;
              CompletableFuture<Optional<ScramSecret>> answer = asked.remove(user);
              if (answer == null) {
                return;
              }
              if (failure == null) {
                answer.complete(secret);
              } else {
                ClientFailure said = ClientFailure.of(failure);
                LOG.warn("secrets of clients cannot be looked up: {}", said.getMessage());
                answer.completeExceptionally(
                    new ClientFailure("57P03", "the user's secret cannot be looked up now"));
              }
              next();
            });
  }

  private CompletionStage<Optional<ScramSecret>> ask(String user) {
    Session open = session;
    if (open == null) {
      open = opener.get();
      session = open;
    }
    return open.askPrimary(link -> asked(link, user)).thenApply(rows -> secret(user, rows));
  }

  /** It reads, and nothing else: what it wrote would be on the primary alone. */
  private CompletionStage<PgResult> asked(NettyLink link, String user) {
    return link.begin(READ_ONLY)
        .thenCompose(ok -> link.query(query, List.of(user)))
        .handle(
            (rows, failure) ->
                link.rollback()
                    .thenCompose(
                        ok ->
                            failure == null
                                ? CompletableFuture.completedFuture(rows)
                                : Stages.<PgResult>failed(failure)))
        .thenCompose(stage -> stage);
  }

  private static Optional<ScramSecret> secret(String user, PgResult result) {
    if (result.rows().isEmpty() || result.rows().get(0).isEmpty()) {
      return Optional.empty();
    }
    List<@Nullable String> row = result.rows().get(0);
    String text = row.get(row.size() - 1);
    if (text == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(ScramSecret.parse(text));
    } catch (IllegalArgumentException e) {
      LOG.info("user {} has no secret of SCRAM-SHA-256, and is not let in", user);
      return Optional.empty();
    }
  }
}
