package org.tandemdb.it.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** Which answers are clean. */
class OutcomeTest {
  private static final Step STEP = new Step("update-key", "UPDATE t SET a = 1 WHERE id = 1");
  private static final Case.Mode CALM = Case.Mode.CONCURRENT;

  private static Outcome of(SQLException e, Case.Mode mode) {
    return Outcome.of(new Answer(List.of(), List.of(), Optional.of(e)), STEP, mode);
  }

  private static SQLException server(String state, String message) {
    return new PSQLException(new ServerErrorMessage("SERROR\0C" + state + "\0M" + message + "\0"));
  }

  @Test
  void whatPostgresItselfSaysIsClean() {
    assertThat(of(server("23505", "duplicate key"), CALM)).isEqualTo(Outcome.SERVER_ERROR);
    assertThat(of(server("40P01", "deadlock"), CALM)).isEqualTo(Outcome.SERVER_ERROR);
  }

  @Test
  void aConflictMayBeFoundInAStatementOfTandems() {
    String found = "could not serialize access\0WSQL statement \"SELECT FROM tandem.touched\"";
    assertThat(of(server("40001", found), CALM)).isEqualTo(Outcome.SERVER_ERROR);
    assertThat(of(server("42P01", "no\0WSQL statement \"SELECT FROM tandem.touched\""), CALM))
        .isEqualTo(Outcome.WRONG);
  }

  @Test
  void anErrorThatOnlyTandemCanHaveCausedIsWrong() {
    assertThat(of(server("42703", "column tandem_1 does not exist"), CALM))
        .isEqualTo(Outcome.WRONG);
    assertThat(of(server("XX000", "cache lookup failed"), CALM)).isEqualTo(Outcome.WRONG);
    assertThat(of(new SQLException("broken promise", "XX000"), CALM)).isEqualTo(Outcome.WRONG);
    assertThat(of(new SQLException("no state", (String) null), CALM)).isEqualTo(Outcome.WRONG);
  }

  @Test
  void aRefusalNeedsAReason() {
    assertThat(of(new SQLException("MERGE is not supported. Use INSERT.", "0A000"), CALM))
        .isEqualTo(Outcome.REFUSED);
    assertThat(of(new SQLException("no", "0A000"), CALM)).isEqualTo(Outcome.WRONG);
  }

  @Test
  void aTransactionMayBeLostInACrashOnly() {
    SQLException lost = new SQLException("ended by a failover", "40001");
    assertThat(of(lost, Case.Mode.CRASH)).isEqualTo(Outcome.LOST);
    assertThat(of(lost, CALM)).isEqualTo(Outcome.WRONG);
    assertThat(of(server("57P01", "terminating connection"), CALM)).isEqualTo(Outcome.WRONG);
  }
}
