package org.tandemdb.plan;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.TableName;
import org.tandemdb.entry.TypeRef;

/**
 * What to do with one request. Immutable, and valid for one catalog version: it is made again when
 * the version has changed.
 */
public sealed interface Plan {

  /**
   * Why this plan and no other, in one sentence for {@code SHOW TANDEM PLAN FOR} and error texts.
   */
  String reason();

  /** True if it must run while nobody else has a write on the way. */
  default boolean needsGateAlone() {
    return this instanceof Exclusive
        || (this instanceof Write write && write.form() == Form.EXCLUSIVE);
  }

  /**
   * A statement whose whole tree is proven free of side effects: any healthy backend may run it.
   *
   * @param hint where the text itself asks to be read
   */
  record Read(String reason, Optional<ReadHint> hint) implements Plan {
    public Read(String reason) {
      this(reason, Optional.empty());
    }
  }

  /**
   * A read that takes row locks (SELECT ... FOR UPDATE or SHARE): runs on the primary inside a
   * read-write transaction, records nothing.
   *
   * @param guard takes transaction-level advisory locks and touches no table: others are to wait
   *     for this transaction, which therefore must not make them wait at the gate
   * @param timeless what it reads belongs to no snapshot (sequences): a READ ONLY transaction that
   *     reads from another server may ask the primary beside it
   */
  record PrimaryRead(String reason, boolean guard, boolean timeless) implements Plan {
    public PrimaryRead(String reason) {
      this(reason, false, false);
    }

    public PrimaryRead(String reason, boolean guard) {
      this(reason, guard, false);
    }
  }

  /**
   * A write of rows on the primary.
   *
   * @param sqlForPrimary the client's text, with hidden RETURNING columns spliced in where capture
   *     needs them; same parameters, same marker style as the request
   * @param template how the log's copy is made from what was executed
   * @param sequences sequences this statement may have advanced
   * @param row the row of an INSERT of one row of VALUES, if all parameters are in it: the
   *     statement for several such rows is this one with the row repeated
   * @param readBack how the captured rows are got where the statement's own result does not hold
   *     them
   */
  record Write(
      String reason,
      Form form,
      TableName table,
      String sqlForPrimary,
      CaptureSpec capture,
      Template template,
      List<SequenceUse> sequences,
      Optional<Span> row,
      Optional<ReadBack> readBack)
      implements Plan {
    public Write(
        String reason,
        Form form,
        TableName table,
        String sqlForPrimary,
        CaptureSpec capture,
        Template template,
        List<SequenceUse> sequences,
        Optional<Span> row) {
      this(reason, form, table, sqlForPrimary, capture, template, sequences, row, Optional.empty());
    }

    public Write(
        String reason,
        Form form,
        TableName table,
        String sqlForPrimary,
        CaptureSpec capture,
        Template template,
        List<SequenceUse> sequences) {
      this(reason, form, table, sqlForPrimary, capture, template, sequences, Optional.empty());
    }
  }

  /**
   * Queries that give the rows of a COPY, which itself says how many there are and no more. It runs
   * in a savepoint of its own, since rows are told from all others by the number of the
   * subtransaction that wrote them.
   *
   * @param table quoted, with its schema
   * @param columns what is captured, as it stands in a select list
   */
  record ReadBack(String table, String columns) {

    /** Of a larger table too much would have to be read: such a COPY is better traced. */
    public static final long MOST_PAGES = 1 << 16;

    /**
     * The number of the newest subtransaction that has written something; text of digits. Of the
     * locks on numbers that this session holds, each (sub)transaction has its own.
     */
    public static final String NUMBER =
        "SELECT l.transactionid FROM pg_catalog.pg_locks l"
            + " WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'transactionid'"
            + " AND l.mode = 'ExclusiveLock' AND l.granted"
            + " ORDER BY pg_catalog.age(l.transactionid) LIMIT 1";

    /** To be asked before: how many pages the table has, and whether the user may read it. */
    public String before() {
      String literal = "'" + table.replace("'", "''") + "'";
      return "SELECT pg_catalog.pg_relation_size("
          + literal
          + ") / pg_catalog.current_setting('block_size')::pg_catalog.int4,"
          + " pg_catalog.has_table_privilege("
          + literal
          + ", 'SELECT')";
    }

    /**
     * The rows that subtransaction {@code number} wrote at the end of the table, where most are.
     *
     * @param page the first page that is looked at
     */
    public String tail(String number, long page) {
      return rows(number) + " AND ctid >= '(" + page + ",0)'::pg_catalog.tid";
    }

    /** Those that found room before {@code page}. */
    public String head(String number, long page) {
      return rows(number) + " AND ctid < '(" + page + ",0)'::pg_catalog.tid";
    }

    private String rows(String number) {
      return "SELECT "
          + columns
          + " FROM ONLY "
          + table
          + " WHERE xmin = '"
          + Long.parseLong(number)
          + "'::pg_catalog.xid";
    }
  }

  /** A part of a text: from one character up to another, which is not in it. */
  record Span(int from, int to) {}

  /**
   * Whatever may write inside the database, or is not understood: the primary runs the client's
   * text as it is while triggers note which rows are touched (TRACED); at COMMIT the rows that
   * those keys have then are logged, and nothing if nothing was written. Needs {@code
   * EngineSession.trace} before it runs.
   *
   * @param untraced tables that it writes by name and that have no triggers yet
   */
  record Traced(String reason, List<TableName> untraced) implements Plan {
    public Traced(String reason) {
      this(reason, List.of());
    }
  }

  /**
   * DDL and the like: holds the gate alone, logged as it is written.
   *
   * @param logged what other copies run
   * @param fill what they cannot make by themselves
   * @param rewritten what the primary runs instead of the client's text
   */
  record Exclusive(String reason, String logged, Fill fill, Optional<String> rewritten)
      implements Plan {
    public Exclusive(String reason, String logged) {
      this(reason, logged, new Fill.None(), Optional.empty());
    }
  }

  /** What DDL evaluates on the primary alone. */
  sealed interface Fill {
    /** Nothing: every copy does the same. */
    record None() implements Fill {}

    /**
     * All rows of a table, and of those below it, are logged as they are afterwards.
     *
     * @param schema empty: where the session creates tables
     * @param wasThere the rows were there before: other copies delete them first, so that the
     *     statement evaluates nothing there
     * @param columns if not empty: rows are logged only if the type of one of these has a default
     * @param notIn nothing if the session creates tables in this schema, where one of that name was
     */
    record Rows(
        Optional<String> schema,
        String table,
        boolean wasThere,
        List<String> columns,
        Optional<String> notIn)
        implements Fill {}

    /**
     * All rows have the same values in some columns: other copies run the statement with these as
     * defaults, which takes no more room and time than on the primary, and get the defaults then.
     *
     * @param holes where the defaults stand in the logged text, in order
     * @param defaults the statement that puts them back
     */
    record Values(TableName table, List<Hole> holes, String defaults) implements Fill {

      /** The logged text with these values instead of the defaults. */
      public String filled(String logged, List<@Nullable String> values) {
        StringBuilder out = new StringBuilder();
        int from = 0;
        for (int i = 0; i < holes.size(); i++) {
          Hole hole = holes.get(i);
          String value = values.get(i);
          out.append(logged, from, hole.from()).append("CAST(");
          out.append(value == null ? "NULL" : "'" + value.replace("'", "''") + "'");
          out.append(" AS ").append(hole.type()).append(')');
          from = hole.to();
        }
        return out.append(logged, from, logged.length()).toString();
      }
    }
  }

  /** A column's default in a text, from one character up to another, and the column's type. */
  record Hole(String column, int from, int to, String type) {}

  /**
   * Commits on its own (CREATE INDEX CONCURRENTLY): the primary runs it outside of a transaction,
   * with a note in its own database by which whatever an interruption leaves is taken back; then an
   * entry has the other copies do the same in a transaction.
   *
   * @param statement the client's own
   * @param logged what the others run
   * @param index what is made
   */
  record Task(String reason, String statement, String logged, TableName index) implements Plan {}

  /** Concerns this session alone; runs on its link, logs nothing. */
  record Local(String reason, Effect effect) implements Plan {}

  /**
   * Cannot be made equal on every copy: SQLState 0A000 unless said otherwise.
   *
   * @param part of a text of several statements, the one that is refused
   */
  record Refused(String reason, String remedy, String sqlState, Optional<Part> part)
      implements Plan {
    public Refused(String reason, String remedy, String sqlState) {
      this(reason, remedy, sqlState, Optional.empty());
    }

    Refused of(Part refused) {
      return new Refused(reason, remedy, sqlState, Optional.of(refused));
    }
  }

  /**
   * One statement of several.
   *
   * @param alone means the same without those before it, which change rows at most
   */
  record Part(String sql, boolean alone) {}

  /**
   * A batch of statements, in order. What follows an {@link Exclusive}, a temporary table or a
   * setting was planned against a schema that this one changes, or another search path: it must be
   * planned again when its turn comes, and may be {@link Refused} until then. Refused anywhere else
   * makes the whole batch refused.
   */
  record Steps(String reason, List<Step> steps) implements Plan {}

  /** One statement of a batch with the text it stands for. */
  record Step(String sql, Plan plan) {}

  /** What a LOCAL statement does to the session, so that the engine can follow. */
  sealed interface Effect {
    record None() implements Effect {}

    /** Nothing is run, and the client is told that it is done. */
    record Absorbed(String tag) implements Effect {}

    /**
     * LISTEN: the front end hands out what is notified.
     *
     * @param channel as the server names it
     */
    record Listen(String channel) implements Effect {}

    /** UNLISTEN of one channel, or all. */
    record Unlisten(Optional<String> channel) implements Effect {}

    /** What is empty is as the session has it. */
    record Begin(Optional<String> isolation, Optional<Boolean> readOnly) implements Effect {}

    /** SET TRANSACTION: holds for the open transaction, and must come before its first query. */
    record TransactionMode(Optional<String> isolation, Optional<Boolean> readOnly)
        implements Effect {}

    /** SET SESSION CHARACTERISTICS: modes of the transactions that begin from now on. */
    record Characteristics(Optional<String> isolation, Optional<Boolean> readOnly)
        implements Effect {}

    /** {@code chain}: the next transaction begins at once, with the same modes. */
    record Commit(boolean chain) implements Effect {
      public Commit() {
        this(false);
      }
    }

    /** See {@link Commit}. */
    record Rollback(boolean chain) implements Effect {
      public Rollback() {
        this(false);
      }
    }

    record Savepoint(String name) implements Effect {}

    record RollbackTo(String name) implements Effect {}

    record Release(String name) implements Effect {}

    /** SET or RESET of an allow-listed setting; {@code local} for SET LOCAL. */
    record Setting(String name, boolean local) implements Effect {}

    /**
     * SET or RESET of {@code tandem.consistency}, which no server knows: the level of the session's
     * reads from now on.
     *
     * @param level as it is written, in lower case; empty for the cluster's own
     */
    record Consistency(Optional<String> level) implements Effect {}

    /** SHOW of {@code tandem.consistency}. */
    record ShowConsistency() implements Effect {}

    /** SHOW of {@code tandem.transaction_token}. */
    record ShowToken() implements Effect {}

    /**
     * SET or RESET of {@code tandem.report_session}: a proxy's client is told, without asking, of
     * each token before the transaction that has it, and of what would be lost with the proxy.
     */
    record ReportSession(boolean on) implements Effect {}

    /**
     * Makes or changes a temporary relation of the session, which lives on one link: the session is
     * bound to that link from then on.
     */
    record Temporary() implements Effect {}

    /** SET CONSTRAINTS ... DEFERRED: until COMMIT, on every copy. */
    record Deferred() implements Effect {}

    /** Takes or gives back advisory locks of the session, which live on its link to the primary. */
    record SessionLock() implements Effect {}

    /** RESET ALL: each setting that the session has SET. */
    record ResetAll() implements Effect {}

    /** DISCARD of something that the session has. */
    record Discard(What what) implements Effect {
      /** What there is to discard. */
      public enum What {
        ALL,
        PLANS,
        SEQUENCES,
        TEMP
      }
    }

    /** PREPARE: the session keeps the text by its name. */
    record Prepare(PreparedText statement) implements Effect {}

    /**
     * EXECUTE: to be planned again as the statement of that name, with the arguments in it.
     *
     * @param arguments as they are written
     * @param constant the arguments are literals; else they are evaluated first, once
     * @param before what stands before EXECUTE: EXPLAIN, CREATE TABLE AS, or nothing
     * @param after what stands behind it
     */
    record Execute(
        String name, List<String> arguments, boolean constant, String before, String after)
        implements Effect {}

    /** DEALLOCATE; empty for ALL. */
    record Deallocate(Optional<String> name) implements Effect {}

    /**
     * Declares a cursor that outlives its transaction: COMMIT runs its query, so that transaction
     * must not be in the log by then.
     */
    record Hold() implements Effect {}

    /**
     * Runs on every backend in service (VACUUM), outside of a transaction.
     *
     * @param inBlock in a transaction it may run, too: on its link alone
     */
    record Maintenance(boolean inBlock) implements Effect {}

    /**
     * SHOW TANDEM STATUS, LAG, EVENTS, SESSIONS, CONFIG, PLAN FOR, OUTCOME; answered by the engine,
     * not by a backend.
     */
    record ShowTandem(String topic, String argument) implements Effect {}
  }

  /**
   * What comes back from the primary beyond what the client asked for.
   *
   * @param clientColumns result columns that are the client's own; 0: it asked for none, -1: those
   *     that the result has beyond the hidden ones, which stand last
   * @param hidden the columns appended after them, text under pinned settings
   * @param apart rows are either the client's, with NULL in the first hidden column, or captured
   *     ones that the client does not see
   * @param counted the value of the first hidden column in rows that the command's count counts;
   *     empty where it counts all, or where the client sees rows
   */
  record CaptureSpec(
      int clientColumns, List<Change.Column> hidden, boolean apart, Optional<String> counted) {
    public static final CaptureSpec NONE = new CaptureSpec(0, List.of());

    public CaptureSpec(int clientColumns, List<Change.Column> hidden) {
      this(clientColumns, hidden, false, Optional.empty());
    }

    public boolean isCapturing() {
      return !hidden.isEmpty();
    }
  }

  /** How the logged change is made. */
  sealed interface Template {

    /** An INSERT of exactly one row: nothing else may come of it than that row or an error. */
    boolean insertsOneRow();

    /** The logged text with {@code $1..$n}; slot i gives parameter i+1. */
    record Verbatim(String sql, List<Slot> slots, boolean insertsOneRow) implements Template {
      public Verbatim(String sql, List<Slot> slots) {
        this(sql, slots, false);
      }
    }

    /**
     * A {@link Change.Rows} from the hidden columns: key columns first, then columns. Rows must be
     * inserted with OVERRIDING SYSTEM VALUE, since identity columns are among them.
     */
    record Rows(
        Change.Kind kind,
        List<Change.Column> keyColumns,
        List<Change.Column> columns,
        boolean insertsOneRow)
        implements Template {
      public Rows(Change.Kind kind, List<Change.Column> keyColumns, List<Change.Column> columns) {
        this(kind, keyColumns, columns, false);
      }
    }

    /**
     * Changes of several kinds or tables, in the order in which their rows come: the first hidden
     * column says of each row which part it is of.
     */
    record Tagged(Map<String, Part> parts) implements Template {
      @Override
      public boolean insertsOneRow() {
        return false;
      }

      /**
       * @param hidden where the values stand among the hidden columns: those of the key columns
       *     first, then those of the columns
       */
      public record Part(
          TableName table,
          Change.Kind kind,
          List<Change.Column> keyColumns,
          List<Change.Column> columns,
          List<Integer> hidden) {}
    }
  }

  /** Where a logged parameter's value comes from. */
  sealed interface Slot {
    /** The client's parameter, zero-based. */
    record Parameter(int index) implements Slot {}

    /** The transaction's clock as the primary has it ({@code now()}), read once, as timestamptz. */
    record Clock(TypeRef type) implements Slot {}
  }

  /**
   * A sequence by its resolved name, and the hidden column (index) that shows the value used.
   *
   * @param drawn the value is certainly the sequence's last one in this session: neither the
   *     client's own, nor an older row's
   */
  record SequenceUse(TableName sequence, int hiddenColumn, boolean ascending, boolean drawn) {}
}
