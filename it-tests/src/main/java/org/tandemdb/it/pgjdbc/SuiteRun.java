package org.tandemdb.it.pgjdbc;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.UniqueId;
import org.junit.platform.engine.discovery.ClassNameFilter;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.tandemdb.it.server.TandemStatus;

/**
 * One run of the suite, in a process of its own, since the suite changes the process's default zone
 * and properties and may leave threads that never end. Writes a line for each test as soon as it is
 * over.
 *
 * <p>Arguments: the compiled suite, the file for the outcomes, a pattern of class names, seconds
 * for a test, the port that the suite is told, and Tandem's URL unless the run is a direct one.
 */
final class SuiteRun implements TestExecutionListener {
  private static final Duration EVERYTHING_LIMIT = Duration.ofMinutes(2);
  private static final int TANDEM_URL = 5;

  private final PrintWriter outcomes;
  private final PrintWriter traces;
  private final Bridge bridge;
  private final Overtime overtime;
  private Set<Connection> openedBefore = Set.of();

  private SuiteRun(PrintWriter outcomes, PrintWriter traces, Bridge bridge, Overtime overtime) {
    this.outcomes = outcomes;
    this.traces = traces;
    this.bridge = bridge;
    this.overtime = overtime;
  }

  public static void main(String[] args) throws SQLException {
    String tandemUrl = args.length > TANDEM_URL ? args[TANDEM_URL] : null;
    Bridge bridge = new Bridge(args[4], tandemUrl);
    DriverManager.registerDriver(bridge);
    if (tandemUrl == null) {
      run(args, bridge);
    } else {
      // One engine for all tests, also where some of them have no connection.
      try (Connection connection = DriverManager.getConnection(tandemUrl)) {
        run(args, bridge);
        TandemStatus.awaitEverything(connection, EVERYTHING_LIMIT);
      }
    }
    // Whatever threads tests have left.
    Runtime.getRuntime().halt(0);
  }

  private static void run(String[] args, Bridge bridge) {
    Path file = Path.of(args[1]);
    // Somewhat more than JUnit's own limit, which tests of JUnit 4 do not have.
    Duration limit = Duration.ofSeconds(Integer.parseInt(args[3]) + 5L);
    try (Overtime overtime = new Overtime(limit, Thread.currentThread(), bridge::endAll);
        PrintWriter outcomes = writer(file);
        PrintWriter traces = writer(file.resolveSibling(file.getFileName() + ".traces"))) {
      run(Path.of(args[0]), args[2], args[3], new SuiteRun(outcomes, traces, bridge, overtime));
    }
  }

  private static PrintWriter writer(Path file) {
    try {
      return new PrintWriter(Files.newBufferedWriter(file, StandardCharsets.UTF_8), true);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void run(Path classes, String pattern, String seconds, SuiteRun listener) {
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(DiscoverySelectors.selectClasspathRoots(Set.of(classes)))
            .filters(ClassNameFilter.includeClassNamePatterns(pattern))
            .configurationParameter("junit.jupiter.execution.timeout.default", seconds + " s")
            // A test that hangs does not answer an interrupt.
            .configurationParameter(
                "junit.jupiter.execution.timeout.thread.mode.default", "SEPARATE_THREAD")
            .build();
    LauncherFactory.create().execute(request, listener);
  }

  @Override
  public void executionStarted(TestIdentifier test) {
    if (test.isTest()) {
      openedBefore = bridge.opened();
      overtime.begins();
    }
  }

  @Override
  public void executionSkipped(TestIdentifier test, String reason) {
    write(Outcome.of(name(test), Outcome.Status.SKIPPED, reason));
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    Outcome.Status status =
        switch (result.getStatus()) {
          case SUCCESSFUL -> Outcome.Status.PASSED;
          case ABORTED -> Outcome.Status.SKIPPED;
          case FAILED -> Outcome.Status.FAILED;
        };
    boolean late = test.isTest() && overtime.ends();
    if (late) {
      write(Outcome.of(name(test), Outcome.Status.FAILED, "it took too long, and was ended"));
      return;
    }
    if (test.isContainer() && status == Outcome.Status.PASSED) {
      return;
    }
    Throwable failure = result.getThrowable().orElse(null);
    if (failure != null && status == Outcome.Status.FAILED) {
      traces.println("=== " + name(test));
      failure.printStackTrace(traces);
      traces.flush();
    }
    write(Outcome.of(name(test), status, failure == null ? "" : failure.toString()));
    if (failure instanceof TimeoutException) {
      bridge.endAll();
    } else if (test.isTest() && status == Outcome.Status.FAILED) {
      // What it would have closed had it passed: DDL of those that follow would wait for it.
      bridge.endAllBut(openedBefore);
    }
  }

  private void write(Outcome outcome) {
    outcomes.println(outcome.line());
  }

  /** Class, method and which of its invocations; the same in every run. */
  private static String name(TestIdentifier test) {
    TestSource source = test.getSource().orElse(null);
    String base =
        source instanceof MethodSource method
            ? method.getClassName() + "#" + method.getMethodName()
            : source instanceof ClassSource type
                ? type.getClassName() + "#"
                : test.getUniqueId() + "#";
    StringBuilder name = new StringBuilder(base);
    List<UniqueId.Segment> segments = test.getUniqueIdObject().getSegments();
    for (int i = 0; i < segments.size(); i++) {
      String value = segments.get(i).getValue();
      if (value.startsWith("#")) {
        name.append('[').append(value.substring(1)).append(']');
      } else if (i < segments.size() - 1 && value.startsWith("[")) {
        name.append(value.replaceAll("\\s+", " ")); // the parameters of a class of JUnit 4
      }
    }
    return name.toString();
  }
}
