package org.tandemdb.it.framework;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.jooq.impl.DSL.count;
import static org.jooq.impl.DSL.excluded;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.sum;
import static org.jooq.impl.DSL.table;

import com.zaxxer.hikari.HikariDataSource;
import java.math.BigDecimal;
import org.jooq.Cursor;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.JSONB;
import org.jooq.Record;
import org.jooq.SQLDialect;
import org.jooq.Table;
import org.jooq.exception.DataAccessException;
import org.jooq.exception.IntegrityConstraintViolationException;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;
import org.junit.jupiter.api.Test;

/** jOOQ's statements, with the primary killed under them. */
class JooqIT {
  private static final Table<Record> STOCK = table(name("stock"));
  private static final Field<String> ITEM = field(name("item"), SQLDataType.VARCHAR);
  private static final Field<Integer> PIECES = field(name("pieces"), SQLDataType.INTEGER);

  private static final Table<Record> MOVE = table(name("move"));
  private static final Field<Long> ID = field(name("id"), SQLDataType.BIGINT.identity(true));
  private static final Field<JSONB> WHY = field(name("why"), SQLDataType.JSONB);
  private static final Field<BigDecimal> COST = field(name("cost"), SQLDataType.NUMERIC(10, 2));

  private static void createTables(DSLContext jooq) {
    jooq.createTable(STOCK)
        .column(ITEM, SQLDataType.VARCHAR(40).nullable(false))
        .column(PIECES, SQLDataType.INTEGER.nullable(false))
        .constraints(DSL.constraint("stock_pk").primaryKey(ITEM))
        .execute();
    jooq.createTable(MOVE)
        .column(ID)
        .column(ITEM, SQLDataType.VARCHAR(40).nullable(false))
        .column(PIECES, SQLDataType.INTEGER.nullable(false))
        .column(WHY)
        .column(COST)
        .constraints(
            DSL.constraint("move_pk").primaryKey(ID),
            DSL.constraint("move_of_stock").foreignKey(ITEM).references(STOCK, ITEM))
        .execute();
    jooq.createIndex("move_by_item").on(MOVE, ITEM).execute();
  }

  /** One transaction, part of it nested. */
  private static void moves(DSLContext jooq, int client, int round) {
    String item = "item " + (client + round) % 5;
    jooq.transaction(
        outer -> {
          DSLContext own = DSL.using(outer);
          own.insertInto(STOCK, ITEM, PIECES)
              .values(item, 1)
              .onConflict(ITEM)
              .doUpdate()
              .set(PIECES, pieces().plus(excluded(PIECES)))
              .execute();
          Long id =
              own.insertInto(MOVE, ITEM, PIECES, WHY)
                  .values(item, 1, JSONB.valueOf("{\"by\": " + client + "}"))
                  .returningResult(ID)
                  .fetchSingle()
                  .value1();
          try {
            own.transaction(
                inner -> {
                  DSL.using(inner).update(MOVE).set(PIECES, 1000).where(ID.eq(id)).execute();
                  throw new IllegalStateException("taken back to the savepoint");
                });
          } catch (IllegalStateException asPlanned) {
            own.update(MOVE).set(COST, BigDecimal.TEN).where(ID.eq(id)).execute();
          }
        });
  }

  private static Field<Integer> pieces() {
    return field(name("stock", "pieces"), SQLDataType.INTEGER);
  }

  private static void batch(DSLContext jooq, int client) {
    jooq.transaction(
        configuration -> {
          DSLContext own = DSL.using(configuration);
          int[] counts =
              own.batch(own.insertInto(MOVE, ITEM, PIECES, COST).values((String) null, null, null))
                  .bind("item 0", 0, client)
                  .bind("item 0", 0, client)
                  .execute();
          assertThat(counts).containsExactly(1, 1);
        });
  }

  /** Takes a row that nobody else has locked. */
  private static void prices(DSLContext jooq) {
    jooq.transaction(
        configuration -> {
          DSLContext own = DSL.using(configuration);
          own.select(ID)
              .from(MOVE)
              .where(COST.isNull())
              .orderBy(ID)
              .limit(1)
              .forUpdate()
              .skipLocked()
              .fetchOptional(ID)
              .ifPresent(
                  id -> own.update(MOVE).set(COST, BigDecimal.ONE).where(ID.eq(id)).execute());
        });
  }

  @Test
  void statementsSurviveACrashAndAreCountedOnce() throws Exception {
    Retry retry = new Retry();
    try (Cluster cluster = Cluster.create("jooq");
        HikariDataSource pool = cluster.pool(6)) {
      DSLContext jooq = DSL.using(pool, SQLDialect.POSTGRES);
      createTables(jooq);
      moves(jooq, 0, 0);
      int rounds;
      try (Clients clients =
          Clients.start(
              3,
              (client, round) -> {
                retry.call(() -> done(() -> moves(jooq, client, round)));
                retry.call(() -> done(() -> batch(jooq, client)));
                retry.call(() -> done(() -> prices(jooq)));
                assertThat(jooq.select(count()).from(STOCK).fetchSingle().value1()).isPositive();
              })) {
        clients.awaitMore(25);
        cluster.crash();
        clients.awaitMore(25);
        rounds = clients.stop();
      }
      assertThat(jooq.select(sum(PIECES)).from(MOVE).fetchSingle().value1())
          .isEqualByComparingTo(BigDecimal.valueOf(rounds + 1L));
      assertThat(jooq.select(sum(PIECES)).from(STOCK).fetchSingle().value1())
          .isEqualByComparingTo(BigDecimal.valueOf(rounds + 1L));
      assertThat(jooq.fetchCount(MOVE)).isEqualTo(3 * rounds + 1);
      assertThatThrownBy(() -> jooq.insertInto(STOCK, ITEM, PIECES).values("item 0", 1).execute())
          .isInstanceOf(IntegrityConstraintViolationException.class)
          .hasMessageContaining("stock_pk");
      cluster.endsEqual(2);
    }
  }

  private interface Work {
    void run();
  }

  private static boolean done(Work work) {
    work.run();
    return true;
  }

  /** Rows that come from the server as they are read, and then do not come any more. */
  @Test
  void rowsThatAreBeingReadWhenTheirServerDiesEndWithA40001() throws Exception {
    try (Cluster cluster = Cluster.create("jooq_rows");
        HikariDataSource pool = cluster.pool(2)) {
      DSLContext jooq = DSL.using(pool, SQLDialect.POSTGRES);
      cluster.execute(
          "CREATE TABLE much (id int PRIMARY KEY, v text)",
          "INSERT INTO much SELECT i, repeat('x', 1000) FROM generate_series(1, 2000) i");
      cluster.awaitEverything();
      assertThatThrownBy(
              () ->
                  jooq.transaction(
                      configuration -> {
                        DSLContext own = DSL.using(configuration);
                        own.execute("UPDATE much SET v = 'y' WHERE id = 0"); // on the primary
                        try (Cursor<Record> rows =
                            own.resultQuery("SELECT id, v FROM much").fetchSize(10).fetchLazy()) {
                          assertThat(rows.fetchNext(10)).hasSize(10);
                          cluster.crash();
                          while (!rows.fetchNext(1000).isEmpty()) {
                            assertThat(rows.isClosed()).isFalse();
                          }
                        }
                      }))
          .isInstanceOfSatisfying(
              DataAccessException.class, e -> assertThat(e.sqlState()).isEqualTo("40001"));
      // The connection is as good as before.
      assertThat(pool.getHikariPoolMXBean().getTotalConnections()).isPositive();
      assertThat(jooq.fetchCount(table(name("much")))).isEqualTo(2000);
      cluster.endsEqual(1);
    }
  }
}
