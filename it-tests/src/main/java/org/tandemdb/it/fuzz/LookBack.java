package org.tandemdb.it.fuzz;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A transaction that writes one row by its key and reads it again: what it reads must be what the
 * write has returned, since nobody else can have changed the row.
 */
final class LookBack implements Kind {
  static final String WRITE = "look-write";
  static final String LOOK = "look";

  @Override
  public List<Step> make(Scene scene) {
    Dice dice = scene.dice();
    Table table = scene.table();
    boolean fits =
        table.name().startsWith("t") && !table.key().isEmpty() && !table.plain().isEmpty();
    if (!fits || scene.schema().tables().stream().anyMatch(t -> t.name().equals("child0"))) {
      return List.of();
    }
    StringBuilder key = new StringBuilder();
    for (Column column : table.key()) {
      String value = column.type().literal(column.type().keyValue(dice));
      key.append(key.length() == 0 ? "" : " AND ")
          .append(column.name())
          .append(" = ")
          .append(value);
    }
    Text update = scene.text().add("UPDATE " + table.name() + " SET ");
    scene.assignments(update, table, "");
    update.add(" WHERE " + key + " RETURNING *");
    String level = Transactions.level(dice);
    List<Step> steps = new ArrayList<>();
    steps.add(new Step("begin", "\\begin " + level.toUpperCase(Locale.ROOT)));
    steps.add(update.step(WRITE));
    steps.add(new Step(LOOK, "SELECT * FROM " + table.name() + " WHERE " + key));
    steps.add(new Step("commit", "\\commit"));
    return steps;
  }
}
