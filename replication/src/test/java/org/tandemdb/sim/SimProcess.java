package org.tandemdb.sim;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A process with an engine: it can be killed, and stopped and woken. */
final class SimProcess {
  private final Simulation sim;
  private final String name;
  private final List<Runnable> parked = new ArrayList<>();
  private final List<SimConnection> connections = new ArrayList<>();
  private boolean alive = true;
  private boolean stopped;

  SimProcess(Simulation sim, String name) {
    this.sim = sim;
    this.name = name;
  }

  String name() {
    return name;
  }

  boolean isAlive() {
    return alive;
  }

  boolean isStopped() {
    return stopped;
  }

  /** False for a dead process; a stopped one does it when it wakes. */
  boolean mayRun(Runnable action) {
    if (alive && stopped) {
      parked.add(action);
    }
    return alive && !stopped;
  }

  void opened(SimConnection connection) {
    connections.removeIf(c -> !c.isUsable());
    connections.add(connection);
  }

  List<SimConnection> connections() {
    connections.removeIf(c -> !c.isUsable());
    return List.copyOf(connections);
  }

  /**
   * @param withMachine servers do not hear of it: nobody closes the connections
   */
  void kill(boolean withMachine) {
    alive = false;
    parked.clear();
    connections.forEach(c -> c.clientDied(withMachine));
    connections.clear();
  }

  void stop() {
    stopped = true;
  }

  void wake() {
    stopped = false;
    List<Runnable> waiting = List.copyOf(parked);
    parked.clear();
    for (Runnable action : waiting) {
      sim.after(Duration.ofNanos(sim.random().nextLong(2_000_000)), this, action);
    }
  }
}
