package org.tandemdb.it.fuzz;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Makes a case from a seed, always the same one. */
final class CaseMaker {
  /** A kind, and how often it is chosen. */
  private record Weighted(int weight, Kind kind) {}

  private static final List<Weighted> KINDS =
      List.of(
          new Weighted(16, new InsertValues()),
          new Weighted(5, new InsertSelect()),
          new Weighted(5, new Upsert()),
          new Weighted(14, new Update(true)),
          new Weighted(10, new Update(false)),
          new Weighted(4, new UpdateJoin()),
          new Weighted(5, new UpdateOfKey()),
          new Weighted(6, new Delete(true)),
          new Weighted(5, new Delete(false)),
          new Weighted(3, new Merge()),
          new Weighted(2, new CursorWrite()),
          new Weighted(2, new LimitedWrite()),
          new Weighted(3, new JdbcCalls()),
          new Weighted(1, new Truncate()),
          new Weighted(3, new WritingWith()),
          new Weighted(4, new RoutineCall()),
          new Weighted(5, new SchemaChange()),
          new Weighted(3, new SchemaThenWrite()),
          new Weighted(3, new SequenceUse()),
          new Weighted(1, new Temporary()),
          new Weighted(3, new PreparedInSql()),
          new Weighted(3, new CopyWrite()),
          new Weighted(1, new FillingDdl()),
          new Weighted(7, new Reading()),
          new Weighted(5, new LookBack()),
          new Weighted(9, new Probes()),
          new Weighted(6, new Tickets()),
          new Weighted(2, new SessionSetting()),
          new Weighted(3, new Oddities()));

  private static final Pattern FOLDED = Pattern.compile("'\\[?(now|today|tomorrow)\\b");
  private static final int TOTAL = KINDS.stream().mapToInt(Weighted::weight).sum();

  private final Dice dice;
  private final Mix mix;
  private final Schema schema;

  private CaseMaker(Dice dice, Mix mix) {
    this.dice = dice;
    this.mix = mix;
    this.schema = SchemaMaker.make(dice, mix);
  }

  static Case make(long seed) {
    Dice dice = new Dice(seed);
    int roll = dice.below(100);
    Case.Mode mode =
        roll < 30 ? Case.Mode.REFERENCE : roll < 42 ? Case.Mode.CRASH : Case.Mode.CONCURRENT;
    Mix mix = Mix.roll(dice, mode != Case.Mode.REFERENCE);
    boolean throughTandem = dice.chance(35);
    return new CaseMaker(dice, mix).make("seed " + seed, mode, throughTandem);
  }

  private Case make(String name, Case.Mode mode, boolean throughTandem) {
    int threads = mode == Case.Mode.REFERENCE ? 1 : dice.between(2, 4);
    List<Step> fill = new ArrayList<>();
    for (int thread = 1; thread <= threads; thread++) {
      fill.add(Probes.fill(thread));
    }
    Scene filling = new Scene(dice, mix, schema, 0);
    for (Table table : schema.tables()) {
      for (int i = dice.between(4, 9); i > 0; i--) {
        fill.add(InsertValues.insert(filling, table).step("fill"));
      }
    }
    List<List<Step>> all = new ArrayList<>();
    for (int thread = 1; thread <= threads; thread++) {
      all.add(thread(new Scene(dice, mix, schema, thread), mode));
    }
    // Each server would put its own time into such a default.
    boolean timed = schema.statements().stream().anyMatch(FOLDED.asPredicate());
    return new Case(name, mode, throughTandem || timed, schema.statements(), fill, all);
  }

  private List<Step> thread(Scene scene, Case.Mode mode) {
    List<Step> steps = new ArrayList<>();
    int items = dice.between(8, mode == Case.Mode.REFERENCE ? 40 : 22);
    for (int i = 0; i < items; i++) {
      if (dice.chance(45)) {
        List<Step> inside = new ArrayList<>();
        for (int n = dice.between(1, 5); n > 0; n--) {
          List<Step> made = one(scene).make(scene);
          if (made.stream().noneMatch(Step::isTransactional)) {
            inside.addAll(made);
          }
        }
        if (!inside.isEmpty()) {
          steps.addAll(Transactions.around(dice, inside));
        }
      } else {
        steps.addAll(one(scene).make(scene));
      }
    }
    return steps;
  }

  private Kind one(Scene scene) {
    int roll = scene.dice().below(TOTAL);
    for (Weighted weighted : KINDS) {
      roll -= weighted.weight();
      if (roll < 0) {
        return weighted.kind();
      }
    }
    throw new IllegalStateException("weights do not add up");
  }
}
