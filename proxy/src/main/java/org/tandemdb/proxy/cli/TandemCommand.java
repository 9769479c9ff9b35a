package org.tandemdb.proxy.cli;

import java.io.PrintWriter;
import org.tandemdb.error.TandemException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code tandem COMMAND}. */
@Command(
    name = "tandem",
    description = "Keeps SQL databases identical and makes them look like one.",
    mixinStandardHelpOptions = true,
    subcommands = {
      ServeCommand.class,
      StatusCommand.class,
      LagCommand.class,
      EventsCommand.class,
      ExplainCommand.class
    },
    synopsisSubcommandLabel = "COMMAND")
public final class TandemCommand {

  private TandemCommand() {}

  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  /** With an error's text instead of its stack: what there is to say stands in it. */
  static CommandLine commandLine() {
    return new CommandLine(new TandemCommand())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(
            (failure, command, parsed) -> {
              if (!(failure instanceof TandemException)
                  && !(failure instanceof AdminPort.Unanswered)) {
                throw failure;
              }
              PrintWriter err = command.getErr();
              err.println("tandem: " + failure.getMessage());
              err.flush();
              return command.getCommandSpec().exitCodeOnExecutionException();
            });
  }
}
