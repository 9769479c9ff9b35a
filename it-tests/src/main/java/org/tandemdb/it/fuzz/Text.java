package org.tandemdb.it.fuzz;

import java.util.ArrayList;
import java.util.List;

/** A statement while it is put together; its values become constants or parameters. */
final class Text {
  private final StringBuilder sql = new StringBuilder();
  private final List<Param> parameters = new ArrayList<>();
  private final Dice dice;
  private final boolean prepared;

  /**
   * @param prepared values become parameters, now and then not
   */
  Text(Dice dice, boolean prepared) {
    this.dice = dice;
    this.prepared = prepared;
  }

  Text add(String part) {
    sql.append(part);
    return this;
  }

  Text value(Type type, String value) {
    if (prepared && dice.chance(85)) {
      sql.append('?');
      parameters.add(type.parameter(value));
    } else {
      sql.append(type.literal(value));
    }
    return this;
  }

  Step step(String kind) {
    return new Step(kind, sql.toString(), parameters);
  }
}
