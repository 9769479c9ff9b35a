package org.tandemdb.it.fuzz;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Runs one thread's statements and looks at every answer. One thread. */
final class Player {
  private static final int TRIED = 8;
  private final int thread;
  private final Connection tandem;
  private final Connection asking;
  private final Optional<Connection> plain;
  private final Sequences sequences;
  private final Findings findings;
  private ProbeModel probes = new ProbeModel(List.of());
  private List<String> written = List.of();
  private boolean inTransaction;
  private boolean failed;

  /** Numbers drawn in the open transaction: what is lost in a crash may be drawn again. */
  private final List<String> drawn = new ArrayList<>();

  /**
   * @param asking answers what Tandem would do, without a part in the transaction
   * @param plain is given the same statements, and must answer the same
   * @param sequences brings the plain database's to where a refused statement has left Tandem's
   */
  Player(
      int thread,
      Connection tandem,
      Connection asking,
      Optional<Connection> plain,
      Sequences sequences,
      Findings findings) {
    this.thread = thread;
    this.tandem = tandem;
    this.asking = asking;
    this.plain = plain;
    this.sequences = sequences;
    this.findings = findings;
  }

  void play(List<Step> steps) {
    Step read = new Step("probe-first", "SELECT n, val FROM probe WHERE thread = " + thread);
    probes = new ProbeModel(Answer.to(read, tandem).rows());
    for (Step step : steps) {
      if (Thread.interrupted()) {
        return;
      }
      boolean skipped = failed && !step.ends() && !step.returnsToSavepoint();
      if (!skipped && !isForeseen(step)) {
        play(step);
      }
    }
    if (inTransaction) {
      // A case that was made smaller may have lost its end; others would wait for it.
      play(new Step("rollback", "ROLLBACK"));
    }
  }

  /**
   * True if Tandem would refuse it. That fails a transaction, and most would not get far: only one
   * of some is tried there.
   */
  private boolean isForeseen(Step step) {
    boolean asked =
        inTransaction
            && !failed
            && !step.ends()
            && !step.sql().startsWith("\\")
            && !step.kind().equals("savepoint");
    if (!asked || Math.floorMod(step.sql().hashCode(), TRIED) == 0) {
      return false;
    }
    Answer plan = Answer.to(new Step("plan", "SHOW TANDEM PLAN FOR " + step.sql()), asking);
    return findings.foreseen(step, plan);
  }

  private void play(Step step) {
    long began = System.nanoTime();
    Answer answer = Answer.to(step, tandem);
    Outcome outcome = Outcome.of(answer, step, findings.mode());
    findings.answered(thread, began, step, outcome, answer);
    plain.ifPresent(connection -> compare(step, answer, outcome, connection));
    if (answer.error().isEmpty()) {
      look(step, answer);
    }
    follow(step, answer);
  }

  private void compare(Step step, Answer answer, Outcome outcome, Connection connection) {
    if (findings.isInconclusive()) {
      return;
    }
    if (answer.sqlState().equals("40001")) {
      findings.inconclusive();
      return;
    }
    if (outcome == Outcome.REFUSED) {
      if (inTransaction && step.ends()) {
        // Found at COMMIT, which has rolled back.
        Answer.to(
            new Step("rollback", step.sql().startsWith("\\") ? "\\rollback" : "ROLLBACK"),
            connection);
      } else if (inTransaction) {
        Answer.to(new Step("fail", "SELECT 1/0"), connection);
      }
      sequences.follow();
      return;
    }
    Answer expected = Answer.to(step, connection);
    if (failed && step.commits() && answer.sqlState().equals("25P02")) {
      return; // PostgreSQL's driver rolls back without a word here; Tandem's says so.
    }
    if (step.sql().contains("val(") && answer.sqlState().equals("55000")) {
      // Which number a statement drew that failed is not always known, and never guessed.
      return;
    }
    boolean same =
        (failed || step.sql().startsWith("EXPLAIN"))
            ? answer.error().isPresent() == expected.error().isPresent()
            : answer.summary().equals(expected.summary());
    if (!same) {
      findings.problem(
          "answer differs", step + "\n  Tandem:     " + answer + "\n  PostgreSQL: " + expected);
    }
  }

  private void look(Step step, Answer answer) {
    switch (step.kind()) {
      case Probes.PUT -> probes.put(step.sql());
      case Probes.READ ->
          probes
              .check(answer.rows())
              .ifPresent(
                  text -> findings.problem("stale or lost", "thread " + thread + " reads " + text));
      case Tickets.TICKET -> drawn.addAll(answer.rows());
      case LookBack.WRITE -> written = answer.rows();
      case LookBack.LOOK -> {
        if (!written.isEmpty() && !written.equals(answer.rows())) {
          findings.problem(
              "read after write",
              step + "\n  written: " + written + "\n  read:    " + answer.rows());
        }
      }
      default -> {}
    }
  }

  /** What the statement does to the transaction, and to what the probes must hold. */
  private void follow(Step step, Answer answer) {
    boolean ok = answer.error().isEmpty();
    if (step.begins()) {
      inTransaction = ok;
      failed = false;
    } else if (step.ends() || !inTransaction) {
      boolean committed = ok && !failed && (step.commits() || !inTransaction);
      if (committed || findings.mode() != Case.Mode.CRASH) {
        findings.drawn(thread, drawn);
      }
      drawn.clear();
      if (committed) {
        probes.commit();
      } else if (answer.sqlState().equals("08007")) {
        probes.unknown();
      } else {
        probes.rollback();
      }
      inTransaction = false;
      failed = false;
      written = List.of();
    } else if (!ok) {
      failed = true;
    } else if (step.returnsToSavepoint()) {
      probes.returnToSavepoint();
      failed = false;
    } else if (step.sql().startsWith("SAVEPOINT")) {
      probes.savepoint();
    }
  }
}
