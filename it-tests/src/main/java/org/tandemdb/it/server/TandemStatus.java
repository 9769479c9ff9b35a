package org.tandemdb.it.server;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** What {@code SHOW TANDEM STATUS}, {@code LAG} and {@code EVENTS} say now. */
public record TandemStatus(List<Backend> backends, List<Event> events) {

  /**
   * One row of STATUS, joined with its row of LAG. Texts as they come; unknown is "?".
   *
   * @param lagEntries empty if unknown
   */
  public record Backend(
      String name,
      String role,
      String state,
      String position,
      Optional<Long> lagEntries,
      String lagSeconds,
      long reads,
      long writes,
      String note) {

    public boolean isPrimary() {
      return role.equals("primary");
    }

    public boolean isOnline() {
      return state.equals("ONLINE");
    }

    public boolean hasEverything() {
      return isOnline() && lagEntries.filter(entries -> entries == 0).isPresent();
    }
  }

  public record Event(String at, String subject, String text) {}

  private static final String UNKNOWN = "?";
  private static final long POLL_NANOS = Duration.ofMillis(1).toNanos();
  private static final int EVENTS_SHOWN = 30;

  /** Asks through {@code connection}, one of the driver's. */
  public static TandemStatus read(Connection connection) throws SQLException {
    Map<String, Map<String, String>> lag = new HashMap<>();
    for (Map<String, String> row : rows(connection, "SHOW TANDEM LAG")) {
      lag.put(text(row, "backend"), row);
    }
    List<Backend> backends = new ArrayList<>();
    for (Map<String, String> row : rows(connection, "SHOW TANDEM STATUS")) {
      Map<String, String> behind = lag.getOrDefault(text(row, "backend"), Map.of());
      String entries = text(behind, "lag_entries");
      backends.add(
          new Backend(
              text(row, "backend"),
              text(row, "role"),
              text(row, "state"),
              text(row, "position"),
              entries.equals(UNKNOWN) ? Optional.empty() : Optional.of(Long.valueOf(entries)),
              text(behind, "lag_seconds"),
              Long.parseLong(text(row, "reads")),
              Long.parseLong(text(row, "writes")),
              text(row, "note")));
    }
    List<Event> events = new ArrayList<>();
    for (Map<String, String> row : rows(connection, "SHOW TANDEM EVENTS")) {
      events.add(new Event(text(row, "at"), text(row, "subject"), text(row, "event")));
    }
    return new TandemStatus(List.copyOf(backends), List.copyOf(events));
  }

  /**
   * Waits until every backend is in service and holds everything.
   *
   * @throws IllegalStateException with the status and the last events, if that takes too long
   */
  public static void awaitEverything(Connection connection, Duration limit) throws SQLException {
    long deadline = System.nanoTime() + limit.toNanos();
    TandemStatus status = read(connection);
    while (!status.backends().stream().allMatch(Backend::hasEverything)) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "not everywhere: " + status.backends() + "\n" + status.lastEvents(EVENTS_SHOWN));
      }
      LockSupport.parkNanos(POLL_NANOS);
      status = read(connection);
    }
  }

  private static String text(Map<String, String> row, String column) {
    return row.getOrDefault(column, UNKNOWN);
  }

  private static List<Map<String, String>> rows(Connection connection, String sql)
      throws SQLException {
    List<Map<String, String>> rows = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      int columns = result.getMetaData().getColumnCount();
      while (result.next()) {
        Map<String, String> row = new HashMap<>();
        for (int i = 1; i <= columns; i++) {
          String value = result.getString(i);
          if (value != null) {
            row.put(result.getMetaData().getColumnLabel(i), value);
          }
        }
        rows.add(row);
      }
    }
    return rows;
  }

  /** The primary's name; empty while there is none in office. */
  public Optional<String> primary() {
    return backends.stream().filter(Backend::isPrimary).map(Backend::name).findFirst();
  }

  /**
   * The events without those that only repeat one of the last two of the same subject, as attempts
   * to reach a server that is down do.
   */
  public List<Event> distinctEvents() {
    List<Event> distinct = new ArrayList<>();
    Map<String, List<String>> lastTwo = new HashMap<>();
    for (Event event : events) {
      List<String> last = lastTwo.computeIfAbsent(event.subject(), subject -> new ArrayList<>());
      if (last.remove(event.text())) {
        last.add(event.text());
        continue;
      }
      last.add(event.text());
      if (last.size() > 2) {
        last.remove(0);
      }
      distinct.add(event);
    }
    return distinct;
  }

  /** The last {@code count} of them, oldest first. */
  public List<Event> lastEvents(int count) {
    List<Event> distinct = distinctEvents();
    return distinct.subList(Math.max(0, distinct.size() - count), distinct.size());
  }
}
