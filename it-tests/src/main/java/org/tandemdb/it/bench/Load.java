package org.tandemdb.it.bench;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Random;

/** What one client does over and over. */
enum Load {
  /** One row by its key, autocommit, prepared. */
  SELECT(true) {
    @Override
    Transaction prepare(Connection connection, int accounts, Random random) throws SQLException {
      PreparedStatement select =
          connection.prepareStatement("SELECT abalance FROM bench_accounts WHERE aid = ?");
      return () -> readOne(select, 1 + random.nextInt(accounts));
    }
  },

  /** The five statements of TPC-B in a transaction, prepared. */
  TPC_B(false) {
    @Override
    Transaction prepare(Connection connection, int accounts, Random random) throws SQLException {
      return new TpcB(connection, accounts, random);
    }
  },

  /** One new row with a serial key, autocommit, prepared. */
  INSERT(true) {
    @Override
    Transaction prepare(Connection connection, int accounts, Random random) throws SQLException {
      PreparedStatement insert =
          connection.prepareStatement("INSERT INTO bench_notes (aid, note) VALUES (?, ?)");
      return () -> {
        insert.setInt(1, 1 + random.nextInt(accounts));
        insert.setString(2, "a note of a length that notes have");
        insert.executeUpdate();
      };
    }
  },

  /** {@link #BATCH_ROWS} new rows with a serial key by executeBatch, in a transaction. */
  BATCH(false) {
    @Override
    Transaction prepare(Connection connection, int accounts, Random random) throws SQLException {
      PreparedStatement insert =
          connection.prepareStatement("INSERT INTO bench_notes (aid, note) VALUES (?, ?)");
      return () -> {
        for (int i = 0; i < BATCH_ROWS; i++) {
          insert.setInt(1, 1 + random.nextInt(accounts));
          insert.setString(2, "a note of a length that notes have");
          insert.addBatch();
        }
        if (insert.executeBatch().length != BATCH_ROWS) {
          throw new SQLException("not all of the batch", "XX000");
        }
        connection.commit();
      };
    }
  },

  /** One UPDATE of {@link #RANGE_ROWS} rows in a row, autocommit, prepared: it is CAPTURED. */
  RANGE(true) {
    @Override
    Transaction prepare(Connection connection, int accounts, Random random) throws SQLException {
      PreparedStatement update =
          connection.prepareStatement(
              "UPDATE bench_accounts SET abalance = abalance + ? WHERE aid BETWEEN ? AND ?");
      return () -> {
        int first = 1 + random.nextInt(accounts - RANGE_ROWS);
        update.setInt(1, random.nextInt(10_001) - 5000);
        update.setInt(2, first);
        update.setInt(3, first + RANGE_ROWS - 1);
        int rows = update.executeUpdate();
        if (rows != RANGE_ROWS) {
          throw new SQLException(rows + " rows updated", "XX000");
        }
      };
    }
  };

  static final int RANGE_ROWS = 10_000;
  static final int BATCH_ROWS = 1_000;

  final boolean autoCommit;

  Load(boolean autoCommit) {
    this.autoCommit = autoCommit;
  }

  /** One of it, to the end. */
  interface Transaction {
    void run() throws SQLException;
  }

  abstract Transaction prepare(Connection connection, int accounts, Random random)
      throws SQLException;

  static int readOne(PreparedStatement select, int key) throws SQLException {
    select.setInt(1, key);
    try (ResultSet rows = select.executeQuery()) {
      if (!rows.next()) {
        throw new SQLException("no row with key " + key, "XX000");
      }
      return rows.getInt(1);
    }
  }

  private static final class TpcB implements Transaction {
    private final Connection connection;
    private final int accounts;
    private final Random random;
    private final PreparedStatement account;
    private final PreparedStatement balance;
    private final PreparedStatement teller;
    private final PreparedStatement branch;
    private final PreparedStatement history;

    TpcB(Connection connection, int accounts, Random random) throws SQLException {
      this.connection = connection;
      this.accounts = accounts;
      this.random = random;
      account =
          connection.prepareStatement(
              "UPDATE bench_accounts SET abalance = abalance + ? WHERE aid = ?");
      balance = connection.prepareStatement("SELECT abalance FROM bench_accounts WHERE aid = ?");
      teller =
          connection.prepareStatement(
              "UPDATE bench_tellers SET tbalance = tbalance + ? WHERE tid = ?");
      branch =
          connection.prepareStatement(
              "UPDATE bench_branches SET bbalance = bbalance + ? WHERE bid = ?");
      history =
          connection.prepareStatement(
              "INSERT INTO bench_history (tid, bid, aid, delta, mtime)"
                  + " VALUES (?, ?, ?, ?, CURRENT_TIMESTAMP)");
    }

    @Override
    public void run() throws SQLException {
      int scale = accounts / Arm.ACCOUNTS_PER_BRANCH;
      int aid = 1 + random.nextInt(accounts);
      int tid = 1 + random.nextInt(scale * Arm.TELLERS_PER_BRANCH);
      int bid = 1 + random.nextInt(scale);
      int delta = random.nextInt(10_001) - 5000;
      add(account, delta, aid);
      readOne(balance, aid);
      add(teller, delta, tid);
      add(branch, delta, bid);
      history.setInt(1, tid);
      history.setInt(2, bid);
      history.setInt(3, aid);
      history.setInt(4, delta);
      history.executeUpdate();
      connection.commit();
    }

    private static void add(PreparedStatement update, int delta, int key) throws SQLException {
      update.setInt(1, delta);
      update.setInt(2, key);
      if (update.executeUpdate() != 1) {
        throw new SQLException("no row with key " + key, "XX000");
      }
    }
  }
}
