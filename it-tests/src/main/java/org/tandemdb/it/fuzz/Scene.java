package org.tandemdb.it.fuzz;

import java.util.List;

/**
 * What a statement is made from: the dice, the mix, the schema, and the parts that many kinds of
 * statements share. One for each thread of a case.
 *
 * @param thread from 1; 0 fills the tables
 */
record Scene(Dice dice, Mix mix, Schema schema, int thread) {

  Text text() {
    return new Text(dice, dice.chance(45));
  }

  Table table() {
    return dice.pick(schema.tables());
  }

  /** A value for a column in VALUES or SET. */
  void value(Text text, Column column) {
    Type type = column.type();
    int roll = dice.below(100);
    if (roll < 5) {
      text.add("NULL");
      return;
    }
    if (roll < 9) {
      text.add("DEFAULT");
      return;
    }
    if (roll < 22 && mix.volatiles()) {
      String unstable = type.unstable(dice);
      if (!unstable.isEmpty()) {
        text.add(unstable);
        return;
      }
    }
    if (roll < 25 && type.isNumber()) {
      text.add("(SELECT count(*) FROM " + table().name() + ")");
      return;
    }
    if (roll < 28 && type == Type.INT4 && !schema.sequences().isEmpty()) {
      text.add("nextval('" + dice.pick(schema.sequences()) + "')");
      return;
    }
    if (roll < 30 && type == Type.TEXT) {
      text.add("upper('q') || left('abc', 2)");
      return;
    }
    text.value(type, column.name().equals("id") ? type.keyValue(dice) : type.value(dice));
  }

  /** {@code column = value}, ... for the whole key; {@code grp = n} where there is none. */
  void byKey(Text text, Table table, String qualifier) {
    if (table.key().isEmpty()) {
      text.add(qualifier + "grp = ").value(Type.INT4, Type.INT4.keyValue(dice));
      return;
    }
    List<Column> key = table.key();
    for (int i = 0; i < key.size(); i++) {
      Column column = key.get(i);
      text.add(i == 0 ? "" : " AND ").add(qualifier + column.name() + " = ");
      text.value(column.type(), column.type().keyValue(dice));
    }
  }

  /** A condition that may hold for any number of rows. */
  void range(Text text, Table table, String qualifier) {
    String group = qualifier + "grp";
    switch (dice.below(mix.volatiles() ? 9 : 8)) {
      case 0 -> text.add(group + " = ").value(Type.INT4, Integer.toString(dice.below(6)));
      case 1 -> text.add(group + " < ").value(Type.INT4, Integer.toString(dice.between(1, 9)));
      case 2 -> text.add(group + " IN (1, 3, ").value(Type.INT4, "5").add(")");
      case 3 -> text.add(group + " BETWEEN 0 AND 4");
      case 4 ->
          text.add(group + " IN (SELECT x.grp FROM " + table().name() + " x WHERE x.grp > 2)");
      case 5 -> text.add(group + " IS NULL");
      case 6 -> {
        Column first = table.columns().get(0);
        text.add(qualifier + first.name() + " IN (");
        text.value(first.type(), first.type().keyValue(dice)).add(", ");
        text.value(first.type(), first.type().keyValue(dice)).add(")");
      }
      case 7 ->
          text.add(
              "EXISTS (SELECT 1 FROM " + table().name() + " x WHERE x.grp = " + group + " + 1)");
      default -> text.add("random() < 0.4");
    }
  }

  /** {@code SET} without the word: one to three columns that are no key's. */
  void assignments(Text text, Table table, String qualifier) {
    List<Column> plain = table.plain();
    List<Column> chosen = dice.some(plain, 3);
    for (int i = 0; i < chosen.size(); i++) {
      Column column = chosen.get(i);
      text.add(i == 0 ? "" : ", ").add(column.name() + " = ");
      if (dice.chance(45)) {
        text.add(column.type().change(dice, qualifier + column.name()));
      } else {
        value(text, column);
      }
    }
  }

  /** Now and then. Answers are compared as sets, so rows may come in any order. */
  void returning(Text text, Table table, int percent) {
    if (dice.chance(percent)) {
      text.add(" RETURNING ");
      text.add(dice.pick("*", table.columns().get(0).name(), "grp, 1 + 1 AS two"));
    }
  }
}
