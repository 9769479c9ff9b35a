package org.tandemdb.sim;

import java.time.Duration;
import java.util.List;

/** What goes wrong, and when, as the seed says; each kind is left out of some schedules. */
final class Faults {
  private static final Duration LENGTH = Duration.ofSeconds(6);

  private final Simulation sim;
  private final Schedule schedule;
  private final int meanMillis;
  private final int kinds;
  private long count;
  private boolean over;

  Faults(Simulation sim, Schedule schedule) {
    this.sim = sim;
    this.schedule = schedule;
    this.meanMillis = List.of(60, 200, 600, 1500, 100_000).get(sim.random().nextInt(5));
    int some = sim.random().nextInt(1 << 10);
    int others = sim.random().nextInt(1 << 10);
    this.kinds = some | others;
  }

  void start() {
    sim.after(LENGTH, null, this::heal);
    later();
  }

  boolean areOver() {
    return over;
  }

  long count() {
    return count;
  }

  private void later() {
    sim.after(
        Duration.ofNanos(sim.random().nextLong(2L * meanMillis * 1_000_000)),
        null,
        () -> {
          if (!over) {
            strike();
            later();
          }
        });
  }

  private <T> T any(List<T> list) {
    return list.get(sim.random().nextInt(list.size()));
  }

  private void strike() {
    int kind = sim.random().nextInt(10);
    if ((kinds & 1 << kind) == 0) {
      return;
    }
    count++;
    SimProcess process = schedule.process();
    switch (kind) {
      case 0 -> crashBackend(sim.between(Duration.ofMillis(100), Duration.ofSeconds(4)));
      case 1 -> crashBackend(Duration.ofNanos(1));
      case 2, 3 -> stopServerProcess();
      case 4, 5 -> breakConnection(process);
      case 6 -> cutNetwork(process);
      case 7 -> harmDisk();
      case 8, 9 -> {
        if (sim.oneIn(3)) {
          schedule.loseEngine();
        }
      }
      default -> throw new IllegalStateException("kind " + kind);
    }
  }

  private void crashBackend(Duration down) {
    SimBackend backend = any(schedule.backends());
    if (backend.isUp()) {
      backend.crash();
      sim.after(down, null, backend::restart);
    }
  }

  private void stopServerProcess() {
    List<SimServerProcess> running = any(schedule.backends()).processes();
    if (!running.isEmpty()) {
      SimServerProcess process = any(running);
      sim.note(process.backend().id() + "/" + process.pid() + " is stopped");
      process.stop();
      sim.after(
          sim.between(Duration.ofMillis(1), Duration.ofSeconds(sim.oneIn(5) ? 8 : 1)),
          null,
          process::wake);
    }
  }

  private void breakConnection(@org.jspecify.annotations.Nullable SimProcess process) {
    if (process != null && !process.connections().isEmpty()) {
      any(process.connections()).breakNow();
    }
  }

  private void cutNetwork(@org.jspecify.annotations.Nullable SimProcess process) {
    if (process != null) {
      SimBackend backend = any(schedule.backends());
      sim.note("no network between " + process.name() + " and " + backend.id());
      schedule
          .network()
          .cut(
              process,
              backend.id(),
              sim.between(Duration.ofMillis(20), Duration.ofSeconds(sim.oneIn(3) ? 6 : 1)));
    }
  }

  void harmDisk() {
    SimDisk disk = schedule.disk();
    switch (sim.random().nextInt(5)) {
      case 0 -> {
        sim.note("syncs fail");
        disk.failSyncs(1 + sim.random().nextInt(2));
      }
      case 1 -> {
        sim.note("writes fail");
        disk.failWrites(1 + sim.random().nextInt(2));
      }
      case 2 -> {
        sim.note("directory syncs fail");
        disk.failDirectorySyncs(1);
      }
      case 3 -> {
        sim.note("the disk is full");
        disk.capacity(70_000);
        sim.after(
            sim.between(Duration.ofMillis(50), Duration.ofSeconds(2)),
            null,
            () -> disk.capacity(Long.MAX_VALUE));
      }
      default -> {
        sim.note("power will be lost within some operations");
        disk.crashAfter(1 + sim.random().nextInt(30));
      }
    }
  }

  /** Nothing new goes wrong, and what is wrong is put right. */
  private void heal() {
    sim.note("healing");
    over = true;
    sim.hazards().end();
    schedule.network().mend();
    schedule.backends().forEach(b -> b.processes().forEach(SimServerProcess::wake));
    SimDisk disk = schedule.disk();
    disk.capacity(Long.MAX_VALUE);
    disk.failSyncs(0);
    disk.failWrites(0);
    disk.failDirectorySyncs(0);
    disk.crashAfter(Long.MAX_VALUE / 2);
  }
}
