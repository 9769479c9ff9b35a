package org.tandemdb.it.server;

import java.io.IOException;

/** Signals to processes, which Java cannot send by itself. */
public final class Signals {
  private Signals() {}

  /** Sends a signal ({@code STOP}, {@code CONT} ...); a process that is gone is no error. */
  public static void send(long pid, String signal) throws InterruptedException {
    try {
      new ProcessBuilder("kill", "-" + signal, Long.toString(pid))
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException e) {
      throw new IllegalStateException("cannot send signal " + signal, e);
    }
  }
}
