package org.tandemdb.proxy.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.tandemdb.config.ClusterConfig;
import org.tandemdb.config.TandemUrl;
import org.tandemdb.engine.pg.PgPlans;
import org.tandemdb.env.SystemEnvironment;
import org.tandemdb.plan.Described;
import org.tandemdb.plan.Plan;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code tandem explain}: how statements would be replicated, and why, by the schema of one
 * backend, or as a running proxy sees it. Runs nothing.
 */
@Command(
    name = "explain",
    description = {
      "Tells how Tandem would replicate SQL, and why; what it refuses, and what to do instead.",
      "Asks a running proxy; or, with --url or --config, reads the schema of the first backend that"
          + " answers, beside a running engine or before there is one. Changes nothing.",
      "",
      "Exit status: 0, or 1 if a statement is refused, 2 for wrong arguments, 3 if nobody answers"
          + " or something cannot be read."
    },
    exitCodeOnExecutionException = 3,
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class ExplainCommand implements Callable<Integer> {

  @Spec private @Nullable CommandSpec spec;

  @ArgGroup(exclusive = true, multiplicity = "0..1")
  private @Nullable Where where;

  @Mixin private final AdminPort port = new AdminPort();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORM",
      defaultValue = "table",
      description = "${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}); json is a proxy's answer.")
  private LookCommand.Output output = LookCommand.Output.table;

  @Option(
      names = "--search-path",
      paramLabel = "SCHEMA",
      split = ",",
      defaultValue = "public",
      description = "Where names without a schema are looked for (${DEFAULT-VALUE}).")
  private List<String> searchPath = List.of();

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      description = "A file of statements, as a migration; \"-\" for standard input.")
  private @Nullable Path file;

  @Parameters(paramLabel = "SQL", arity = "0..*", description = "Statements; parameters as $1.")
  private List<String> statements = List.of();

  /** Which database. */
  static final class Where {
    @Option(
        names = "--url",
        paramLabel = "URL",
        required = true,
        description = "A jdbc:tandem: URL, or one server's jdbc:postgresql: URL.")
    private String url = "";

    @Option(
        names = "--config",
        paramLabel = "FILE#DATABASE",
        required = true,
        description = "A cluster file, and the database in it.")
    private String config = "";

    ClusterConfig cluster() {
      String full = url;
      if (!config.isEmpty()) {
        full = TandemUrl.PREFIX + "config:" + config;
      } else if (!url.startsWith(TandemUrl.PREFIX)) {
        // Nothing is written, to a log neither.
        full = TandemUrl.PREFIX + "[" + url + "]?log=none";
      }
      return TandemUrl.parse(full, new Properties()).cluster();
    }
  }

  @Override
  public Integer call() throws IOException {
    CommandSpec command = Objects.requireNonNull(spec);
    if (statements.isEmpty() == (file == null)) {
      throw new ParameterException(
          command.commandLine(), "Give statements, or a file of them with --file.");
    }
    List<String> texts = file == null ? statements : List.of(read(file));
    PrintWriter out = command.commandLine().getOut();
    Where local = where;
    if (local == null) {
      if (!searchPath.equals(List.of("public"))) {
        throw new ParameterException(
            command.commandLine(), "--search-path goes with --url or --config.");
      }
      return askProxy(texts, out);
    }
    if (output == LookCommand.Output.json) {
      throw new ParameterException(
          command.commandLine(), "--output=json is for what a running proxy answers.");
    }
    ClusterConfig cluster = local.cluster();
    boolean refused = false;
    try (SystemEnvironment environment = new SystemEnvironment("tandem-explain", 1)) {
      PgPlans plans = PgPlans.read(cluster, searchPath, environment);
      for (String text : texts) {
        refused |= explain(text, plans.of(text), out);
      }
    }
    out.flush();
    return refused ? 1 : 0;
  }

  private int askProxy(List<String> texts, PrintWriter out) {
    boolean refused = false;
    for (String text : texts) {
      String json = port.plan(text);
      ProxyReport.Database plan = ProxyReport.parse(json).databases().get(0);
      refused |= plan.rows().stream().anyMatch(row -> "REFUSED".equals(row.get("form")));
      if (output == LookCommand.Output.json) {
        out.println(json.strip());
        continue;
      }
      out.println(text.strip());
      for (Map<String, @Nullable String> row : plan.rows()) {
        plan.columns()
            .forEach(
                column -> line(out, text, column, Objects.requireNonNullElse(row.get(column), "")));
        out.println();
      }
    }
    out.flush();
    return refused ? 1 : 0;
  }

  /** Nothing that the reader has before his eyes. */
  private static void line(PrintWriter out, String sql, String column, String value) {
    if (!value.isEmpty() && !value.strip().equals(sql.strip())) {
      out.printf(Locale.ROOT, "  %-8s %s%n", column, value);
    }
  }

  private static String read(Path file) throws IOException {
    byte[] bytes =
        file.toString().equals("-") ? System.in.readAllBytes() : Files.readAllBytes(file);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** True if it is refused, or a statement in it. */
  private static boolean explain(String sql, Plan plan, PrintWriter out) {
    if (plan instanceof Plan.Steps steps) {
      boolean refused = false;
      for (Plan.Step step : steps.steps()) {
        refused |= explain(step.sql(), step.plan(), out);
      }
      return refused;
    }
    out.println(sql.strip());
    for (List<String> row : Described.table(plan)) {
      for (int i = 0; i < row.size(); i++) {
        line(out, sql, Described.COLUMNS.get(i), row.get(i));
      }
    }
    out.println();
    return plan instanceof Plan.Refused;
  }
}
