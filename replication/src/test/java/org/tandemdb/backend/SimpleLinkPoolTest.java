package org.tandemdb.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.tandemdb.entry.BackendId;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.fake.FakeLink;
import org.tandemdb.fake.ManualEnvironment;

class SimpleLinkPoolTest {
  private static final BackendId A = new BackendId("a");
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int MANY = 20_000;

  private final ManualEnvironment environment = new ManualEnvironment();
  private final List<CompletableFuture<FakeLink>> opening = new ArrayList<>();
  private boolean opensAtOnce = true;
  private final SimpleLinkPool<FakeLink> pool =
      new SimpleLinkPool<>(
          (backend, epoch) -> open(),
          link -> CompletableFuture.completedFuture(null),
          environment,
          1);

  private CompletionStage<FakeLink> open() {
    CompletableFuture<FakeLink> link = new CompletableFuture<>();
    opening.add(link);
    if (opensAtOnce) {
      link.complete(new FakeLink("a", new ArrayList<>()));
    }
    return link;
  }

  private CompletableFuture<Lease<FakeLink>> lease() {
    return pool.lease(A, 1, PATIENCE).toCompletableFuture();
  }

  /** † However many are in line, the stack stays as it is: who overflows it, loses an answer. */
  @Test
  void aLongLineOfThoseWhoAreDoneAtOnceIsServedToItsEnd() {
    Lease<FakeLink> first = lease().join();
    List<CompletionStage<Void>> served = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      served.add(lease().thenAccept(lease -> lease.release(Lease.Disposition.CLEAN)));
    }
    assertThat(pool.isWanted()).isTrue();
    first.release(Lease.Disposition.CLEAN);
    assertThat(served).allSatisfy(one -> assertThat(one.toCompletableFuture()).isCompleted());
    assertThat(pool.count(A)).isEqualTo(new SimpleLinkPool.Count(0, 1, 0, 0));
    assertThat(pool.isWanted()).isFalse();
  }

  @Test
  void aLongLineIsServedToItsEndWhereEveryLinkBreaks() {
    Lease<FakeLink> first = lease().join();
    List<CompletionStage<Void>> served = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      served.add(lease().thenAccept(lease -> lease.release(Lease.Disposition.BROKEN)));
    }
    first.release(Lease.Disposition.BROKEN);
    assertThat(served).allSatisfy(one -> assertThat(one.toCompletableFuture()).isCompleted());
    assertThat(pool.count(A)).isEqualTo(new SimpleLinkPool.Count(0, 0, 0, 0));
    assertThat(opening).hasSize(MANY + 1);
  }

  @Test
  void whoseLinkCannotBeOpenedIsToldAndTheNextInLineTries() {
    Lease<FakeLink> first = lease().join();
    opensAtOnce = false;
    CompletableFuture<Lease<FakeLink>> second = lease();
    CompletableFuture<Lease<FakeLink>> third = lease();
    first.release(Lease.Disposition.BROKEN);
    opening.get(1).completeExceptionally(new BackendUnreachableException("gone", null));
    assertThat(second).isCompletedExceptionally();
    opening.get(2).complete(new FakeLink("a", new ArrayList<>()));
    assertThat(third).isCompleted();
  }

  @Test
  void whoHasWaitedForTooLongIsToldAndTakesNoLink() {
    Lease<FakeLink> first = lease().join();
    CompletableFuture<Lease<FakeLink>> late = lease();
    environment.advance(PATIENCE);
    assertThat(late.handle((ok, failure) -> failure).join())
        .isInstanceOfSatisfying(
            TandemException.class,
            e -> assertThat(e.sqlState()).isEqualTo(ErrorCode.LINKS_EXHAUSTED.sqlState()));
    first.release(Lease.Disposition.CLEAN);
    assertThat(pool.count(A)).isEqualTo(new SimpleLinkPool.Count(0, 1, 0, 0));
  }
}
