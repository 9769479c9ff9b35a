package org.tandemdb.engine;

import java.util.HashSet;
import java.util.Set;
import org.tandemdb.backend.BackendLink.TraceSink;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.TableName;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.session.TransactionRecord;

/** Records what a traced transaction has left, provided that other copies can take it. */
final class TraceEnd implements TraceSink {
  private final TransactionRecord record;
  private final Catalog catalog;

  private final Set<TableName> sequences = new HashSet<>();

  TraceEnd(TransactionRecord record, Catalog catalog) {
    this.record = record;
    this.catalog = catalog;
    record.endTrace();
  }

  String begun() {
    return String.valueOf(record.traceBegun());
  }

  /**
   * @throws TandemException 0A000 for a table that cannot be made equal; 54000
   */
  @Override
  public void rows(Change.FinalRows rows) {
    Catalog.Table table = catalog.tables().get(rows.table());
    if (table == null) {
      throw refused(rows.table(), "it is not known yet");
    }
    for (String hazard : table.traceHazards()) {
      // The server lets nothing but INSERTs pass on a table without a key.
      if (!hazard.equals(Catalog.Table.NO_KEY)) {
        throw refused(rows.table(), hazard);
      }
    }
    record.addFinal(rows);
  }

  private static TandemException refused(TableName table, String why) {
    return new TandemException(
        ErrorCode.STATEMENT_REFUSED,
        "writes to " + table + " cannot be logged: " + why + ". It was rolled back");
  }

  @Override
  public void sequence(TableName sequence, long last, boolean ascending) {
    record.advanced(sequence, last, ascending);
    sequences.add(sequence);
  }

  /** Those that were used. */
  Set<TableName> sequences() {
    return sequences;
  }
}
