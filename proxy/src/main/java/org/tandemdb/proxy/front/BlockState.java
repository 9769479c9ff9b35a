package org.tandemdb.proxy.front;

import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.BackendLink.BeginSpec;
import org.tandemdb.backend.BackendLink.Isolation;
import org.tandemdb.backend.Lease;
import org.tandemdb.config.DatabaseText;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.plan.Plan;
import org.tandemdb.plan.ReadHint;
import org.tandemdb.proxy.pg.NettyLink;
import org.tandemdb.session.EngineSession;
import org.tandemdb.session.ReadLevel;

/**
 * What one session is in the midst of: its block, how that was begun, and whether it has failed.
 * The twin of the driver's {@code SessionState}, without what only JDBC has (autocommit off). No
 * behaviour beyond what the words mean. On the event loop.
 */
final class BlockState {
  private final EngineSession<NettyLink> session;

  private Isolation isolation = Isolation.READ_COMMITTED;
  private boolean block;
  private boolean explicitBlock;
  private boolean implicitBlock;
  private BeginSpec spec = BeginSpec.READ_WRITE;

  /** The lease of a READ ONLY block. */
  @Nullable Lease<NettyLink> reading;

  /** {@link #reading} was asked for on the primary. */
  boolean readingOnPrimary;

  /** The lease of a read-write transaction. */
  @Nullable Lease<NettyLink> writing;

  /** Something ran on the primary that the engine could not record: it must not be committed. */
  boolean doomed;

  /**
   * The block met an error. What the client sends until it rolls back belongs to a transaction that
   * will never be, and must neither run by itself nor be committed without the part that failed.
   */
  private boolean failed;

  /** The block was ended by a failover: why. Null unless it was. */
  private @Nullable ClientFailure lost;

  /** The client has not been told of that. */
  private boolean untold;

  /** SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY: outside of blocks, too. */
  private boolean readOnlyAlways;

  /** What a rollback of the open block brings back; null if the block has changed none of it. */
  private @Nullable Modes modesBefore;

  private record Modes(Isolation isolation, boolean readOnlyAlways, ReadLevel level) {}

  /** The hint by which {@link #reading} was chosen. */
  Optional<ReadHint> readingHint = Optional.empty();

  /** What reads outside of read-write transactions must see. */
  private ReadLevel level;

  /** The cluster's own level. */
  private final ReadLevel usualLevel;

  /**
   * @param level of reads, unless the session says otherwise
   */
  BlockState(EngineSession<NettyLink> session, ReadLevel level) {
    this.session = session;
    this.level = level;
    this.usualLevel = level;
  }

  // --- modes

  private void resetSpec() {
    spec =
        isolation == Isolation.READ_COMMITTED && !readOnlyAlways
            ? BeginSpec.READ_WRITE
            : new BeginSpec(isolation, readOnlyAlways, false);
  }

  /** SET SESSION CHARACTERISTICS, which a rollback takes back. */
  void characteristics(Plan.Effect.Characteristics modes) {
    rememberModes();
    isolation = modes.isolation().map(BlockState::isolationOf).orElse(isolation);
    readOnlyAlways = modes.readOnly().orElse(readOnlyAlways);
    if (!inBlock()) {
      resetSpec();
    }
  }

  /** The value of a setting that is a mode of this session, or of its transaction. */
  Optional<String> shown(String setting) {
    return switch (setting) {
      case "transaction_isolation" -> Optional.of(text(spec.isolation()));
      case "default_transaction_isolation" -> Optional.of(text(isolation));
      case "transaction_read_only" -> Optional.of(spec.readOnly() ? "on" : "off");
      case "default_transaction_read_only" -> Optional.of(readOnlyAlways ? "on" : "off");
      default -> Optional.empty();
    };
  }

  private static String text(Isolation level) {
    return level.name().toLowerCase(Locale.ROOT).replace('_', ' ');
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

  /** Reads a level as the client wrote it; 22023 if it is none. */
  static ReadLevel levelOf(String written) {
    try {
      return DatabaseText.consistency(written);
    } catch (IllegalArgumentException e) {
      throw new ClientFailure("22023", String.valueOf(e.getMessage()), e);
    }
  }

  /** The block's changes of modes stay. */
  void keepModes() {
    modesBefore = null;
  }

  /** SET TRANSACTION: for the transaction that is about to begin. */
  void mode(Plan.Effect.TransactionMode mode) {
    if (!inBlock()) {
      return;
    }
    Isolation level = mode.isolation().map(BlockState::isolationOf).orElse(spec.isolation());
    boolean only = mode.readOnly().orElse(spec.readOnly());
    if (level == spec.isolation() && only == spec.readOnly()) {
      return;
    }
    if (isOpen()) {
      throw new ClientFailure(
          "25001", "SET TRANSACTION must be called before the transaction's first query");
    }
    spec = new BeginSpec(level, only, false);
  }

  // --- the block

  /** True while a transaction holds a link. */
  boolean isOpen() {
    return reading != null || session.inTransaction();
  }

  boolean inBlock() {
    return block;
  }

  /** How the block's transaction is to begin. */
  BeginSpec spec() {
    return spec;
  }

  /** Serializable reads run on the primary, too: elsewhere nobody would see their conflicts. */
  boolean isReadOnlyBlock() {
    return spec.readOnly() && spec.isolation() != Isolation.SERIALIZABLE;
  }

  /** False where there is a block already, whose modes they become. */
  boolean begin(Plan.Effect.Begin begin) {
    if (block) {
      boolean was = explicitBlock;
      mode(new Plan.Effect.TransactionMode(begin.isolation(), begin.readOnly()));
      explicitBlock = true;
      return !was;
    }
    block = true;
    explicitBlock = true;
    Isolation level = begin.isolation().map(BlockState::isolationOf).orElse(isolation);
    spec = new BeginSpec(level, begin.readOnly().orElse(readOnlyAlways), false);
    return true;
  }

  private static Isolation isolationOf(String text) {
    String level = text.toUpperCase(Locale.ROOT).replace(' ', '_');
    return level.equals("READ_UNCOMMITTED") ? Isolation.READ_COMMITTED : Isolation.valueOf(level);
  }

  /** AND CHAIN: the next block, which is like the one that had {@code like}. */
  void chain(BeginSpec like) {
    block = true;
    explicitBlock = true;
    spec = like;
  }

  /** BEGIN was said. */
  boolean isExplicit() {
    return explicitBlock;
  }

  /** Statements that are sent together are a block until their end. */
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

  /** An explicit COMMIT among them: what follows is the next implicit transaction. */
  void goOnImplicit() {
    block |= implicitBlock;
  }

  /** An error fails the block. */
  void fail() {
    failed = failed || block;
  }

  /** An error, of which the client is told, fails the block. */
  void fail(Throwable failure) {
    fail();
    if (block && lost == null && isLoss(failure)) {
      lost = ClientFailure.of(failure);
    }
  }

  /** The block was ended by a failover, and the client will be told with what it sends next. */
  void failUntold(Throwable failure) {
    fail(failure);
    untold = lost != null;
  }

  /** True of Tandem's own 40001: a server has said nothing, and the transaction is no more. */
  static boolean isLoss(Throwable failure) {
    ClientFailure said = ClientFailure.of(failure);
    return said.server() == null && said.sqlState().equals(ErrorCode.TRANSACTION_LOST.sqlState());
  }

  boolean isUntold() {
    return untold;
  }

  /** ROLLBACK TO a savepoint that was set before the error. */
  void recovered() {
    failed = false;
    lost = null;
    untold = false;
  }

  boolean isFailed() {
    return failed;
  }

  boolean isBroken() {
    return doomed || failed;
  }

  /**
   * What is said to whatever else is sent to the block. Of a failover it is said again: somebody
   * may have kept the first 40001 to himself, as those do that prepare statements ahead (pgbench)
   * or ask for metadata, and 25P02 nobody runs again.
   */
  ClientFailure failedError() {
    ClientFailure loss = lost;
    if (loss != null) {
      untold = false;
      return loss;
    }
    return new ClientFailure(
        "25P02", "current transaction is aborted, commands ignored until end of transaction block");
  }

  void end() {
    block = false;
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

  /** As ReadyForQuery tells it. */
  char status() {
    if (!block) {
      return 'I';
    }
    return isBroken() ? 'E' : 'T';
  }

  // --- what a plan is to the block

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
  Optional<Lease<NettyLink>> lease() {
    Lease<NettyLink> lease = writing != null ? writing : reading;
    return Optional.ofNullable(lease);
  }
}
