package org.tandemdb.plan;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.sql.Shape;
import org.tandemdb.sql.SqlSyntaxException;
import org.tandemdb.sql.StatementParser;
import org.tandemdb.sql.Tokens;

/**
 * Structures of statements by fingerprint, so that texts that differ only in their literals are
 * parsed once. Bounded by the number of structures and their size. Thread-safe.
 */
final class Analyses {
  private static final int MAX_CACHED_TOKENS = 4096;

  private static final int MAX_CATALOGS = 16;

  private final Cache<String, Shape.Statement> byFingerprint;

  /** By identity: a catalog is replaced as a whole. */
  private final Cache<Catalog, OfCatalog> byCatalog =
      Caffeine.newBuilder().weakKeys().maximumSize(MAX_CATALOGS).executor(Runnable::run).build();

  /** What was found out about one catalog: at most one proof for each name of a function. */
  private record OfCatalog(
      Map<String, ReadRoutines.Proof> proofs, Map<String, List<Catalog.Table>> tables) {
    OfCatalog(Catalog catalog) {
      this(
          new ConcurrentHashMap<>(),
          catalog.tables().values().stream()
              .collect(Collectors.groupingBy(table -> table.name().name())));
    }
  }

  Analyses(int entries) {
    this.byFingerprint =
        Caffeine.newBuilder()
            .maximumWeight(entries * 64L)
            .weigher((String key, Shape.Statement value) -> 1 + key.length() / 8)
            .executor(Runnable::run)
            .build();
  }

  Shape.Statement of(Tokens tokens) throws SqlSyntaxException {
    if (tokens.size() > MAX_CACHED_TOKENS) {
      return StatementParser.parse(tokens);
    }
    String fingerprint = tokens.fingerprint();
    Shape.Statement known = byFingerprint.getIfPresent(fingerprint);
    if (known == null) {
      known = StatementParser.parse(tokens);
      byFingerprint.put(fingerprint, known);
    }
    return known;
  }

  /** The proof for a function's name, made once for each catalog. */
  ReadRoutines.Proof proof(Catalog catalog, String name, Supplier<ReadRoutines.Proof> made) {
    Map<String, ReadRoutines.Proof> proofs = of(catalog).proofs();
    ReadRoutines.Proof known = proofs.get(name);
    if (known == null) {
      known = made.get();
      proofs.put(name, known);
    }
    return known;
  }

  /** The relations of this name, in whatever schema. */
  List<Catalog.Table> named(Catalog catalog, String name) {
    return of(catalog).tables().getOrDefault(name, List.of());
  }

  private OfCatalog of(Catalog catalog) {
    OfCatalog known = byCatalog.getIfPresent(catalog);
    if (known == null) {
      known = new OfCatalog(catalog);
      byCatalog.put(catalog, known);
    }
    return known;
  }
}
