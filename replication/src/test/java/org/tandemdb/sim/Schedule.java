package org.tandemdb.sim;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.tandemdb.cluster.BackendState;
import org.tandemdb.config.BackendConfig;
import org.tandemdb.config.ClusterConfig;
import org.tandemdb.config.CommitMode;
import org.tandemdb.config.Limits;
import org.tandemdb.config.Setting;
import org.tandemdb.engine.Engine;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Position;
import org.tandemdb.error.TandemException;
import org.tandemdb.log.LocalReplicationLog;
import org.tandemdb.log.LogOptions;
import org.tandemdb.session.ReadLevel;

/**
 * One run of the whole system from one seed: clients work while things fail, then everything is
 * healed and must come to rest, and then be as the design promises.
 */
final class Schedule {
  private static final Path LOG = Path.of("/log");
  private static final UUID CLUSTER = new UUID(1, 1);
  private static final Duration SETTLING = Duration.ofSeconds(5);
  private static final Duration REST_DEADLINE = Duration.ofSeconds(300);

  /** How a run ended. */
  record Result(
      long seed,
      List<String> violations,
      List<String> trace,
      long hash,
      long tasks,
      long committed,
      long rolledBack,
      long unknown,
      long reads,
      long faults) {
    boolean isGreen() {
      return violations.isEmpty();
    }
  }

  private final long seed;
  private final Simulation sim;
  private final SimDisk disk;
  private final SimNetwork network;
  private final Ledger ledger;
  private final Faults faults;
  private final List<SimBackend> backends = new ArrayList<>();
  private final Map<String, Object> initial = new TreeMap<>();
  private final ClusterConfig config;
  private final boolean asynchronousLog;

  /** Makes entries long in some schedules, so that the log has many segments. */
  private final String padding;

  private @Nullable SimProcess process;
  private @Nullable ProcessDisk processDisk;
  private @Nullable Engine<SimLink> engine;
  private @Nullable AuditedLog log;
  private final List<SimClient> clients = new ArrayList<>();
  private int processes;

  private Schedule(long seed, Set<BrokenRule> broken, boolean tracing) {
    this.seed = seed;
    this.sim = new Simulation(seed, broken, tracing);
    this.disk = new SimDisk(sim.random().split());
    this.network = new SimNetwork(sim);
    this.ledger = new Ledger(sim);
    for (int key = 0; key < 5; key++) {
      initial.put(Statements.ROWS + key, (long) key);
    }
    int count = 2 + sim.random().nextInt(2);
    for (int i = 0; i < count; i++) {
      backends.add(
          new SimBackend(sim, new BackendId(String.valueOf((char) ('a' + i))), CLUSTER, initial));
    }
    this.config = config();
    this.padding = sim.oneIn(3) ? "_".repeat(1000 + sim.random().nextInt(3000)) : "";
    this.asynchronousLog = sim.random().nextBoolean();
    this.faults = new Faults(sim, this);
    sim.hazards(new Hazards(sim, this));
  }

  /** Runs {@code seed} and says what was wrong. */
  static Result run(long seed, Set<BrokenRule> broken, boolean tracing) {
    return new Schedule(seed, broken, tracing).run();
  }

  private ClusterConfig config() {
    Limits limits =
        Limits.DEFAULTS
            .with(Setting.LOG_SEGMENT_BYTES, "64KiB")
            .with(Setting.LOG_MAX_BYTES, "64MiB")
            .with(Setting.LOG_CACHE_BYTES, sim.random().nextBoolean() ? "64KiB" : "1MiB")
            .with(Setting.MARK_LIMIT, "5s")
            .with(Setting.MAX_BATCH_ENTRIES, sim.oneIn(4) ? "2" : "512")
            .with(Setting.APPLY_RUN_ENTRIES, sim.oneIn(2) ? "3" : "512")
            .with(Setting.LOG_KEEP, "0ms") // so that much is truncated
            .with(Setting.WATERMARK_INTERVAL, sim.random().nextBoolean() ? "200ms" : "2s")
            .with(Setting.FAILOVER_PATIENCE, sim.oneIn(4) ? "2s" : "60s")
            .with(Setting.DRAIN_DEADLINE, "3s")
            .with(Setting.CONTROL_SOCKET_TIMEOUT, "3s");
    List<BackendConfig> urls =
        backends.stream()
            .map(
                b ->
                    new BackendConfig(
                        b.id().name(), "jdbc:postgresql://" + b.id() + "/sim", "t", ""))
            .toList();
    return new ClusterConfig(
        "sim",
        LOG,
        new ReadLevel.Strong(),
        sim.oneIn(4) ? CommitMode.APPLIED : CommitMode.DURABLE,
        urls,
        limits);
  }

  // ---- what faults work on

  List<SimBackend> backends() {
    return backends;
  }

  SimDisk disk() {
    return disk;
  }

  SimNetwork network() {
    return network;
  }

  Faults faults() {
    return faults;
  }

  @Nullable SimProcess process() {
    return process;
  }

  /** The engine's process dies, with or without its machine, or is stopped and replaced. */
  void loseEngine() {
    if (sim.random().nextBoolean()) {
      killEngine(sim.random().nextBoolean());
    } else {
      replaceStoppedEngine(
          sim.between(Duration.ofMillis(5), Duration.ofSeconds(3)),
          sim.between(Duration.ofMillis(50), Duration.ofSeconds(2)));
    }
  }

  /** Kills the engine's process; a new one follows. */
  void killEngine(boolean withMachine) {
    SimProcess victim = process;
    ProcessDisk itsDisk = processDisk;
    if (victim == null || itsDisk == null) {
      return;
    }
    sim.note(victim.name() + (withMachine ? " loses power" : " is killed"));
    victim.kill(withMachine);
    itsDisk.cutOff();
    if (withMachine) {
      disk.crash();
    }
    forgetEngine();
    restartLater();
  }

  /** Stops the engine's process, gives its volume to a successor, and wakes it later. */
  void replaceStoppedEngine(Duration sleep, Duration awake) {
    SimProcess old = process;
    ProcessDisk itsDisk = processDisk;
    if (old == null || itsDisk == null) {
      return;
    }
    sim.note(old.name() + " is stopped");
    old.stop();
    itsDisk.cutOff();
    forgetEngine();
    restartLater();
    sim.after(
        sleep,
        null,
        () -> {
          sim.note(old.name() + " wakes up");
          old.wake();
          sim.after(
              awake,
              null,
              () -> {
                sim.note(old.name() + " is killed at last");
                old.kill(false);
              });
        });
  }

  private void forgetEngine() {
    process = null;
    processDisk = null;
    engine = null;
    log = null;
    clients.clear();
  }

  private void restartLater() {
    sim.after(
        sim.between(Duration.ofMillis(5), Duration.ofSeconds(2)),
        null,
        () -> {
          disk.restart();
          startEngine();
        });
  }

  // ---- the engine

  private void startEngine() {
    SimProcess fresh = new SimProcess(sim, "engine" + ++processes);
    ProcessDisk itsDisk = new ProcessDisk(disk);
    process = fresh;
    processDisk = itsDisk;
    sim.note(fresh.name() + " starts");
    SimEnvironment environment = new SimEnvironment(sim, fresh, itsDisk);
    AuditedLog opened;
    try {
      LogOptions options =
          LogOptions.defaults()
              .withSegmentBytes(config.limits().logSegmentBytes())
              .withMaxBytes(config.limits().logMaxBytes())
              .withCacheBytes((int) config.limits().logCacheBytes())
              .withCluster(CLUSTER)
              .withOwner("simulated");
      LocalReplicationLog real =
          LocalReplicationLog.open(
              LOG, options, environment, asynchronousLog ? environment : Runnable::run);
      opened = new AuditedLog(sim, fresh, real, ledger);
    } catch (TandemException | SimDisk.CrashedException e) {
      sim.note("the log does not open: " + e.getMessage());
      if (faults.areOver() && !disk.isCrashed()) {
        sim.violation("the log does not open on a healthy disk: " + e.getMessage());
      }
      killEngine(disk.isCrashed());
      return;
    }
    log = opened;
    List<SimPort> ports =
        backends.stream()
            .map(
                b ->
                    new SimPort(
                        sim,
                        fresh,
                        network,
                        b,
                        config.limits().controlSocketTimeout(),
                        config.limits().probeTimeout()))
            .toList();
    Engine.<SimLink>start(
            config,
            opened,
            environment,
            ports,
            new SimPlanner(),
            (link, executor) -> {},
            new SimDialect())
        .whenComplete((started, failure) -> started(fresh, started, failure));
  }

  private void started(
      SimProcess fresh, @Nullable Engine<SimLink> started, @Nullable Throwable failure) {
    if (!fresh.isAlive() || process != fresh) {
      return;
    }
    if (started == null) {
      sim.note(fresh.name() + " does not start: " + failure);
      killEngine(false);
      return;
    }
    engine = started;
    int count = 2 + sim.random().nextInt(4);
    for (int i = 0; i < count; i++) {
      SimClient client =
          new SimClient(
              sim,
              fresh,
              started,
              ledger,
              "e" + processes + "c" + i,
              5 + sim.random().nextInt(12),
              padding);
      clients.add(client);
      client.start();
    }
  }

  // ---- the run

  private Result run() {
    Thread thread = Thread.currentThread();
    var before = thread.getUncaughtExceptionHandler();
    thread.setUncaughtExceptionHandler(
        (t, e) -> {
          if (!(e instanceof SimDisk.CrashedException)) {
            sim.violation("uncaught " + e + " at " + Simulation.where(e));
          }
        });
    try {
      startEngine();
      faults.start();
      runUntil(() -> faults.areOver(), Duration.ofSeconds(600), "the faults do not end");
      // A crash that nobody has seen yet must be found by the probes first.
      restFrom = sim.nanos() + SETTLING.toNanos();
      runUntil(this::isAtRest, REST_DEADLINE, "no rest");
      check();
    } finally {
      thread.setUncaughtExceptionHandler(before);
    }
    return new Result(
        seed,
        sim.violations(),
        sim.trace(),
        sim.hash(),
        sim.tasks(),
        ledger.count(Ledger.Answer.COMMITTED),
        ledger.count(Ledger.Answer.ROLLED_BACK),
        ledger.count(Ledger.Answer.UNKNOWN),
        ledger.reads(),
        faults.count());
  }

  private void runUntil(
      java.util.function.BooleanSupplier condition, Duration limit, String otherwise) {
    long deadline = sim.nanos() + limit.toNanos();
    while (sim.violations().isEmpty() && !condition.getAsBoolean()) {
      if (sim.nanos() > deadline || !sim.step()) {
        sim.violation(otherwise + " within " + limit + ": " + situation());
      }
      SimProcess running = process;
      if (disk.isCrashed() && running != null) {
        killEngine(true);
      }
    }
  }

  private long lastLook;
  private long restFrom;

  private boolean isAtRest() {
    if (sim.nanos() < restFrom || sim.nanos() - lastLook < 50_000_000) {
      return false;
    }
    lastLook = sim.nanos();
    Engine<SimLink> running = engine;
    if (running == null
        || running.cluster().term() == null
        || !clients.stream().allMatch(SimClient::isFinished)) {
      return false;
    }
    Position head = running.log().durableHead();
    return running.cluster().members().stream()
        .allMatch(m -> m.state() == BackendState.ONLINE && !head.isAfter(m.applied().position()));
  }

  private String situation() {
    StringBuilder text = new StringBuilder();
    Engine<SimLink> running = engine;
    if (running == null) {
      text.append("no engine");
    } else {
      text.append("term ").append(running.cluster().term() != null);
      running
          .cluster()
          .members()
          .forEach(
              m ->
                  text.append(", ")
                      .append(m.id())
                      .append(' ')
                      .append(m.state())
                      .append(' ')
                      .append(m.note())
                      .append(' ')
                      .append(m.applied().position()));
      text.append(", head ").append(running.log().durableHead());
    }
    clients.stream()
        .filter(c -> !c.isFinished())
        .forEach(c -> text.append(", ").append(c.waiting()));
    return text.toString();
  }

  private void check() {
    AuditedLog end = log;
    if (!sim.violations().isEmpty() || end == null) {
      return;
    }
    var audit = end.audit().toCompletableFuture();
    runUntil(audit::isDone, Duration.ofSeconds(10), "the log cannot be read");
    Map<String, Object> expected = ledger.check(initial);
    for (SimBackend backend : backends) {
      Map<String, Object> found = backend.userRows();
      if (!found.equals(expected)) {
        sim.violation(backend.id() + " differs from the log: " + difference(expected, found));
      }
      if (!backend.prepared().isEmpty()) {
        sim.violation(backend.id() + " has prepared transactions left: " + backend.prepared());
      }
    }
  }

  private static String difference(Map<String, Object> expected, Map<String, Object> found) {
    Map<String, String> different = new TreeMap<>();
    expected.forEach(
        (k, v) -> {
          if (!v.equals(found.get(k))) {
            different.put(k, v + " is " + found.get(k));
          }
        });
    found.forEach(
        (k, v) -> {
          if (!expected.containsKey(k)) {
            different.put(k, "should not be");
          }
        });
    return different.toString();
  }
}
