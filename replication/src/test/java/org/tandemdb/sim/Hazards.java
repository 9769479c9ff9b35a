package org.tandemdb.sim;

import java.time.Duration;

/**
 * Failures at the moments that matter: while a marker or COMMIT is on its way, right after an
 * append, in the middle of raising a watermark. Blind faults seldom meet these.
 */
final class Hazards {
  private final Simulation sim;
  private final Schedule schedule;

  /** One in so many; 0 for never. */
  private final int rate;

  private boolean over;

  Hazards(Simulation sim, Schedule schedule) {
    this.sim = sim;
    this.schedule = schedule;
    this.rate = new int[] {0, 100, 40, 20}[sim.random().nextInt(4)];
  }

  void end() {
    over = true;
  }

  private boolean strikes() {
    return !over && rate > 0 && sim.oneIn(rate);
  }

  private void soon(long maxMicros, Runnable action) {
    sim.after(
        Duration.ofNanos(sim.random().nextLong(maxMicros * 1000)),
        null,
        () -> {
          if (!over) {
            action.run();
          }
        });
  }

  private void stop(SimServerProcess server, Duration longest) {
    sim.note("hazard: " + server.backend().id() + "/" + server.pid() + " is stopped");
    server.stop();
    sim.after(sim.between(Duration.ofMillis(1), longest), null, server::wake);
  }

  private void crash(SimBackend backend) {
    if (backend.isUp()) {
      sim.note("hazard: " + backend.id() + " crashes, and is back at once");
      backend.crash();
      backend.restart();
    }
  }

  /** COMMIT has been sent: it may be carried out before its sender looks, later, or never. */
  void atCommit(SimConnection connection) {
    if (!strikes()) {
      return;
    }
    SimServerProcess server = connection.server();
    switch (sim.random().nextInt(5)) {
      case 0, 1 -> {
        stop(server, Duration.ofSeconds(2));
        soon(1_000, connection::breakNow);
      }
      case 2 -> soon(500, connection::breakNow);
      case 3 -> soon(1_500, () -> crash(server.backend()));
      default ->
          soon(
              600,
              () -> {
                if (schedule.process() == connection.client()) {
                  schedule.loseEngine();
                }
              });
    }
  }

  /** A session may be gone without its client knowing, or be very slow to answer. */
  void atMark(SimConnection connection) {
    if (!strikes()) {
      return;
    }
    SimServerProcess server = connection.server();
    if (sim.oneIn(3)) {
      stop(server, Duration.ofMillis(200));
    } else {
      killUnseen(connection);
    }
  }

  /** A session that is idle in its transaction: its locks go to others, its client goes on. */
  void whileIdle(SimConnection connection) {
    if (!over && rate > 0 && sim.oneIn(rate / 5)) {
      killUnseen(connection);
    }
  }

  private void killUnseen(SimConnection connection) {
    SimServerProcess server = connection.server();
    sim.note("hazard: " + server.backend().id() + "/" + server.pid() + " is killed unseen");
    connection.deafenClient(sim.between(Duration.ofMillis(1), Duration.ofMillis(200)));
    server.end();
  }

  void atWatermark(SimBackend backend) {
    if (strikes()) {
      soon(2_500, () -> crash(backend));
    }
  }

  /** A server whose control call is under way may be slow beyond patience. */
  void atControl(SimConnection connection) {
    if (!over && rate > 0 && sim.oneIn(rate * 4)) {
      if (sim.random().nextBoolean()) {
        stop(connection.server(), Duration.ofSeconds(5));
      } else {
        soon(1_000, connection::breakNow);
      }
    }
  }

  void atApply(SimConnection connection) {
    if (strikes()) {
      soon(3_000, connection::breakNow);
    }
  }

  void atEnter(SimConnection connection) {
    if (strikes()) {
      soon(400, () -> stop(connection.server(), Duration.ofMillis(500)));
    }
  }

  void afterAppend(SimProcess process) {
    if (strikes() && schedule.process() == process) {
      sim.note("hazard: the engine is lost with an append");
      schedule.loseEngine();
    }
  }

  void beforeAppend() {
    if (strikes()) {
      schedule.faults().harmDisk();
    }
  }
}
