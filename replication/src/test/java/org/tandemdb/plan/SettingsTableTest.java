package org.tandemdb.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.tandemdb.postgres.TestDatabase;

/**
 * Settings that decide what a statement gives are known, one by one, for what they are. The server
 * says which there are: what a newer one brings is refused, or somebody has looked at it.
 */
class SettingsTableTest {
  private static final Map<String, String> VERDICTS = verdicts();

  private static Map<String, String> verdicts() {
    Map<String, String> verdicts = new HashMap<>();
    for (String line : ShopDatabase.resource("settings.txt").lines().toList()) {
      if (!line.startsWith("#") && !line.isBlank()) {
        int colon = line.indexOf(':');
        for (String name : line.substring(colon + 1).strip().split(" ", -1)) {
          verdicts.put(name.toLowerCase(Locale.ROOT), line.substring(0, colon));
        }
      }
    }
    return verdicts;
  }

  private static String verdict(String setting) {
    String known = VERDICTS.get(setting);
    if (known != null) {
      return known;
    }
    return VERDICTS.entrySet().stream()
        .filter(e -> e.getKey().endsWith("*"))
        .filter(e -> setting.startsWith(e.getKey().substring(0, e.getKey().length() - 1)))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse("REFUSED");
  }

  private static boolean isTaken(String setting, String value) {
    try {
      SettingRules.check(setting, List.of(value));
      return true;
    } catch (Refusal refusal) {
      return false;
    }
  }

  /** † A value depends on settings (architecture, 9.3): each of them has a verdict. */
  @Test
  void everySettingThatASessionMayChangeIsInTheTable() throws Exception {
    List<String> wrong = new ArrayList<>();
    int settings = 0;
    try (TestDatabase database = TestDatabase.on(0);
        var connection = database.connect();
        var statement = connection.createStatement();
        var rows =
            statement.executeQuery(
                "SELECT lower(name) FROM pg_settings WHERE context NOT IN ('internal',"
                    + " 'postmaster', 'sighup')")) {
      while (rows.next()) {
        settings++;
        String name = rows.getString(1);
        String verdict = verdict(name);
        // No value of a pinned one is this.
        boolean taken = isTaken(name, name.equals("datestyle") ? "iso" : "no such value");
        boolean expected = Set.of("FREE", "TRAVELS", "PRIMARYS").contains(verdict);
        if (taken != expected) {
          wrong.add(name + " is " + verdict + " and " + (taken ? "" : "not ") + "taken");
        }
      }
    }
    assertThat(settings).isGreaterThan(150);
    assertThat(wrong).isEmpty();
  }

  /** † What a text in the log means is carried with it, and what names in DDL mean. */
  @Test
  void whatDecidesATextTravels() {
    List<String> travelling = new ArrayList<>(SettingRules.TRAVELLING);
    travelling.add("search_path");
    assertThat(SettingRules.TRAVELLING_WITH_DDL).contains("search_path");
    assertThat(travelling)
        .containsExactlyInAnyOrderElementsOf(
            VERDICTS.entrySet().stream()
                .filter(e -> e.getValue().equals("TRAVELS"))
                .map(Map.Entry::getKey)
                .toList());
  }
}
