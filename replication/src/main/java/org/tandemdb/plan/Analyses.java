package org.tandemdb.plan;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
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

  private final Cache<String, Shape.Statement> byFingerprint;

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
}
