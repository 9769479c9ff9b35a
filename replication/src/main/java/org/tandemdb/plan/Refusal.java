package org.tandemdb.plan;

/** Why a statement cannot be run, on its way to a {@link Plan.Refused}. Carries no stack trace. */
final class Refusal extends Exception {
  private static final long serialVersionUID = 1L;

  private final String remedy;
  private final String sqlState;

  Refusal(String reason, String remedy) {
    this(reason, remedy, "0A000");
  }

  Refusal(String reason, String remedy, String sqlState) {
    super(reason, null, false, false);
    this.remedy = remedy;
    this.sqlState = sqlState;
  }

  Plan.Refused plan() {
    return new Plan.Refused(String.valueOf(getMessage()), remedy, sqlState);
  }
}
