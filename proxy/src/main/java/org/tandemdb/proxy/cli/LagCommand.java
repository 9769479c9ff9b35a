package org.tandemdb.proxy.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tandem lag}. */
@Command(name = "lag", description = "Shows how far each copy is behind the log.")
final class LagCommand extends LookCommand {
  @Option(
      names = {"-w", "--watch"},
      description = "Looks again every second, until it is interrupted.")
  private boolean watch;

  @Override
  public Integer call() {
    int status = show("lag");
    while (watch && pause()) {
      status = show("lag");
    }
    return status;
  }
}
