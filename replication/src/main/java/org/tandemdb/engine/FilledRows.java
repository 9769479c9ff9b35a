package org.tandemdb.engine;

import java.util.List;
import org.tandemdb.backend.BackendLink.ContentSink;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.TableName;
import org.tandemdb.plan.Plan;
import org.tandemdb.session.TransactionRecord;

/**
 * Records DDL that has filled rows with what only the primary knows: other copies empty the tables
 * first, so that the DDL finds nothing to evaluate, and get the primary's rows afterwards.
 */
final class FilledRows implements ContentSink {
  private final TransactionRecord record;
  private final Plan.Exclusive statement;
  private final boolean wasThere;
  private boolean recorded;

  /**
   * @param wasThere the tables were there before the statement; else it has made them
   */
  FilledRows(TransactionRecord record, Plan.Exclusive statement, boolean wasThere) {
    this.record = record;
    this.statement = statement;
    this.wasThere = wasThere;
  }

  @Override
  public void table(TableName table, long rows) {
    if (wasThere) {
      record.addFinal(
          new Change.FinalRows(
              table, List.of(), List.of(), List.of(new Change.Row(List.of())), List.of(), rows));
    }
  }

  @Override
  public void rows(Change.FinalRows rows) {
    statement();
    record.addFinal(rows);
  }

  @Override
  public void sequence(TableName sequence, long last, boolean ascending) {
    record.advanced(sequence, last, ascending);
  }

  /** After what empties, before what fills. */
  private void statement() {
    if (!recorded) {
      recorded = true;
      record.addExclusive(statement);
    }
  }

  /** All has been read. */
  void end() {
    statement();
  }
}
