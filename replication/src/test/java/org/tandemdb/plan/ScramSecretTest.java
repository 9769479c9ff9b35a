package org.tandemdb.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.tandemdb.catalog.Catalog;

class ScramSecretTest {
  private static final byte[] SALT = Base64.getDecoder().decode("W22ZaJ0SNY7soEsUEjb6gQ==");

  /**
   * RFC 7677, section 3: from the exchange that is printed there follow the client's proof and the
   * server's signature, so these are the keys.
   */
  @Test
  void aPasswordIsStoredAsTheStandardHasIt() {
    assertThat(ScramSecret.of("pencil", SALT))
        .contains(
            "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
                + "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
                + "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=");
  }

  @Test
  void aPasswordThatNeedsUnknownPreparationIsNotStored() {
    assertThat(ScramSecret.of("日本", SALT)).isEmpty();
    assertThat(ScramSecret.of("a\u00adb", SALT)).isEmpty();
    assertThat(ScramSecret.of("u\u0308", SALT)).isEmpty();
    assertThat(ScramSecret.of("ü", SALT)).isPresent();
  }

  /** The log and both servers get the same secret, and none of them the password. */
  @Test
  void aPasswordInTheClearIsNeitherRunNorLoggedNorKept() {
    SqlPlanner planner = new SqlPlanner(100, SALT::clone);
    Request request =
        new Request(
            "ALTER ROLE joe LOGIN PASSWORD 'pencil' VALID UNTIL 'infinity'",
            Request.Markers.QUESTION,
            List.of());
    Catalog catalog = new Catalog(1, "shop", java.util.Map.of(), false);
    SessionView session = new SessionView(List.of("public"), false, false, false, Set.of());
    Plan.Exclusive plan = (Plan.Exclusive) planner.plan(request, catalog, session);
    assertThat(plan.logged())
        .startsWith("ALTER ROLE joe LOGIN PASSWORD 'SCRAM-SHA-256$4096:W22Z")
        .endsWith("dU=' VALID UNTIL 'infinity'");
    assertThat(plan.rewritten()).contains(plan.logged());
    assertThat(planner.plan(request, catalog, session)).isNotSameAs(plan);
  }
}
