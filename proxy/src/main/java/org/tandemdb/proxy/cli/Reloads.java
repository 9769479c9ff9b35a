package org.tandemdb.proxy.cli;

import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tandemdb.config.ClusterFile;
import org.tandemdb.error.TandemException;
import org.tandemdb.proxy.front.ProxyConfig;
import org.tandemdb.proxy.front.ProxyServer;
import org.tandemdb.proxy.front.Reload;
import sun.misc.Signal;

/**
 * Reads a proxy's file again when the process is told to (SIGHUP), and says what became of it. A
 * file that is wrong changes nothing. Thread-safe: one reload at a time.
 */
final class Reloads {
  private static final Logger LOG = LoggerFactory.getLogger(Reloads.class);

  private final Path file;
  private final ProxyServer server;

  Reloads(Path file, ProxyServer server) {
    this.file = file;
    this.server = server;
  }

  /** From now on, for as long as the process lives. */
  void onHangUp() {
    try {
      Signal.handle(new Signal("HUP"), signal -> reload());
    } catch (IllegalArgumentException e) {
      LOG.warn("SIGHUP does not reload {} here: {}", file, e.getMessage());
    }
  }

  synchronized void reload() {
    ProxyConfig next;
    try {
      next = ProxyConfig.of(ClusterFile.read(file));
    } catch (TandemException e) {
      LOG.error("{} is not reloaded, what was in force stays: {}", file, e.getMessage());
      return;
    }
    try {
      Reload reload = server.reload(next);
      LogOutput.level(reload.inForce().log().level());
      reload.changed().forEach(what -> LOG.info("reloaded: {}", what));
      reload.needsRestart().forEach(what -> LOG.warn("needs a restart: {}", what));
      if (reload.changed().isEmpty() && reload.needsRestart().isEmpty()) {
        LOG.info("reloaded: nothing in {} has changed", file);
      }
    } catch (RuntimeException e) {
      LOG.error("{} is not reloaded", file, e);
    }
  }
}
