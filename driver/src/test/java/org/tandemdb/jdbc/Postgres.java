package org.tandemdb.jdbc;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;

/** One embedded server for all tests of the module, ended with the JVM. */
final class Postgres {
  private static final EmbeddedPostgres SERVER = start();

  private Postgres() {}

  static EmbeddedPostgres server() {
    return SERVER;
  }

  private static EmbeddedPostgres start() {
    try {
      return EmbeddedPostgres.builder().setServerConfig("fsync", "off").start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
