package org.tandemdb.jdbc;

import java.sql.SQLException;
import java.sql.SQLTransactionRollbackException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.BackendLink.BeginSpec;
import org.tandemdb.backend.BackendLink.Isolation;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.backend.Lease;
import org.tandemdb.config.DatabaseText;
import org.tandemdb.plan.Plan;
import org.tandemdb.plan.ReadHint;
import org.tandemdb.session.EngineSession;
import org.tandemdb.session.ReadLevel;

/**
 * What one session is in the midst of: its block, how that was begun, and whether it has failed. No
 * behaviour beyond what the words mean; who changes it, and when, is {@link ClientSession}'s. Owned
 * by the session's thread.
 */
final class SessionState {
  private final EngineSession<JdbcLink> session;

  private boolean autoCommit = true;
  private boolean readOnly;
  private IsolationName isolation = IsolationName.READ_COMMITTED;

  private boolean block;
  private boolean explicitBlock;
  private boolean implicitBlock;

  /** The block's modes are those of the one before. */
  private boolean chained;

  private BeginSpec spec = BeginSpec.READ_WRITE;

  /** The level of {@link #spec}. */
  private IsolationName specName = IsolationName.READ_COMMITTED;

  /** The lease of a READ ONLY block. */
  @Nullable Lease<JdbcLink> reading;

  /** {@link #reading} was asked for on the primary. */
  boolean readingOnPrimary;

  /** The hint by which {@link #reading} was chosen. */
  Optional<ReadHint> readingHint = Optional.empty();

  /** The lease of a read-write transaction. */
  @Nullable Lease<JdbcLink> writing;

  /** Something ran on the primary that the engine could not record: it must not be committed. */
  boolean doomed;

  /**
   * The block met an error that its server does not know of: a refusal, a link that was lost. What
   * the client sends until it rolls back belongs to a transaction that will never be, and must
   * neither run by itself nor be committed without the part that failed.
   */
  boolean failed;

  /**
   * The first of the errors that failed the block; whoever swallowed it meets it again as a cause.
   */
  private @Nullable SQLException why;

  /** SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY: outside of blocks, too. */
  private boolean readOnlyAlways;

  /** What a rollback of the open block brings back; null if the block has changed none of it. */
  private @Nullable Modes modesBefore;

  private record Modes(IsolationName isolation, boolean readOnlyAlways, ReadLevel level) {}

  /** What reads outside of read-write transactions must see. */
  private ReadLevel level;

  /** The cluster's own level. */
  private final ReadLevel usualLevel;

  /** Nothing was SET: any session of this user runs a statement as this one would. */
  private boolean plain = true;

  /** It has begun with a setting of its own: see {@link DefaultZones}. */
  private final boolean zoned;

  /**
   * @param level of reads, unless the session says otherwise
   */
  SessionState(EngineSession<JdbcLink> session, ReadLevel level) {
    this.zoned = !session.settings().isEmpty();
    this.session = session;
    this.level = level;
    this.usualLevel = level;
  }

  // --- modes --------------------------------------------------------------------------------

  boolean autoCommit() {
    return autoCommit;
  }

  void autoCommit(boolean on) {
    autoCommit = on;
    resetSpec();
  }

  boolean readOnly() {
    return readOnly;
  }

  void readOnly(boolean on) throws SQLException {
    refuseInTransaction("read-only property");
    readOnly = on;
    resetSpec();
  }

  /** Of the transaction that is open or comes next. */
  IsolationName isolation() {
    return specName;
  }

  void isolation(IsolationName level) throws SQLException {
    refuseInTransaction("isolation level");
    isolation = level;
    resetSpec();
  }

  private void refuseInTransaction(String what) throws SQLException {
    if (isOpen()) {
      throw new SQLException(
          "Cannot change transaction " + what + " in the middle of a transaction.", "25001");
    }
  }

  private void resetSpec() {
    boolean only = readOnlyAlways || (readOnly && !autoCommit);
    spec(isolation, only);
  }

  private void spec(IsolationName level, boolean only) {
    specName = level;
    spec =
        level.level() == Isolation.READ_COMMITTED && !only
            ? BeginSpec.READ_WRITE
            : new BeginSpec(level.level(), only, false);
  }

  /** The value of a setting that is a mode of this session, or of its transaction. */
  Optional<String> shown(String setting) {
    return switch (setting) {
      case "transaction_isolation" -> Optional.of(specName.shown());
      case "default_transaction_isolation" -> Optional.of(isolation.shown());
      case "transaction_read_only" -> Optional.of(spec.readOnly() ? "on" : "off");
      case "default_transaction_read_only" -> Optional.of(readOnlyAlways ? "on" : "off");
      default -> Optional.empty();
    };
  }

  /** SET SESSION CHARACTERISTICS, which a rollback takes back. */
  void characteristics(Plan.Effect.Characteristics modes) {
    rememberModes();
    isolation = modes.isolation().map(IsolationName::of).orElse(isolation);
    readOnlyAlways = modes.readOnly().orElse(readOnlyAlways);
    if (!inBlock()) {
      resetSpec();
    }
  }

  private void rememberModes() {
    if (inBlock() && modesBefore == null) {
      modesBefore = new Modes(isolation, readOnlyAlways, level);
    }
  }

  ReadLevel level() {
    return level;
  }

  /**
   * SET of the level of reads, which a rollback takes back.
   *
   * @param wanted empty for the cluster's own
   */
  void level(Optional<ReadLevel> wanted) {
    rememberModes();
    level = wanted.orElse(usualLevel);
    session.consistency(level);
  }

  /**
   * Reads a level as the client wrote it.
   *
   * @throws SQLException 22023, which fails the block
   */
  ReadLevel levelOf(String written) throws SQLException {
    try {
      return DatabaseText.consistency(written);
    } catch (IllegalArgumentException e) {
      throw failing(SqlErrors.of("22023", String.valueOf(e.getMessage()), e));
    }
  }

  /** The block's changes of modes stay. */
  void keepModes() {
    modesBefore = null;
  }

  /** SET TRANSACTION: for the transaction that is about to begin. */
  void mode(Plan.Effect.TransactionMode mode) throws SQLException {
    if (!inBlock()) {
      return; // PostgreSQL: a warning, it can only be used in transaction blocks
    }
    IsolationName level = mode.isolation().map(IsolationName::of).orElse(specName);
    boolean only = mode.readOnly().orElse(spec.readOnly());
    if (level == specName && only == spec.readOnly()) {
      return;
    }
    if (isOpen()) {
      throw failing(
          SqlErrors.of(
              "25001",
              "SET TRANSACTION must be called before the transaction's first query",
              null));
    }
    spec(level, only);
  }

  boolean isPlain() {
    return plain && !zoned;
  }

  void noLongerPlain() {
    plain = false;
  }

  /** DISCARD ALL: what was SET is as it was. */
  void plainAgain() {
    plain = true;
  }

  // --- the block ----------------------------------------------------------------------------

  /** True while a transaction holds a link. */
  boolean isOpen() {
    return reading != null || session.inTransaction();
  }

  boolean inBlock() {
    return block || !autoCommit;
  }

  /** How the block's transaction is to begin. */
  BeginSpec spec() {
    return spec;
  }

  /** Serializable reads run on the primary, too: elsewhere nobody would see their conflicts. */
  boolean isReadOnlyBlock() {
    return spec.readOnly() && spec.isolation() != Isolation.SERIALIZABLE;
  }

  void begin(Plan.Effect.Begin begin) throws SQLException {
    if (inBlock()) {
      // PostgreSQL: a warning, "there is already a transaction in progress"; the modes are for
      // that.
      mode(new Plan.Effect.TransactionMode(begin.isolation(), begin.readOnly()));
      block |= !isOpen();
      explicitBlock |= !isOpen();
      return;
    }
    block = true;
    explicitBlock = true;
    IsolationName level = begin.isolation().map(IsolationName::of).orElse(isolation);
    boolean only = begin.readOnly().orElse(readOnly || readOnlyAlways);
    spec(level, only);
  }

  /** AND CHAIN: the next block, which is like the one that had {@code like} and {@code name}. */
  void chain(BeginSpec like, IsolationName name) {
    specName = name;
    block = true;
    explicitBlock = autoCommit;
    spec = like;
    chained = true;
  }

  /** No statement of its own has given the block its modes. */
  boolean isChained() {
    return chained;
  }

  /** BEGIN was said. */
  boolean isExplicit() {
    return explicitBlock;
  }

  /** A batch is a block as long as it runs. */
  boolean isImplicit() {
    return implicitBlock;
  }

  void beginImplicit() {
    implicitBlock = true;
    block = true;
  }

  void endImplicit() {
    implicitBlock = false;
  }

  /** An explicit COMMIT inside a batch: what follows is the next implicit transaction. */
  void goOnImplicit() {
    block |= implicitBlock;
  }

  /** An error that its server does not know of fails the block. */
  SQLException failing(SQLException e) {
    if (inBlock()) {
      failed = true;
      why = why == null ? e : why;
    }
    return e;
  }

  /** What has ended the transaction, if it was the loss of its server session; or null. */
  @Nullable SQLException lost() {
    SQLException first = why;
    return first != null && SqlErrors.isTransactionLost(first) ? first : null;
  }

  /** The block goes on, and nothing of it has run. */
  void beginAnew() {
    writing = null;
    reading = null;
    doomed = false;
    recovered();
  }

  boolean isBroken() {
    return doomed || failed;
  }

  SQLException failedError() {
    SQLException first = why;
    if (first instanceof SQLTransactionRollbackException) {
      // Somebody may have kept it to himself, as frameworks do that ask for metadata. Said again,
      // it still tells that the transaction can be run again.
      return SqlErrors.of(
          String.valueOf(first.getSQLState()), String.valueOf(first.getMessage()), first);
    }
    return SqlErrors.of(
        "25P02", "The transaction has failed and can only be rolled back (ROLLBACK).", why);
  }

  /** A savepoint from before the error has been reached. */
  void recovered() {
    failed = false;
    why = null;
  }

  void end() {
    block = false;
    chained = false;
    explicitBlock = false;
    writing = null;
    reading = null;
    doomed = false;
    recovered();
    Modes before = modesBefore;
    if (before != null) {
      isolation = before.isolation();
      readOnlyAlways = before.readOnlyAlways();
      level = before.level();
      session.consistency(level);
      modesBefore = null;
    }
    resetSpec();
  }

  // --- what a plan is to the block ----------------------------------------------------------

  /** COMMIT of a failed transaction rolls it back, and says so. */
  static boolean isEnd(Plan plan) {
    return plan instanceof Plan.Local local
        && (local.effect() instanceof Plan.Effect.Rollback
            || local.effect() instanceof Plan.Effect.Commit);
  }

  /** A savepoint that was set before the error is still there. */
  boolean isWayBack(Plan plan) {
    return !doomed
        && isOpen()
        && plan instanceof Plan.Local local
        && local.effect() instanceof Plan.Effect.RollbackTo;
  }

  /** The link of the open transaction. */
  Optional<Lease<JdbcLink>> lease() {
    Lease<JdbcLink> lease = writing != null ? writing : reading;
    return Optional.ofNullable(lease);
  }
}
