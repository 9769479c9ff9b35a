package org.tandemdb.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.ShardingKey;
import org.jspecify.annotations.Nullable;

/** JDBC's sharding keys, which mean nothing where every copy holds everything. */
abstract class UnshardedConnection implements Connection {
  @Override
  public boolean setShardingKeyIfValid(
      @Nullable ShardingKey shardingKey, @Nullable ShardingKey superShardingKey, int timeout)
      throws SQLException {
    throw unsharded();
  }

  @Override
  public boolean setShardingKeyIfValid(@Nullable ShardingKey shardingKey, int timeout)
      throws SQLException {
    throw unsharded();
  }

  @Override
  public void setShardingKey(
      @Nullable ShardingKey shardingKey, @Nullable ShardingKey superShardingKey)
      throws SQLException {
    throw unsharded();
  }

  @Override
  public void setShardingKey(@Nullable ShardingKey shardingKey) throws SQLException {
    throw unsharded();
  }

  private static SQLException unsharded() {
    return Refusals.unsupported("sharding keys: every backend holds a full copy");
  }
}
