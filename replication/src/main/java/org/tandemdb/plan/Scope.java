package org.tandemdb.plan;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.entry.TypeRef;
import org.tandemdb.sql.Facts;

/**
 * What one statement is planned against.
 *
 * @param viewDepth how many views deep this is
 * @param salts for secrets that are stored
 */
record Scope(
    Catalog catalog,
    SessionView session,
    Analyses analyses,
    List<TypeRef> parameterTypes,
    int viewDepth,
    Supplier<byte[]> salts) {

  /** The schema of Tandem's own tables and functions, out of reach of clients. */
  static final String TANDEM = "tandem";

  /** The same, one view deeper. */
  Scope inView() {
    return new Scope(catalog, session, analyses, parameterTypes, viewDepth + 1, salts);
  }

  /**
   * The relation a name means, or empty for one of the system's own.
   *
   * @throws Refusal when there is none, or it is out of bounds
   */
  Optional<Catalog.Table> relation(Facts.Use use) throws Refusal {
    String shown = use.qualifier().map(q -> q + ".").orElse("") + use.name();
    if (use.qualifier().isPresent()) {
      String schema = use.qualifier().get();
      if (schema.equals(TANDEM)) {
        throw tandem();
      }
      if (schema.equals("pg_catalog") || schema.equals("information_schema")) {
        return Optional.empty();
      }
      if (schema.startsWith("pg_temp")) {
        throw temporary(shown);
      }
    } else if (session.temporaryTables().contains(use.name())) {
      throw temporary(shown);
    }
    Optional<Catalog.Table> table =
        catalog.resolve(use.qualifier(), use.name(), session.searchPath());
    if (table.isEmpty()) {
      if (use.qualifier().isEmpty() && use.name().startsWith("pg_")) {
        return Optional.empty();
      }
      throw new Refusal(
          "relation \"" + shown + "\" does not exist",
          "Check the name and the search path.",
          "42P01");
    }
    if (table.get().name().schema().equals(TANDEM)) {
      throw tandem();
    }
    return table;
  }

  private static Refusal tandem() {
    return new Refusal(
        "the schema \"tandem\" is Tandem's own", "Use SHOW TANDEM STATUS instead.", "42501");
  }

  private static Refusal temporary(String shown) {
    return new Refusal(
        "\"" + shown + "\" is a temporary table, which other copies do not have",
        "Use an ordinary table.");
  }
}
