package org.tandemdb.entry;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One write in replication form, with what it must change on every copy. */
public sealed interface Change {

  /** The table that is written; null only where a statement names none (DDL). */
  @Nullable TableName table();

  /** Rows that the primary changed; a replica that changes another number has DIVERGED. */
  long rows();

  /**
   * A deterministic statement in the dialect's SQL with {@code $1..$n} parameters (VERBATIM,
   * EXCLUSIVE). All values that the primary decided are among the parameters.
   *
   * @param rows rows changed, or -1 where the command reports none (DDL)
   */
  record Statement(@Nullable TableName table, String sql, List<Value> parameters, long rows)
      implements Change {}

  /**
   * Rows by key (CAPTURED). INSERT: {@code keyColumns} is empty and {@code columns} holds all that
   * is given. UPDATE: each row is the key values that it had, then the new values of {@code
   * columns}, among which key columns may be. DELETE: each row is its key values. UPSERT: each row
   * is key values, then all others that are given, and is there afterwards whether it was before or
   * not.
   */
  record Rows(
      Kind kind, TableName table, List<Column> keyColumns, List<Column> columns, List<Row> values)
      implements Change {
    @Override
    public long rows() {
      return values.size();
    }
  }

  /**
   * The rows that a table's keys have after a transaction (TRACED): the rows that {@code keys} name
   * are deleted, then {@code values} inserted, with triggers, rules and referential actions off,
   * since what those did is among the rows of this and other tables.
   *
   * @param keyColumns what names a row; empty where the table has no key, and where one key, of no
   *     values, names all its rows
   * @param columns all that can be given
   * @param keys some may name no row, and two of them the same
   * @param found rows that the keys name on a copy that is equal; -1 if that is not known, because
   *     the rest of the keys stands in another change
   */
  record FinalRows(
      TableName table,
      List<Column> keyColumns,
      List<Column> columns,
      List<Row> keys,
      List<Row> values,
      long found)
      implements Change {
    @Override
    public long rows() {
      return values.size();
    }

    /** The second half: what is inserted. */
    public Rows inserts() {
      return new Rows(Kind.INSERT, table, List.of(), columns, values);
    }
  }

  /** What happens to the rows of a {@link Rows}. */
  enum Kind {
    INSERT,
    UPDATE,
    DELETE,
    UPSERT
  }

  /** A column with its type, unquoted name. */
  record Column(String name, TypeRef type) {}

  /** Values in the order of key columns, then columns; texts in PINNED_TEXT, null is NULL. */
  record Row(List<@Nullable String> texts) {}
}
