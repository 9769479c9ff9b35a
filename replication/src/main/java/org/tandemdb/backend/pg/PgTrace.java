package org.tandemdb.backend.pg;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGStatement;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;
import org.tandemdb.backend.BackendLink.ContentSink;
import org.tandemdb.backend.BackendLink.TraceSink;
import org.tandemdb.backend.UntracedException;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.TableName;
import org.tandemdb.entry.TypeRef;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;

/**
 * Traces what a transaction writes inside the database: see {@code schema-1-tracing.sql}. Owned by
 * its link.
 */
final class PgTrace {
  /** The state of errors that say why a transaction cannot be made equal on every copy. */
  private static final String UNEXPLAINED = "TD005";

  /** The state of an error that lists tables without triggers. */
  private static final String UNSEEN = "TD006";

  private static final int FETCH_ROWS = 1000;

  /** Most characters in one change, unless a row is larger. */
  private static final int PORTION_CHARACTERS = 64 << 10;

  /** How {@code tandem.trace_begin} begins. */
  private static final String COUNTS = "{\"counts\": {";

  private static final Pattern COUNT = Pattern.compile("\"(\\d+)\": \\[(\\d+), (\\d+), (\\d+)\\]");

  /** Lower oids are the system's own. */
  private static final long FIRST_OF_THE_DATABASE = 16_384;

  private static final String ON = "pg_catalog.set_config('tandem.trace', 'on', true)";

  private final Connection connection;
  private final String secret;
  private @Nullable PreparedStatement beginStatement;
  private @Nullable PreparedStatement endStatement;

  PgTrace(Connection connection, String secret) {
    this.connection = connection;
    this.secret = secret;
  }

  /** Switches it on, and says what holds now. */
  String begin() throws SQLException {
    PreparedStatement statement = beginStatement;
    if (statement == null) {
      statement = prepare("SELECT " + ON + ", tandem.trace_begin(tandem.trace_settings())");
      beginStatement = statement;
    }
    try (ResultSet result = statement.executeQuery()) {
      result.next();
      return result.getString(2);
    }
  }

  /** See {@link org.tandemdb.backend.BackendLink#traceExcept}. */
  String except(String begun, String from) throws SQLException {
    Map<Long, long[]> explained = counts(begun);
    Map<Long, long[]> before = counts(from);
    counts(begin())
        .forEach(
            (relation, now) -> {
              if (relation < FIRST_OF_THE_DATABASE) {
                long[] base = explained.computeIfAbsent(relation, none -> new long[3]);
                long[] then = before.getOrDefault(relation, new long[3]);
                for (int i = 0; i < base.length; i++) {
                  base[i] += now[i] - then[i];
                }
              }
            });
    StringJoiner counts = new StringJoiner(", ", COUNTS, "}");
    explained.forEach(
        (relation, count) -> counts.add("\"" + relation + "\": " + Arrays.toString(count)));
    return counts + begun.substring(begun.indexOf('}') + 1);
  }

  /** By relation: rows inserted, updated and deleted. */
  private static Map<Long, long[]> counts(String begun) throws SQLException {
    if (!begun.startsWith(COUNTS)) {
      throw new SQLException("the beginning of a trace is not understood: " + begun, "XX000");
    }
    Map<Long, long[]> counts = new TreeMap<>();
    Matcher each = COUNT.matcher(begun.substring(0, begun.indexOf('}')));
    while (each.find()) {
      long[] count = new long[3];
      for (int i = 0; i < count.length; i++) {
        count[i] = Long.parseLong(each.group(i + 2));
      }
      counts.put(Long.valueOf(each.group(1)), count);
    }
    return counts;
  }

  /** Reads what the transaction has touched, as it is now. */
  void end(String begun, TraceSink sink) throws SQLException {
    PreparedStatement statement = endStatement;
    if (statement == null) {
      statement = prepare("SELECT * FROM tandem.trace_end(?, ?, tandem.trace_settings())");
      statement.setFetchSize(FETCH_ROWS);
      endStatement = statement;
    }
    statement.setString(1, secret);
    statement.setString(2, begun);
    read(statement, sink);
  }

  /** Reads what tables hold: see {@code schema-1-filling.sql}. */
  void contents(
      Optional<String> schema,
      String name,
      List<String> columns,
      Optional<String> notIn,
      ContentSink sink)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT * FROM tandem.contents(?, nullif(coalesce(?, pg_catalog.current_schema()::text),"
                + " ?), ?, ?)")) {
      statement.setFetchSize(FETCH_ROWS);
      statement.setString(1, secret);
      statement.setString(2, schema.orElse(null));
      statement.setString(3, notIn.orElse(null));
      statement.setString(4, name);
      statement.setArray(5, connection.createArrayOf("text", columns.toArray()));
      read(statement, sink);
    }
  }

  /** One row's values of these columns; empty if there is no row. */
  Optional<List<@Nullable String>> commonValues(TableName table, List<String> columns)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT tandem.common_values(?, ?, ?, ?)")) {
      statement.setString(1, secret);
      statement.setString(2, table.schema());
      statement.setString(3, table.name());
      statement.setArray(4, connection.createArrayOf("text", columns.toArray()));
      try (ResultSet result = statement.executeQuery()) {
        result.next();
        Array values = result.getArray(1);
        return values == null ? Optional.empty() : Optional.of(texts(values));
      }
    }
  }

  private static void read(PreparedStatement statement, TraceSink sink) throws SQLException {
    try (ResultSet result = statement.executeQuery()) {
      Table table = null;
      while (result.next()) {
        String kind = result.getString(1);
        switch (kind) {
          case "S" -> sink.sequence(name(result), result.getLong(7), result.getInt(6) > 0);
          case "C" -> ((ContentSink) sink).table(name(result), result.getLong(7));
          case "T" -> {
            if (table != null) {
              table.end(sink);
            }
            table = new Table(result);
          }
          case "D", "R" -> {
            if (table == null) {
              throw new SQLException("rows of no table in a trace", "XX000");
            }
            table.add(kind.equals("D"), texts(result.getArray(8)), sink);
          }
          default -> throw new SQLException("a trace has no rows of kind " + kind, "XX000");
        }
      }
      if (table != null) {
        table.end(sink);
      }
    } catch (PSQLException e) {
      ServerErrorMessage message = e.getServerErrorMessage();
      if (message != null && UNSEEN.equals(e.getSQLState())) {
        throw new UntracedException(String.valueOf(message.getDetail()).lines().toList(), e);
      }
      if (message != null && UNEXPLAINED.equals(e.getSQLState())) {
        throw new TandemException(
            ErrorCode.STATEMENT_REFUSED, message.getMessage() + ". It was rolled back", e);
      }
      throw e;
    }
  }

  /** Gives tables their triggers; the statement that does so elsewhere. */
  String install(List<String> tables) throws SQLException {
    StringBuilder sql = new StringBuilder("SELECT tandem.install_tracing(ARRAY[");
    for (int i = 0; i < tables.size(); i++) {
      sql.append(i == 0 ? "'" : ", '").append(tables.get(i).replace("'", "''")).append('\'');
    }
    sql.append("]::pg_catalog.text[])");
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql.toString())) {
      result.next();
      List<@Nullable String> left = texts(result.getArray(1));
      if (!left.isEmpty()) {
        throw new TandemException(
            ErrorCode.STATEMENT_REFUSED,
            "Tandem's role may not give these tables a trigger, or could not for two seconds: "
                + left);
      }
    }
    return sql.toString();
  }

  private PreparedStatement prepare(String sql) throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    statement.unwrap(PGStatement.class).setPrepareThreshold(1);
    return statement;
  }

  static void schemaChanged(Connection connection, boolean byClient) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("SELECT tandem.schema_changed(" + byClient + ")");
    }
  }

  private static TableName name(ResultSet result) throws SQLException {
    return new TableName(result.getString(2), result.getString(3));
  }

  private static List<@Nullable String> texts(Array array) throws SQLException {
    return Collections.unmodifiableList(Arrays.asList((@Nullable String[]) array.getArray()));
  }

  /** One table's keys and rows on their way, in portions. */
  private static final class Table {
    private final TableName name;
    private final List<Change.Column> keyColumns = new ArrayList<>();
    private final List<Change.Column> columns = new ArrayList<>();
    private final long net;
    private List<Change.Row> keys = new ArrayList<>();
    private List<Change.Row> rows = new ArrayList<>();
    private int characters;
    private boolean parted;

    Table(ResultSet header) throws SQLException {
      name = name(header);
      int keyed = header.getInt(6);
      net = header.getLong(7);
      List<@Nullable String> names = texts(header.getArray(4));
      List<@Nullable String> types = texts(header.getArray(5));
      for (int i = 0; i < names.size(); i++) {
        Change.Column column =
            new Change.Column(
                String.valueOf(names.get(i)), new TypeRef(String.valueOf(types.get(i))));
        (i < keyed ? keyColumns : columns).add(column);
      }
    }

    void add(boolean key, List<@Nullable String> texts, TraceSink sink) {
      (key ? keys : rows).add(new Change.Row(texts));
      for (String text : texts) {
        characters += text == null ? 4 : text.length() + 4;
      }
      if (characters >= PORTION_CHARACTERS) {
        parted = true;
        send(sink);
      }
    }

    void end(TraceSink sink) {
      if (!keys.isEmpty() || !rows.isEmpty()) {
        send(sink);
      }
    }

    private void send(TraceSink sink) {
      // Before this transaction there were so many rows less as it has brought in all.
      long found = keys.isEmpty() ? 0 : parted ? -1 : rows.size() - net;
      sink.rows(new Change.FinalRows(name, keyColumns, columns, keys, rows, found));
      keys = new ArrayList<>();
      rows = new ArrayList<>();
      characters = 0;
    }
  }
}
