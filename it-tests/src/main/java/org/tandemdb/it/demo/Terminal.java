package org.tandemdb.it.demo;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The terminal: single keys and a screen drawn in place where there is one, lines where there is
 * not. What was changed is put back when it is closed. Used by one thread; closing may be done by
 * another.
 */
final class Terminal implements AutoCloseable {
  private static final String HOME_AND_CLEAR = "\033[H\033[J";
  private static final String SHOW_CURSOR = "\033[?25h";
  private static final String HIDE_CURSOR = "\033[?25l";

  private final PrintStream out;
  private final InputStream in;
  private final @Nullable String savedModes;

  private Terminal(PrintStream out, InputStream in, @Nullable String savedModes) {
    this.out = out;
    this.in = in;
    this.savedModes = savedModes;
  }

  static Terminal open(PrintStream out) throws InterruptedException {
    String type = System.getenv("TERM");
    String saved = null;
    if (System.console() != null && type != null && !type.equals("dumb")) {
      saved = stty("-g");
      if (saved != null && stty("-icanon", "-echo", "min", "1") == null) {
        saved = null;
      }
    }
    Terminal terminal = new Terminal(out, System.in, saved);
    if (terminal.isScreen()) {
      out.print(HIDE_CURSOR);
    }
    return terminal;
  }

  /** True if the picture is drawn in place and single keys are read. */
  boolean isScreen() {
    return savedModes != null;
  }

  /** Draws the picture in place of the last one. */
  void draw(String picture) {
    out.print(HOME_AND_CLEAR + picture);
    out.flush();
  }

  /**
   * The keys that were pressed, or the first letters of lines that were entered, since last time.
   */
  String keys() throws IOException {
    StringBuilder keys = new StringBuilder();
    while (in.available() > 0) {
      int key = in.read();
      if (key >= 0) {
        keys.append((char) key);
      }
    }
    return keys.toString();
  }

  /** Runs stty on the terminal; gives what it printed, null if it cannot. */
  private static @Nullable String stty(String... arguments) throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder("sh", "-c", "stty " + String.join(" ", arguments) + " < /dev/tty")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String printed =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return process.waitFor(5, TimeUnit.SECONDS) && process.exitValue() == 0 ? printed : null;
    } catch (IOException noStty) {
      return null;
    }
  }

  @Override
  public void close() {
    if (savedModes == null) {
      return;
    }
    out.print(SHOW_CURSOR);
    out.flush();
    try {
      stty(savedModes);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
