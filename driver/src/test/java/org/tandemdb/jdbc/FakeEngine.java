package org.tandemdb.jdbc;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.backend.Notification;
import org.tandemdb.listen.Channels;
import org.tandemdb.session.EngineSession;
import org.tandemdb.session.ReadLevel;
import org.tandemdb.session.SessionExecutor;

/** An engine by hand over one real PostgreSQL: plans by simple rules, records what it is told. */
final class FakeEngine implements SessionSource {
  private final EmbeddedPostgres postgres;
  final List<FakeSession> sessions = new CopyOnWriteArrayList<>();
  boolean closed;
  int replayStatements;
  VendorSettings settings = VendorSettings.DEFAULT;
  Duration waitLimit = Duration.ofSeconds(20);

  FakeEngine(EmbeddedPostgres postgres) {
    this.postgres = postgres;
  }

  Connection link() throws SQLException {
    return postgres.getPostgresDatabase().getConnection();
  }

  /** A client's connection to this engine. */
  TandemConnection connect() {
    SessionExecutor executor = new SessionExecutor(Runnable::run);
    return new TandemConnection(
        new ClientSession(this, open("", "", executor), executor, null),
        "jdbc:tandem:fake",
        settings,
        () -> {});
  }

  FakeSession lastSession() {
    return sessions.get(sessions.size() - 1);
  }

  @Override
  public EngineSession<JdbcLink> open(String user, String password, SessionExecutor executor) {
    FakeSession session = new FakeSession(this, executor);
    sessions.add(session);
    return session;
  }

  @Override
  public Optional<InsertCombiner> inserts(String user, String password) {
    return Optional.empty();
  }

  @Override
  public CompletionStage<Table> outcome(String token) {
    throw new UnsupportedOperationException("no log here");
  }

  @Override
  public void insertsUnused(String user, String password) {
    throw new IllegalStateException("nobody got any");
  }

  @Override
  public Table show(String topic, String argument) {
    return new Table(List.of("backend", "lag"), List.of(List.of("a", "0"), List.of("b", "17")));
  }

  /** Whoever asks is told that somebody listens; nothing is ever notified by itself. */
  @Override
  public Channels<Notification> notifications() {
    return new Channels<>() {
      @Override
      public CompletionStage<Void> listen(String channel, Listener<Notification> who) {
        return CompletableFuture.completedFuture(null);
      }

      @Override
      public void keepOnly(Listener<Notification> who, Set<String> channels) {}
    };
  }

  @Override
  public ReadLevel consistency() {
    return new ReadLevel.Strong();
  }

  @Override
  public int replayStatements() {
    return replayStatements;
  }

  @Override
  public Duration patience() {
    return Duration.ofSeconds(5);
  }

  @Override
  public Duration waitLimit() {
    return waitLimit;
  }

  @Override
  public void close() {
    closed = true;
  }
}
