package org.tandemdb.catalog;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tandemdb.entry.TableName;
import org.tandemdb.entry.TypeRef;

/** Temporary. */
public final class PgCatalogLoader {
  private PgCatalogLoader() {}

  public static Catalog load(Connection c, long version) throws SQLException {
    Map<TableName, List<Catalog.Column>> columns = new HashMap<>();
    Map<TableName, List<String>> keys = new HashMap<>();
    try (Statement s = c.createStatement();
        ResultSet r =
            s.executeQuery(
                "SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, "
                    + "a.attidentity, a.attgenerated, a.atthasdef, "
                    + "EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY (i.indkey)), "
                    + "pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), a.attname) "
                    + "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid "
                    + "WHERE c.relkind = 'r' AND n.nspname !~ '^(pg_|information_schema|tandem)' AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum")) {
      while (r.next()) {
        TableName t = new TableName(r.getString(1), r.getString(2));
        boolean def = r.getBoolean(8) || !r.getString(6).isEmpty();
        String seq = r.getString(10);
        columns
            .computeIfAbsent(t, k -> new ArrayList<>())
            .add(
                new Catalog.Column(
                    r.getString(3),
                    new TypeRef(r.getString(4)),
                    r.getBoolean(5),
                    def ? Catalog.DefaultKind.EVALUATED : Catalog.DefaultKind.DETERMINISTIC,
                    seq == null
                        ? Optional.empty()
                        : Optional.of(
                            new TableName(
                                seq.substring(0, seq.indexOf('.')),
                                seq.substring(seq.indexOf('.') + 1)))));
        if (r.getBoolean(9)) {
          keys.computeIfAbsent(t, k -> new ArrayList<>()).add(r.getString(3));
        }
      }
    }
    Map<TableName, Catalog.Table> tables = new HashMap<>();
    columns.forEach(
        (t, cols) -> {
          List<String> key = keys.getOrDefault(t, List.of());
          tables.put(
              t,
              new Catalog.Table(
                  t,
                  Catalog.Kind.TABLE,
                  cols,
                  key,
                  key.isEmpty() ? List.of() : List.of(key),
                  List.of()));
        });
    return new Catalog(version, c.getCatalog(), tables, false);
  }
}
