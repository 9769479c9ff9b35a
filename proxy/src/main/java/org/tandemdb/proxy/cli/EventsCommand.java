package org.tandemdb.proxy.cli;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tandemdb.proxy.cli.ProxyReport.Database;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tandem events}. */
@Command(
    name = "events",
    description = "Shows what has happened to the copies: changes of state, failovers, recoveries.")
final class EventsCommand extends LookCommand {
  @Option(
      names = {"-f", "--follow"},
      description = "Goes on with what happens from now on, until it is interrupted.")
  private boolean follow;

  /** Of each database, what was shown last. */
  private final Map<String, Map<String, @Nullable String>> last = new HashMap<>();

  @Override
  public Integer call() {
    int status = look();
    while (follow && pause()) {
      status = look();
    }
    return status;
  }

  private int look() {
    String json = port().get("events");
    ProxyReport report = ProxyReport.parse(json);
    if (isJson()) {
      // With --follow, too: each document is the whole of what the proxy keeps.
      out().println(json.strip());
    } else {
      report.databases().forEach(this::more);
    }
    out().flush();
    return status(report.health());
  }

  /** What came after the row that was shown last; all of them if that is not kept any more. */
  private void more(Database database) {
    List<Map<String, @Nullable String>> rows = database.rows();
    for (Map<String, @Nullable String> row :
        rows.subList(rows.lastIndexOf(last.get(database.name())) + 1, rows.size())) {
      out()
          .println(
              row.get("at")
                  + "  "
                  + database.name()
                  + "  "
                  + row.get("subject")
                  + "  "
                  + row.get("event"));
      last.put(database.name(), row);
    }
  }
}
