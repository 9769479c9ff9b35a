package org.tandemdb.jdbc;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.backend.Lease;
import org.tandemdb.backend.Notification;
import org.tandemdb.env.TaskScheduler;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.listen.Channels;
import org.tandemdb.listen.Ear;
import org.tandemdb.listen.Notifications;
import org.tandemdb.listen.Place;
import org.tandemdb.session.EngineSession;
import org.tandemdb.session.SessionExecutor;

/**
 * The thread that listens for all connections of an engine; it begins with the first LISTEN. It
 * waits for its link and its tasks in turn, since JDBC cannot wait for both: a LISTEN may have to
 * wait for {@link #SLICE}. While nobody listens it has no link. As {@link Channels}, thread-safe.
 */
final class ListeningThread implements Channels<Notification>, Place<Notification>, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ListeningThread.class);

  private static final Duration SLICE = Duration.ofMillis(20);
  private static final Duration SHORTEST = Duration.ofMillis(1);

  /** How long a close waits for the thread, which may be waiting for a primary. */
  private static final long CLOSE_MILLIS = 1_000;

  private final SessionSource source;
  private final TaskScheduler scheduler;
  private final String name;
  private final Notifications<Notification> notifications = new Notifications<>(this);

  /** At most one of each kind for a client: see {@link #kept}. */
  private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();

  /** What clients listen to that have left something, and of whom the thread does not know yet. */
  private final Map<Listener<Notification>, Set<String>> kept = new ConcurrentHashMap<>();

  private @Nullable Thread thread;
  private volatile boolean closed;

  // The thread's own.
  private @Nullable OwnSession session;
  private @Nullable LinkEar ear;

  private record OwnSession(EngineSession<JdbcLink> engine, SessionExecutor executor) {}

  /**
   * @param name of the thread
   */
  ListeningThread(SessionSource source, TaskScheduler scheduler, String name) {
    this.source = source;
    this.scheduler = scheduler;
    this.name = name;
  }

  // --- for clients

  @Override
  public CompletionStage<Void> listen(String channel, Listener<Notification> who) {
    CompletableFuture<Void> answer = new CompletableFuture<>();
    if (!begun()) {
      answer.completeExceptionally(
          new TandemException(ErrorCode.NO_BACKEND, "the engine is closed"));
      return answer;
    }
    execute(
        () ->
            notifications
                .listen(channel, who)
                .whenComplete(
                    (ok, failure) -> {
                      if (failure == null) {
                        answer.complete(null);
                      } else {
                        answer.completeExceptionally(failure);
                      }
                    }));
    return answer;
  }

  @Override
  public void keepOnly(Listener<Notification> who, Set<String> channels) {
    if (kept.put(who, channels) == null) {
      execute(
          () -> {
            Set<String> last = kept.remove(who);
            if (last != null) {
              notifications.keepOnly(who, last);
            }
          });
    }
  }

  private synchronized boolean begun() {
    if (!closed && thread == null) {
      Thread begins = new Thread(this::run, name);
      begins.setDaemon(true);
      begins.start();
      thread = begins;
    }
    return !closed;
  }

  /** The thread ends soon, and gives its link back. */
  @Override
  public void close() {
    Thread running;
    synchronized (this) {
      closed = true;
      running = thread;
    }
    notifications.close();
    if (running == null) {
      return;
    }
    execute(() -> {}); // it looks up
    try {
      running.join(CLOSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  // --- the thread

  private void run() {
    try {
      while (!closed) {
        LinkEar listening = ear;
        Runnable task = listening == null ? tasks.take() : tasks.poll();
        if (task != null) {
          perform(task);
        } else if (listening != null) {
          listening.hear();
        }
      }
    } catch (InterruptedException e) {
      LOG.warn("interrupted: nobody listens any more", e); // nobody has a reason to
    } finally {
      OwnSession own = session;
      if (own != null) {
        own.engine().close();
      }
    }
  }

  private static void perform(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      LOG.error("a fault in what listens; it goes on", e);
    }
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  @Override
  public void schedule(Duration delay, Runnable task) {
    scheduler.schedule(delay, () -> execute(task));
  }

  @Override
  public CompletionStage<Void> onPrimary(Function<Ear<Notification>, CompletionStage<Void>> work) {
    OwnSession own = session;
    if (own == null) {
      SessionExecutor executor = new SessionExecutor(scheduler);
      own = new OwnSession(source.open("", "", executor), executor);
      session = own;
    }
    Lease<JdbcLink> lease;
    try {
      lease = own.executor().call(own.engine()::onPrimary, source.waitLimit());
    } catch (TimeoutException e) {
      return CompletableFuture.failedFuture(
          new TandemException(
              ErrorCode.NO_BACKEND, "no link to listen with within " + source.waitLimit(), e));
    }
    try {
      return work.apply(earOf(lease.link()));
    } finally {
      own.engine().readDone(lease);
    }
  }

  @SuppressWarnings("ReferenceEquality")
  private LinkEar earOf(JdbcLink link) {
    LinkEar before = ear;
    if (before != null && before.link == link) {
      return before;
    }
    if (before != null) {
      before.end();
    }
    LinkEar next = new LinkEar(link);
    ear = next;
    return next;
  }

  /** The link goes back to its pool, with nothing left for whoever listens on it next. */
  @Override
  public void rest() {
    LinkEar last = ear;
    OwnSession own = session;
    ear = null;
    if (last != null) {
      last.drop();
    }
    if (own != null) {
      own.engine().rest(false);
    }
  }

  private final class LinkEar implements Ear<Notification> {
    private final JdbcLink link;
    private @Nullable Receiver<Notification> receiver;

    LinkEar(JdbcLink link) {
      this.link = link;
    }

    @Override
    public void open(Receiver<Notification> receiver) {
      this.receiver = receiver;
    }

    @Override
    public CompletionStage<Void> listen(Set<String> channels) {
      return done(() -> link.listen(channels));
    }

    @Override
    public CompletionStage<Void> unlisten(Set<String> channels) {
      return done(() -> link.unlisten(channels));
    }

    private CompletionStage<Void> done(ClientSession.Work work) {
      try {
        work.run();
        return CompletableFuture.completedFuture(null);
      } catch (SQLException e) {
        return CompletableFuture.failedFuture(e);
      }
    }

    void hear() {
      try {
        for (Notification one : link.notifications(SLICE)) {
          Receiver<Notification> to = receiver;
          if (to != null) {
            to.notified(one.channel(), one);
          }
        }
      } catch (SQLException e) {
        LOG.info("the link that listens is lost: {}", e.getMessage());
      }
      if (!link.isUsable()) {
        ear = null;
        end();
      }
    }

    void end() {
      Receiver<Notification> to = receiver;
      if (to != null) {
        to.closed();
      }
    }

    void drop() {
      try {
        link.notifications(SHORTEST);
      } catch (SQLException e) {
        LOG.debug("the link that listened is lost", e);
      }
    }
  }
}
