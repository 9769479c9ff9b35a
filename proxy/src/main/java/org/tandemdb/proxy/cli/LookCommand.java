package org.tandemdb.proxy.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.tandemdb.proxy.cli.ProxyReport.Database;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What the commands that look at a running proxy share: where it is, and how it is shown. */
@Command(
    exitCodeOnExecutionException = LookCommand.UNANSWERED,
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footer = {
      "",
      "Exit status: 0 if all is well; 1 if a copy is missing or behind its recovery, or writes are"
          + " stopped; 2 for wrong arguments; 3 if the proxy does not answer; 4 if a database has"
          + " no primary."
    })
abstract class LookCommand implements Callable<Integer> {
  static final int HEALTHY = 0;
  static final int DEGRADED = 1;
  static final int UNANSWERED = 3;
  static final int UNAVAILABLE = 4;

  static final Duration PAUSE = Duration.ofSeconds(1);

  /** How an answer is shown. */
  enum Output {
    table,
    json
  }

  @Spec private @Nullable CommandSpec spec;
  @Mixin private final AdminPort port = new AdminPort();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORM",
      defaultValue = "table",
      description = "${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}); json is one document a look.")
  private Output output = Output.table;

  final AdminPort port() {
    return port;
  }

  final boolean isJson() {
    return output == Output.json;
  }

  final PrintWriter out() {
    return Objects.requireNonNull(spec).commandLine().getOut();
  }

  /** Shows one report, and says how the proxy is. */
  final int show(String topic) {
    String json = port.get(topic);
    ProxyReport report = ProxyReport.parse(json);
    if (isJson()) {
      out().println(json.strip());
    } else {
      for (Database database : report.databases()) {
        out().println(database.name() + " is " + database.health());
        out().print(ProxyReport.table(database.columns(), database.rows()));
        out().println();
      }
    }
    out().flush();
    return status(report.health());
  }

  static int status(String health) {
    return switch (health) {
      case "healthy" -> HEALTHY;
      case "degraded" -> DEGRADED;
      default -> UNAVAILABLE;
    };
  }

  /** False once the process is told to end. */
  static boolean pause() {
    try {
      Thread.sleep(PAUSE.toMillis());
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
