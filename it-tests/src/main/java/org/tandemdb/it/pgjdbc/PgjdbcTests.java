package org.tandemdb.it.pgjdbc;

import java.io.File;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** {@code ./tandem pgjdbc-tests}. */
public final class PgjdbcTests {
  private static final String USAGE =
      """
      Usage: ./tandem pgjdbc-tests [--through driver|proxy] [--direct | --tandem | --compare]
                                [--timeout S] [--only CLASS[,CLASS...] | --except CLASS[,CLASS...]]

      Runs the test suite of PostgreSQL's own JDBC driver on servers of its own, first directly,
      then through Tandem with two backends, and compares: what fails through Tandem only must be
      on the list of documented differences, and both copies must be equal afterwards. The suite's
      sources are fetched through Maven.

        --through driver  Tandem's driver takes the place of PostgreSQL's (the default); the list is
                          it-tests/pgjdbc/differences.txt
        --through proxy   PostgreSQL's driver, with a proxy in front of the backends; the list is
                          it-tests/pgjdbc/proxy-differences.txt
        --direct          only directly
        --tandem          only through Tandem; compares with the last direct run
        --compare         runs nothing; compares what is left of the last runs with the list
        --only            only these classes, by their simple names
        --except          all but these
        --timeout S       seconds for a test, after which it has failed (60)

      Everything that is kept (outcomes, stack traces, output) is in it-tests/target/pgjdbc.
      """;

  private static final List<String> THROUGH = List.of("driver", "proxy");

  private boolean direct = true;
  private boolean tandem = true;
  private boolean compare = true;
  private boolean proxy;
  private List<String> only = List.of();
  private List<String> except = List.of();
  private int timeoutSeconds = 60;
  private final Path root;
  private final Path work;
  private final List<Path> classPath = new ArrayList<>();
  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  private PgjdbcTests(Path root) {
    this.root = root;
    this.work = root.resolve("it-tests/target/pgjdbc");
  }

  /**
   * @param args the project's directory, a file with the suite's class path, and the options
   */
  public static void main(String[] args) throws Exception {
    PgjdbcTests tests = new PgjdbcTests(Path.of(args[0]));
    List<String> options = Arrays.asList(args).subList(2, args.length);
    if (!tests.read(options)) {
      boolean asked = options.contains("--help") || options.contains("-h");
      (asked ? System.out : System.err).print(USAGE);
      System.exit(asked ? 0 : 2);
    }
    for (String entry : Files.readString(Path.of(args[1])).strip().split(File.pathSeparator, -1)) {
      tests.classPath.add(Path.of(entry));
    }
    System.exit(tests.run() ? 0 : 1);
  }

  private boolean read(List<String> options) {
    for (int i = 0; i < options.size(); i++) {
      String option = options.get(i);
      boolean more = i + 1 < options.size();
      if (option.equals("--direct")) {
        tandem = false;
        compare = false;
      } else if (option.equals("--tandem")) {
        direct = false;
      } else if (option.equals("--compare")) {
        direct = false;
        tandem = false;
      } else if (option.equals("--through") && more && THROUGH.contains(options.get(i + 1))) {
        proxy = options.get(++i).equals("proxy");
      } else if (option.equals("--only") && more) {
        only = names(options.get(++i));
      } else if (option.equals("--except") && more) {
        except = names(options.get(++i));
      } else if (option.equals("--timeout") && more) {
        timeoutSeconds = Integer.parseInt(options.get(++i));
      } else {
        return false;
      }
    }
    return direct || compare;
  }

  private boolean run() throws Exception {
    String list = proxy ? "proxy-differences.txt" : "differences.txt";
    Differences differences = Differences.read(root.resolve("it-tests/pgjdbc").resolve(list));
    Path classes = SuiteSources.compiled(work, classPath, List.of());
    SuiteComparison suite =
        new SuiteComparison(
            new SuiteProcess(work, classPath, timeoutSeconds, out),
            classes,
            only.isEmpty() ? SuiteComparison.allBut(except) : SuiteComparison.named(only),
            out);
    boolean good = !direct || suite.directly();
    if (tandem) {
      good &= proxy ? suite.throughProxy() : suite.throughDriver();
    }
    if (compare) {
      Verdict verdict = suite.verdict(proxy ? "proxy" : "tandem", differences);
      verdict.print(out, differences);
      good &= verdict.isGood();
    }
    out.println(good ? "OK" : "FAILED");
    return good;
  }

  private static List<String> names(String list) {
    return Arrays.asList(list.split(",", -1));
  }
}
