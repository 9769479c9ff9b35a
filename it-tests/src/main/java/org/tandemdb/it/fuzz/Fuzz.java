package org.tandemdb.it.fuzz;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** {@code ./tandem fuzz}. */
public final class Fuzz {
  private static final String USAGE =
      """
      Usage: ./tandem fuzz [--seed N] [--seeds M] [--minutes K] [--shrink SECONDS] [--to DIR]
             ./tandem fuzz --show --seed N
             ./tandem fuzz FILE...

      Runs random schemas and statements through Tandem on two servers of its own, from several
      threads, with crashes in some; afterwards both servers must hold the same, and every
      statement must have had a clean outcome. Prints how many statements of each kind were run
      and refused, and why. What fails is made smaller and written to a file.

        --seed N     the first seed (1)
        --seeds M    how many (until the time is up; 100 if no time is given)
        --minutes K  how long
        --shrink S   how long to make a failing case smaller, in seconds (120)
        --to DIR     where failing cases go (fuzz-failures)
        --show       print what a seed would run, and run nothing
        FILE         runs cases from files instead
      """;

  private Fuzz() {}

  private static final class Options {
    private long seed = 1;
    private long seeds = -1;
    private double minutes = -1;
    private int shrinkSeconds = 120;
    private boolean show;
    private Path to = Path.of("fuzz-failures");
    private final List<Path> files = new ArrayList<>();

    boolean read(String[] args) {
      for (int i = 0; i < args.length; i++) {
        boolean more = i + 1 < args.length;
        if (args[i].equals("--seed") && more) {
          seed = Long.parseLong(args[++i]);
        } else if (args[i].equals("--seeds") && more) {
          seeds = Long.parseLong(args[++i]);
        } else if (args[i].equals("--minutes") && more) {
          minutes = Double.parseDouble(args[++i]);
        } else if (args[i].equals("--shrink") && more) {
          shrinkSeconds = Integer.parseInt(args[++i]);
        } else if (args[i].equals("--to") && more) {
          to = Path.of(args[++i]);
        } else if (args[i].equals("--show")) {
          show = true;
        } else if (!args[i].startsWith("-")) {
          files.add(Path.of(args[i]));
        } else {
          return false;
        }
      }
      return true;
    }
  }

  public static void main(String[] args) throws Exception {
    Options options = new Options();
    if (!options.read(args)) {
      boolean asked = List.of(args).contains("--help") || List.of(args).contains("-h");
      (asked ? System.out : System.err).print(USAGE);
      System.exit(asked ? 0 : 2);
    }
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    if (options.show) {
      out.print(CaseFile.write(CaseMaker.make(options.seed)));
      System.exit(0);
    }
    System.exit(run(options, out) ? 0 : 1);
  }

  private static boolean run(Options options, PrintStream out) throws Exception {
    long started = System.nanoTime();
    try (Arena arena = Arena.start()) {
      Duration shrinkFor = Duration.ofSeconds(options.files.isEmpty() ? options.shrinkSeconds : 0);
      Campaign campaign = new Campaign(arena, out, options.to, shrinkFor);
      for (Path file : options.files) {
        Case one = CaseFile.read(Files.readString(file)).content();
        out.println((campaign.run(one) ? "good: " : "bad: ") + file);
      }
      if (options.files.isEmpty()) {
        seeds(options, campaign, started, out);
      }
      campaign.tally().print(out);
      long seconds = (System.nanoTime() - started) / 1_000_000_000L;
      out.printf(
          "%s: %d cases in %d s, %d failed%n",
          campaign.failures().isEmpty() ? "OK" : "FAILED",
          campaign.cases(),
          seconds,
          campaign.failures().size());
      return campaign.failures().isEmpty();
    }
  }

  private static void seeds(Options options, Campaign campaign, long started, PrintStream out)
      throws Exception {
    long limitNanos =
        options.minutes < 0 ? Long.MAX_VALUE : Math.round(options.minutes * 60_000_000_000d);
    long seeds = options.seeds >= 0 ? options.seeds : options.minutes < 0 ? 100 : Long.MAX_VALUE;
    for (long i = 0; i < seeds && System.nanoTime() - started < limitNanos; i++) {
      campaign.run(CaseMaker.make(options.seed + i));
      if (i % 20 == 19) {
        out.println("... " + (i + 1) + " seeds, " + campaign.failures().size() + " failures");
      }
    }
  }
}
