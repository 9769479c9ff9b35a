package org.tandemdb.error;

/**
 * The catalogue. Each error has a SQLState, says what became of the transaction, what to do next,
 * and whether running it again as it is, is safe. {@code docs/errors.md} is generated from here.
 */
public enum ErrorCode {
  STATEMENT_REFUSED(
      "0A000", Fate.FAILED, false, "The statement cannot be made equal on every copy."),
  TRANSACTION_LOST(
      "40001",
      Fate.ROLLED_BACK,
      true,
      "The transaction was ended by a failover or lost its session. Run it again."),
  SESSION_LOST(
      "57P01",
      Fate.ROLLED_BACK,
      false,
      "The session held state that lived on a lost backend. Connect again."),
  OUTCOME_UNKNOWN(
      "08007",
      Fate.UNKNOWN,
      false,
      "The outcome of COMMIT cannot be known now. Look it up before running it again."),
  NO_BACKEND(
      "57P03", Fate.ROLLED_BACK, true, "No backend can serve the request now. Try again later."),
  GATE_TIMEOUT(
      "55P03",
      Fate.ROLLED_BACK,
      true,
      "An exclusive statement could not get the cluster for itself in time. Try again when no long"
          + " transaction is open."),
  EXCLUSIVE_LIMIT(
      "57014",
      Fate.ROLLED_BACK,
      true,
      "A transaction with an exclusive statement held the cluster for longer than exclusive_limit."
          + " Commit it earlier, make it smaller, or raise the limit."),
  LOG_FULL(
      "53100",
      Fate.ROLLED_BACK,
      true,
      "The replication log cannot grow: its disk or its size limit is full. Writes stop, reads go"
          + " on. Make room, or bring back the backend that holds the log's tail."),
  LOG_FAILED(
      "58030",
      Fate.ROLLED_BACK,
      true,
      "The replication log's disk failed. Writes stop, reads go on."),
  WRITES_STOPPED(
      "58000",
      Fate.ROLLED_BACK,
      false,
      "The same entry failed on every replica, so the fault is not theirs. Writes are stopped, reads"
          + " go on. Look at the entry that SHOW TANDEM STATUS names before anything else."),
  TRANSACTION_TOO_LARGE(
      "54000",
      Fate.FAILED,
      false,
      "The transaction is larger than max_transaction_bytes. Split it, or raise the limit."),
  LINKS_EXHAUSTED(
      "53300",
      Fate.NONE,
      true,
      "All links are in use (max_links_per_backend). Close connections or raise it."),
  CONFIGURATION("F0000", Fate.NONE, false, "The configuration is not usable. Nothing was changed."),
  NOT_OWNER(
      "55006",
      Fate.NONE,
      false,
      "One process at a time has a cluster's engine. Stop that process to start this one, or let"
          + " all applications connect through one proxy."),
  NOT_EQUAL(
      "55000",
      Fate.NONE,
      false,
      "The backends do not hold the same data. Make them equal before the first start."),
  WRONG_CLUSTER("55000", Fate.NONE, false, "The backend or the log belongs to another cluster."),
  LOG_UNREADABLE(
      "58030", Fate.NONE, false, "The replication log cannot be read. Nothing was changed."),
  MISSING_PRIVILEGE("42501", Fate.NONE, false, "Tandem's role lacks a privilege that it needs."),
  INTERNAL("XX000", Fate.FAILED, false, "A promise inside Tandem was broken. Please report it.");

  private final String sqlState;
  private final Fate fate;
  private final boolean retrySafe;
  private final String explanation;

  ErrorCode(String sqlState, Fate fate, boolean retrySafe, String explanation) {
    this.sqlState = sqlState;
    this.fate = fate;
    this.retrySafe = retrySafe;
    this.explanation = explanation;
  }

  public String sqlState() {
    return sqlState;
  }

  public Fate fate() {
    return fate;
  }

  /** True if running the same thing again cannot do it twice. */
  public boolean retrySafe() {
    return retrySafe;
  }

  public String explanation() {
    return explanation;
  }

  String text(String detail) {
    return detail.isEmpty() ? explanation : detail + " (" + explanation + ")";
  }
}
