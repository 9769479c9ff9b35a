package org.tandemdb.fake;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.BackendLink;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Position;

/**
 * A link that does as the test scripts it. By default everything succeeds at once; with {@link
 * #holdMarks} or {@link #holdFinishes} answers come when the test gives them. What happens is told
 * to a journal that links may share.
 */
public final class FakeLink implements BackendLink {
  public final String name;
  public final List<String> journal;
  public boolean holdMarks;
  public boolean holdFinishes;
  public boolean severed;
  public boolean dead;
  public Function<ApplyRun, ApplyOutcome> applying =
      run -> new ApplyOutcome.Applied(run.watermark());

  /** What a run waits for before it is applied. */
  public Supplier<CompletableFuture<Void>> heldApply =
      () -> CompletableFuture.completedFuture(null);

  public final List<Position> marked = new ArrayList<>();
  public final List<Decision> decisions = new ArrayList<>();
  private @Nullable CompletableFuture<MarkOutcome> mark;
  private @Nullable CompletableFuture<FinishOutcome> finish;

  public FakeLink(String name, List<String> journal) {
    this.name = name;
    this.journal = journal;
  }

  public void answerMark(MarkOutcome outcome) {
    CompletableFuture<MarkOutcome> now = mark;
    if (now == null) {
      throw new AssertionError(name + " was not asked for a marker");
    }
    mark = null;
    now.complete(outcome);
  }

  public void answerMark() {
    answerMark(new MarkOutcome.Marked("2026-01-01 00:00:00+00"));
  }

  public void answerFinish(FinishOutcome outcome) {
    CompletableFuture<FinishOutcome> now = finish;
    if (now == null) {
      throw new AssertionError(name + " was not asked to finish");
    }
    finish = null;
    now.complete(outcome);
  }

  @Override
  public CompletionStage<MarkOutcome> mark(Position position, boolean prepare) {
    journal.add("mark " + name + " " + position.number());
    marked.add(position);
    CompletableFuture<MarkOutcome> outcome = new CompletableFuture<>();
    mark = outcome;
    if (dead) {
      severed = true;
      answerMark(new MarkOutcome.Refused("57P01", "terminated", null));
    } else if (!holdMarks) {
      answerMark();
    }
    return outcome;
  }

  @Override
  public CompletionStage<FinishOutcome> finish(Position position, Decision decision) {
    journal.add(decision.name().toLowerCase(java.util.Locale.ROOT) + " " + name);
    decisions.add(decision);
    CompletableFuture<FinishOutcome> outcome = new CompletableFuture<>();
    finish = outcome;
    if (severed || dead) {
      answerFinish(new FinishOutcome.InDoubt("no connection"));
    } else if (!holdFinishes || decision == Decision.ROLLBACK) {
      answerFinish(new FinishOutcome.Done());
    }
    return outcome;
  }

  @Override
  public CompletionStage<ApplyOutcome> apply(ApplyRun run) {
    return heldApply
        .get()
        .thenApply(ok -> severed ? new ApplyOutcome.LinkLost("severed") : applying.apply(run));
  }

  @Override
  public void sever() {
    if (severed) {
      return;
    }
    severed = true;
    journal.add("sever " + name);
    if (mark != null) {
      answerMark(new MarkOutcome.Refused("08006", "severed", null));
    }
    if (finish != null) {
      answerFinish(new FinishOutcome.InDoubt("severed"));
    }
  }

  @Override
  public boolean isUsable() {
    return !severed;
  }

  @Override
  public BackendId backend() {
    return new BackendId("a");
  }

  @Override
  public ServerProcess process() {
    return new ServerProcess(name.hashCode(), name);
  }

  @Override
  public CompletionStage<TxStart> begin(BeginSpec spec) {
    return CompletableFuture.completedFuture(new TxStart());
  }

  @Override
  public CompletionStage<Void> forceConstraints() {
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public CompletionStage<Void> rollback() {
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public CompletionStage<String> clock() {
    return CompletableFuture.completedFuture("2026-01-01 00:00:00+00");
  }

  @Override
  public void cancel() {
    journal.add("cancel " + name);
  }
}
