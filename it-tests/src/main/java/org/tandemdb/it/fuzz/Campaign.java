package org.tandemdb.it.fuzz;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Runs case after case on the same servers, and shrinks what fails. One thread. */
final class Campaign {
  /** One failing case, as small as it could be made. */
  record Failure(Case shrunk, List<Problem> problems, Path file) {}

  private static final int TRIES = 3;

  private final Arena arena;
  private final Tally tally = new Tally();
  private final PrintStream out;
  private final Path failuresTo;
  private final Duration shrinkFor;
  private final List<Failure> failures = new ArrayList<>();
  private int cases;

  /**
   * @param failuresTo where failing cases are written to, with their histories
   * @param shrinkFor how long each may be made smaller; zero for not at all
   */
  Campaign(Arena arena, PrintStream out, Path failuresTo, Duration shrinkFor) {
    this.arena = arena;
    this.out = out;
    this.failuresTo = failuresTo;
    this.shrinkFor = shrinkFor;
  }

  Tally tally() {
    return tally;
  }

  List<Failure> failures() {
    return List.copyOf(failures);
  }

  int cases() {
    return cases;
  }

  /** Runs one; true if all is well. */
  boolean run(Case one) throws SQLException, IOException, InterruptedException {
    cases++;
    Run.Verdict verdict = Run.of(one, arena, tally);
    if (verdict.good()) {
      return true;
    }
    Problem problem = verdict.problems().get(0);
    out.println("FAILED " + one.name() + " (" + one.mode() + "): " + problem);
    Case shrunk = shrinkFor.isZero() ? one : shrink(one, problem.kind());
    failures.add(new Failure(shrunk, verdict.problems(), write(one, shrunk, verdict)));
    return false;
  }

  private Case shrink(Case one, String kind) {
    long deadline = System.nanoTime() + shrinkFor.toNanos();
    Tally aside = new Tally();
    Shrinker shrinker =
        new Shrinker(candidate -> System.nanoTime() < deadline && fails(candidate, kind, aside));
    Case shrunk = shrinker.shrink(one);
    out.println("  " + one.size() + " statements shrunk to " + shrunk.size());
    return shrunk;
  }

  private boolean fails(Case candidate, String kind, Tally aside) {
    int tries =
        candidate.mode() == Case.Mode.REFERENCE || candidate.threads().size() == 1 ? 1 : TRIES;
    try {
      for (int i = 0; i < tries; i++) {
        Run.Verdict verdict = Run.of(candidate, arena, aside);
        if (verdict.problems().stream().anyMatch(problem -> problem.kind().equals(kind))) {
          return true;
        }
      }
      return false;
    } catch (SQLException | IOException e) {
      out.println("  while shrinking: " + e);
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private Path write(Case one, Case shrunk, Run.Verdict verdict) throws IOException {
    Files.createDirectories(failuresTo);
    String name = one.name().replace(' ', '-');
    Path file = failuresTo.resolve(name + ".sql");
    Files.writeString(file, CaseFile.write(shrunk));
    Files.writeString(
        failuresTo.resolve(name + ".txt"),
        verdict.problems().stream().map(Problem::toString).collect(Collectors.joining("\n"))
            + "\n\nhistory of all threads\n\n"
            + String.join("\n", verdict.history())
            + "\n\nthe whole case\n\n"
            + CaseFile.write(one));
    out.println("  written to " + file);
    return file;
  }

  /** The seed of the first failure, if one came from a seed. */
  Optional<String> firstFailure() {
    return failures.stream().map(failure -> failure.shrunk().name()).findFirst();
  }
}
