package org.tandemdb.it.framework;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.util.concurrent.atomic.AtomicInteger;
import liquibase.Contexts;
import liquibase.LabelExpression;
import liquibase.Liquibase;
import liquibase.change.Change;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.changelog.visitor.AbstractChangeExecListener;
import liquibase.database.Database;
import liquibase.database.DatabaseFactory;
import liquibase.database.jvm.JdbcConnection;
import liquibase.exception.LiquibaseException;
import liquibase.resource.ClassLoaderResourceAccessor;
import org.junit.jupiter.api.Test;

/** Liquibase changes a cluster whose primary dies in the midst of a change set. */
class LiquibaseIT {
  private static final String CHANGES = "framework/liquibase/changelog.yaml";

  /** Kills the primary between two changes of the change set {@code dies}, once. */
  private static final class DiesOnce extends AbstractChangeExecListener {
    private final Cluster cluster;
    private final AtomicInteger changes = new AtomicInteger();

    DiesOnce(Cluster cluster) {
      this.cluster = cluster;
    }

    @Override
    public void ran(
        Change change, ChangeSet changeSet, DatabaseChangeLog changeLog, Database database) {
      if (changeSet.getId().equals("dies") && changes.getAndIncrement() == 0) {
        try {
          cluster.crash();
        } catch (Exception e) {
          throw new IllegalStateException(e);
        }
      }
    }
  }

  private interface Work {
    void run(Liquibase liquibase) throws LiquibaseException;
  }

  private static void liquibase(Cluster cluster, DiesOnce dies, Work work) throws Exception {
    try (Connection connection = cluster.open()) {
      Database database =
          DatabaseFactory.getInstance()
              .findCorrectDatabaseImplementation(new JdbcConnection(connection));
      assertThat(database.getShortName()).isEqualTo("postgresql");
      Liquibase liquibase = new Liquibase(CHANGES, new ClassLoaderResourceAccessor(), database);
      liquibase.setChangeExecListener(dies);
      work.run(liquibase);
    }
  }

  private static void update(Cluster cluster, DiesOnce dies) throws Exception {
    liquibase(cluster, dies, l -> l.update(new Contexts(), new LabelExpression()));
  }

  @Test
  void aChangeSetThatACrashHasStoppedIsTakenBackAndRunsAgain() throws Exception {
    try (Cluster cluster = Cluster.create("liquibase")) {
      DiesOnce dies = new DiesOnce(cluster);
      assertThatThrownBy(() -> update(cluster, dies))
          .isInstanceOf(LiquibaseException.class)
          .matches(Retry::isTransactionLost, "40001 among its causes");
      assertThat(cluster.number("SELECT count(*) FROM account WHERE balance > 0")).isZero();
      assertThat(cluster.number("SELECT count(*) FROM databasechangelog")).isEqualTo(2);
      assertThat(cluster.number("SELECT count(*) FROM databasechangeloglock WHERE locked"))
          .as("the lock was given back")
          .isZero();

      update(cluster, dies);
      assertThat(cluster.number("SELECT count(*) FROM databasechangelog")).isEqualTo(5);
      assertThat(cluster.number("SELECT count(*) FROM rich")).isEqualTo(2);
      cluster.execute("SELECT book(id, 5) FROM account");
      assertThat(cluster.number("SELECT sum(amount) FROM booking")).isEqualTo(30);

      update(cluster, dies);
      assertThat(cluster.number("SELECT count(*) FROM databasechangelog")).isEqualTo(5);
      liquibase(cluster, dies, l -> l.rollback(3, (String) null));
      assertThat(cluster.number("SELECT count(*) FROM databasechangelog")).isEqualTo(2);
      cluster.endsEqual(4);
    }
  }
}
