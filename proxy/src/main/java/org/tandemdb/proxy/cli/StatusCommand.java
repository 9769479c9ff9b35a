package org.tandemdb.proxy.cli;

import picocli.CommandLine.Command;

/** {@code tandem status}. */
@Command(
    name = "status",
    description = "Shows the copies that a running proxy keeps, and how each of them is.")
final class StatusCommand extends LookCommand {
  @Override
  public Integer call() {
    return show("status");
  }
}
