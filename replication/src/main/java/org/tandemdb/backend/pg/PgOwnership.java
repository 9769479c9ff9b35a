package org.tandemdb.backend.pg;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says on a server which engine works there, so that a second one, which has a copy of the log, is
 * told at its start. A session advisory lock, whose key comes from the cluster's id, says that
 * somebody does: it ends with its session, and so with its process. {@code tandem.owner} says who.
 *
 * <p>It protects nothing, and nobody waits for it: an engine that does not get it works on, and
 * asks again with every probe. What keeps an old owner from doing harm is the fence.
 *
 * <p>One for each backend; callers hold the monitor of the session that they pass.
 */
final class PgOwnership {
  private static final Logger LOGGER = LoggerFactory.getLogger(PgOwnership.class);

  /**
   * The server itself notices within half a minute that its client's machine is gone, instead of
   * after the two hours that are usual.
   */
  private static final String NOTICE_DEATH =
      "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3";

  private final long key;
  private final String owner;
  private @Nullable Connection heldOn;

  /**
   * @param owner who this is, for people
   */
  PgOwnership(UUID cluster, String owner) {
    this.key = key(cluster);
    this.owner = owner;
  }

  private static long key(UUID cluster) {
    return cluster.getMostSignificantBits() ^ Long.rotateLeft(cluster.getLeastSignificantBits(), 1);
  }

  /**
   * Takes the lock on {@code connection}, if nobody has it, and keeps it for as long as that lives.
   */
  void claim(Connection connection) throws SQLException {
    if (connection == heldOn) {
      return;
    }
    try (PreparedStatement ask = connection.prepareStatement("SELECT pg_try_advisory_lock(?)")) {
      ask.setLong(1, key);
      try (ResultSet answer = ask.executeQuery()) {
        if (!answer.next() || !answer.getBoolean(1)) {
          return;
        }
      }
    }
    heldOn = connection;
    try {
      describe(connection);
    } catch (SQLException e) {
      if (PgErrors.isLinkLost(e)) {
        throw e;
      }
      LOGGER.warn("the owner of the cluster could not be written down", e);
    }
  }

  private void describe(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(NOTICE_DEATH);
      // A schema that an earlier build has made is without it.
      statement.execute(
          "CREATE UNLOGGED TABLE IF NOT EXISTS tandem.owner ("
              + "single boolean PRIMARY KEY DEFAULT true CHECK (single), "
              + "pid int NOT NULL, started timestamptz NOT NULL, who text NOT NULL)");
    }
    try (PreparedStatement write =
        connection.prepareStatement(
            "INSERT INTO tandem.owner (pid, started, who) "
                + "SELECT a.pid, a.backend_start, ? FROM pg_stat_get_activity(pg_backend_pid()) a "
                + "ON CONFLICT (single) DO UPDATE SET pid = excluded.pid, "
                + "started = excluded.started, who = excluded.who")) {
      write.setString(1, owner);
      write.executeUpdate();
    }
  }

  /**
   * Who works on the server that {@code connection} leads to, and how to end its session. Whoever
   * may not own Tandem's schema does not count: any user of the database can take such a lock.
   */
  static Optional<String> holder(Connection connection, UUID cluster) throws SQLException {
    long key = key(cluster);
    try (PreparedStatement ask = connection.prepareStatement(holderQuery(connection))) {
      ask.setLong(1, key >>> 32);
      ask.setLong(2, key & 0xFFFF_FFFFL);
      try (ResultSet found = ask.executeQuery()) {
        return found.next()
            ? Optional.of(
                found.getString(2)
                    + ". If that is gone for good, end its session there: SELECT"
                    + " pg_terminate_backend("
                    + found.getInt(1)
                    + ")")
            : Optional.empty();
      }
    }
  }

  private static String holderQuery(Connection connection) throws SQLException {
    String unknown = "'an engine at ' || coalesce(host(a.client_addr), 'the server itself')";
    boolean described;
    try (Statement ask = connection.createStatement();
        ResultSet answer = ask.executeQuery("SELECT to_regclass('tandem.owner') IS NOT NULL")) {
      described = answer.next() && answer.getBoolean(1);
    }
    return "SELECT a.pid, "
        + (described ? "coalesce(o.who, " + unknown + ")" : unknown)
        + " FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid "
        + (described
            ? "LEFT JOIN tandem.owner o ON o.pid = a.pid AND o.started = a.backend_start "
            : "")
        + "WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 "
        + "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
        + "AND l.classid::bigint = ? AND l.objid::bigint = ? AND pg_has_role(a.usesysid, "
        + "(SELECT nspowner FROM pg_namespace WHERE nspname = 'tandem'), 'USAGE')";
  }
}
