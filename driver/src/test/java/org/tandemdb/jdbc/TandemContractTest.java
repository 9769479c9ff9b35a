package org.tandemdb.jdbc;

import java.sql.Connection;

/** Tandem's driver keeps the contract. */
final class TandemContractTest extends SurfaceContract {
  private final FakeEngine engine = new FakeEngine(Postgres.server());

  @Override
  boolean isTandems() {
    return true;
  }

  @Override
  Connection connect() {
    return engine.connect();
  }
}
