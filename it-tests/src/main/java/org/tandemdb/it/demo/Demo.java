package org.tandemdb.it.demo;

/** Runs the demonstration. */
public final class Demo {
  private Demo() {}

  /** Runs the demonstration with the given arguments. */
  public static void main(String[] args) {
    System.err.println("not built yet");
    System.exit(2);
  }
}
