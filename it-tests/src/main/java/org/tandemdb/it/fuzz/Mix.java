package org.tandemdb.it.fuzz;

/**
 * What a case is made of.
 *
 * @param wildness 0: what every application has; 1: with types and keys of all kinds; 2: with
 *     triggers, functions, actions, partitions, inheritance too
 * @param volatiles clocks, random numbers and LIMIT without order; not where each answer is held
 *     against a plain database's
 * @param schemaChanges DDL among the statements
 */
record Mix(int wildness, boolean volatiles, boolean schemaChanges) {
  /** Chooses by the percentages that have turned out to be useful. */
  static Mix roll(Dice dice, boolean volatiles) {
    int wildness = dice.chance(40) ? 0 : dice.chance(50) ? 1 : 2;
    return new Mix(wildness, volatiles, dice.chance(35));
  }
}
