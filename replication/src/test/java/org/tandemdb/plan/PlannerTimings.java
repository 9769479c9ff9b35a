package org.tandemdb.plan;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.entry.TableName;
import org.tandemdb.entry.TypeRef;

/** Prints how long planning takes: by exact text, by fingerprint, and without any cache. */
public final class PlannerTimings {
  private static final SessionView SESSION =
      new SessionView(List.of("public"), true, false, false, Set.of());

  private static long sink;

  private PlannerTimings() {}

  public static void main(String[] args) {
    TableName name = new TableName("public", "accounts");
    Catalog.Table table =
        new Catalog.Table(
            name,
            Catalog.Kind.TABLE,
            List.of(column("aid", "int4"), column("bid", "int4"), column("abalance", "int4")),
            List.of("aid"),
            List.of(List.of("aid")),
            List.of());
    Catalog catalog = new Catalog(1, "shop", Map.of(name, table), false);
    String[] shapes = {
      "UPDATE accounts SET abalance = abalance + %d WHERE aid = %d",
      "SELECT abalance FROM accounts WHERE aid = %d AND bid < %d",
      "INSERT INTO accounts (aid, bid, abalance) VALUES (%d, %d, 0)",
      "INSERT INTO accounts (aid, bid) VALUES (%d, %d) ON CONFLICT (aid) DO UPDATE SET bid = 1",
      "UPDATE accounts a SET bid = b.bid FROM accounts b WHERE b.aid = a.bid AND a.aid = %d + %d",
      "WITH x AS (DELETE FROM accounts WHERE aid > %d RETURNING aid) SELECT aid FROM x WHERE aid < %d"
    };
    SqlPlanner planner = new SqlPlanner(10_000);
    int number = 0;
    for (int round = 0; round < 6; round++) {
      for (String shape : shapes) {
        String text = String.format(shape, 1, 2);
        long exact = time(200_000, i -> plan(planner, catalog, text));
        String[] texts = new String[20_000];
        for (int i = 0; i < texts.length; i++) {
          texts[i] = String.format(shape, number++, i);
        }
        long structure = time(texts.length, i -> plan(planner, catalog, texts[i]));
        SqlPlanner cold = new SqlPlanner(0);
        long none = time(5_000, i -> plan(cold, catalog, texts[i]));
        System.out.printf("%5d ns  %6d ns  %7d ns  %s%n", exact, structure, none, text);
      }
    }
    System.out.println(sink);
  }

  private interface Work {
    void run(int i);
  }

  private static long time(int count, Work work) {
    long start = System.nanoTime();
    for (int i = 0; i < count; i++) {
      work.run(i);
    }
    return (System.nanoTime() - start) / count;
  }

  private static void plan(SqlPlanner planner, Catalog catalog, String sql) {
    Plan plan = planner.plan(new Request(sql, Request.Markers.DOLLAR, List.of()), catalog, SESSION);
    sink += plan.reason().length();
  }

  private static Catalog.Column column(String name, String type) {
    return new Catalog.Column(
        name, new TypeRef(type), false, Catalog.DefaultKind.DETERMINISTIC, Optional.empty());
  }
}
