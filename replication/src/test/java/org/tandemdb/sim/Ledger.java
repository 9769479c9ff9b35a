package org.tandemdb.sim;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;

/** What clients were told, what readers saw, and what the log holds: the three must agree. */
final class Ledger {

  /** What a client knows of one transaction. */
  enum Answer {
    /** No answer: its process died, or the time-out said so. */
    UNKNOWN,
    COMMITTED,
    ROLLED_BACK
  }

  /** One transaction as its client made it. */
  static final class Written {
    final String name;
    final List<String> statements = new ArrayList<>();

    /** What each of them returned on the primary. */
    final List<Long> values = new ArrayList<>();

    Answer answer = Answer.UNKNOWN;

    Written(String name) {
      this.name = name;
    }
  }

  private final Simulation sim;
  private final Map<String, Written> written = new LinkedHashMap<>();
  private final TreeMap<Position, Entry> entries = new TreeMap<>();
  private final Set<String> acknowledged = new TreeSet<>();
  private final Set<String> seen = new LinkedHashSet<>();
  private int reads;

  Ledger(Simulation sim) {
    this.sim = sim;
  }

  Position head() {
    return entries.isEmpty() ? Position.NONE : entries.lastKey();
  }

  void add(Entry entry) {
    Entry before = entries.putIfAbsent(entry.position(), entry);
    if (before != null && !before.equals(entry)) {
      sim.violation("position " + entry.position() + " has held two entries");
    }
  }

  Written begin(String name) {
    Written transaction = new Written(name);
    written.put(name, transaction);
    return transaction;
  }

  void answered(Written transaction, Answer answer) {
    transaction.answer = answer;
    sim.note(transaction.name + " " + answer);
    if (answer == Answer.COMMITTED) {
      for (String statement : transaction.statements) {
        if (statement.startsWith("tok ")) {
          acknowledged.add(Statements.TOKENS + statement.substring(4));
        }
      }
    }
  }

  /** The tokens that every strong read which begins now must see. */
  Set<String> acknowledged() {
    return Set.copyOf(acknowledged);
  }

  void strongRead(String reader, Set<String> needed, Set<String> found) {
    reads++;
    seen.addAll(found);
    Set<String> missed = new TreeSet<>(needed);
    missed.removeAll(found);
    if (!missed.isEmpty()) {
      sim.violation(reader + ": a strong read missed the acknowledged " + missed);
    }
  }

  long count(Answer answer) {
    return written.values().stream().filter(w -> w.answer == answer).count();
  }

  int reads() {
    return reads;
  }

  // ---- the end

  /** The rows that replaying the log gives; also compares the log with what clients know. */
  Map<String, Object> check(Map<String, Object> initial) {
    TreeMap<String, Object> rows = new TreeMap<>(initial);
    Map<String, Entry> byName = new HashMap<>();
    long lastNumber = 0;
    for (Entry entry : entries.values()) {
      if (entry.position().number() <= lastNumber) {
        sim.violation("number " + entry.position() + " was given twice");
      }
      lastNumber = entry.position().number();
      List<String> statements = new ArrayList<>();
      List<Long> values = new ArrayList<>();
      @Nullable String name = null;
      for (Change change : Statements.changes(entry)) {
        Change.Statement statement = (Change.Statement) change;
        statements.add(statement.sql());
        name = nameOf(statement.sql(), name);
        values.add(replay(entry.position(), statement, rows));
      }
      checkEntry(entry, Objects.requireNonNullElse(name, "nobody"), statements, values, byName);
    }
    for (Written transaction : written.values()) {
      boolean logged = byName.containsKey(transaction.name);
      if (transaction.answer == Answer.COMMITTED && !logged && !transaction.statements.isEmpty()) {
        sim.violation(transaction.name + " was acknowledged and is not in the log");
      }
      if (transaction.answer == Answer.ROLLED_BACK && logged) {
        sim.violation(transaction.name + " was rolled back and is in the log");
      }
    }
    for (String token : seen) {
      if (!rows.containsKey(token)) {
        sim.violation(token + " was read and is gone");
      }
    }
    return rows;
  }

  /** A token is named {@code transaction.number}. */
  private static @Nullable String nameOf(String sql, @Nullable String known) {
    return sql.startsWith("tok ") ? sql.substring(4, sql.indexOf('.')) : known;
  }

  private void checkEntry(
      Entry entry,
      String name,
      List<String> statements,
      List<Long> values,
      Map<String, Entry> byName) {
    Entry twice = byName.put(name, entry);
    if (twice != null) {
      sim.violation(
          name + " is in the log twice: " + twice.position() + " and " + entry.position());
    }
    Written transaction = written.get(name);
    if (transaction == null || !transaction.statements.equals(statements)) {
      sim.violation(
          entry.position()
              + " holds "
              + statements
              + ", its client wrote "
              + (transaction == null ? "nothing" : transaction.statements));
    } else if (!transaction.values.equals(values)) {
      // The log's order must be one in which the database could have run them.
      sim.violation(
          entry.position()
              + " of "
              + name
              + " saw "
              + transaction.values
              + ", in the log's order it is "
              + values
              + ": "
              + statements);
    }
  }

  private long replay(Position position, Change.Statement change, Map<String, Object> rows) {
    List<String> words = Statements.words(change.sql());
    if (words.get(0).equals("all")) {
      long d = Long.parseLong(words.get(1));
      long sum = 0;
      for (Map.Entry<String, Object> row : rows.entrySet()) {
        if (row.getKey().startsWith(Statements.ROWS)) {
          row.setValue(Statements.next((Long) row.getValue(), d));
          sum += (Long) row.getValue();
        }
      }
      return sum;
    }
    String key = (words.get(0).equals("tok") ? Statements.TOKENS : Statements.ROWS) + words.get(1);
    Long before = (Long) rows.get(key);
    boolean inserts = words.get(0).equals("ins") || words.get(0).equals("tok");
    if (inserts != (before == null)) {
      sim.violation("replay: " + position + " " + change.sql() + " does not change one row");
      return 0;
    }
    long value =
        switch (words.get(0)) {
          case "mul" ->
              Statements.next(Objects.requireNonNull(before), Long.parseLong(words.get(2)));
          case "del" -> Objects.requireNonNull(before);
          case "ins" -> Long.parseLong(words.get(2));
          case "tok" -> 1L;
          default -> throw new IllegalArgumentException(change.sql());
        };
    if (words.get(0).equals("del")) {
      rows.remove(key);
    } else {
      rows.put(key, value);
    }
    return value;
  }
}
