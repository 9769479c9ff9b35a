package org.tandemdb.it.framework;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.ManyToOne;
import jakarta.persistence.SequenceGenerator;
import jakarta.persistence.Table;
import jakarta.persistence.UniqueConstraint;
import jakarta.persistence.Version;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import javax.sql.DataSource;
import org.hibernate.LockMode;
import org.hibernate.Session;
import org.hibernate.SessionFactory;
import org.hibernate.StaleStateException;
import org.hibernate.Transaction;
import org.hibernate.cfg.Configuration;
import org.hibernate.exception.ConstraintViolationException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Hibernate makes its schema, and works on it through a crash of the primary. */
class HibernateIT {
  private static final int CUSTOMERS = 6;

  @Entity(name = "Customer")
  @Table(
      name = "customer",
      uniqueConstraints = @UniqueConstraint(name = "customer_has_email", columnNames = "email"))
  static class Customer {
    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    @Nullable Long id;

    @Column(nullable = false)
    String email = "";

    @Column(nullable = false)
    BigDecimal spent = BigDecimal.ZERO;

    @Version int version;
  }

  @Entity(name = "Purchase")
  @Table(name = "purchase")
  static class Purchase {
    @Id
    @GeneratedValue(strategy = GenerationType.SEQUENCE, generator = "purchase_seq")
    @SequenceGenerator(name = "purchase_seq", sequenceName = "purchase_seq", allocationSize = 10)
    @Nullable Long id;

    @ManyToOne(optional = false)
    @Nullable Customer customer;

    UUID token = UUID.randomUUID();
    BigDecimal price = BigDecimal.ONE;
    Instant at = Instant.now();
    boolean shipped;
  }

  private static SessionFactory factory(DataSource dataSource, String schema) {
    Configuration configuration =
        new Configuration()
            .addAnnotatedClass(Customer.class)
            .addAnnotatedClass(Purchase.class)
            .setProperty("hibernate.hbm2ddl.auto", schema)
            .setProperty("hibernate.jdbc.batch_size", "10")
            .setProperty("hibernate.connection.provider_disables_autocommit", "false");
    configuration.getProperties().put("hibernate.connection.datasource", dataSource);
    return configuration.buildSessionFactory();
  }

  private static <T> T inTransaction(SessionFactory factory, Function<Session, T> work) {
    try (Session session = factory.openSession()) {
      Transaction transaction = session.beginTransaction();
      try {
        T result = work.apply(session);
        transaction.commit();
        return result;
      } catch (RuntimeException e) {
        if (transaction.isActive()) {
          transaction.rollback();
        }
        throw e;
      }
    }
  }

  private static @Nullable Object buys(Session session, Object customerId, boolean reprice) {
    Customer customer = session.find(Customer.class, customerId);
    for (int i = 0; i < 3; i++) {
      Purchase purchase = new Purchase();
      purchase.customer = customer;
      session.persist(purchase);
      customer.spent = customer.spent.add(purchase.price);
    }
    if (reprice) {
      session
          .createMutationQuery(
              "update Purchase p set p.price = p.price + 1 where p.customer.id = :id and p.shipped"
                  + " = false")
          .setParameter("id", customerId)
          .executeUpdate();
    }
    return null;
  }

  /** A queue: whoever comes takes rows that nobody else has locked. */
  private static int ships(Session session) {
    List<Purchase> due =
        session
            .createQuery("from Purchase p where p.shipped = false order by p.id", Purchase.class)
            .setHibernateLockMode(LockMode.UPGRADE_SKIPLOCKED)
            .setMaxResults(2)
            .list();
    due.forEach(purchase -> purchase.shipped = true);
    return due.size();
  }

  private static boolean isWorthAnotherTry(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof StaleStateException) {
        return true;
      }
    }
    return Retry.isTransactionLost(failure);
  }

  @Test
  void entitiesSurviveACrashAndAreCountedOnce() throws Exception {
    Retry retry = new Retry(HibernateIT::isWorthAnotherTry);
    try (Cluster cluster = Cluster.create("hibernate");
        HikariDataSource pool = cluster.pool(6)) {
      int rounds;
      try (SessionFactory factory = factory(pool, "create")) {
        List<Object> ids = customers(factory);
        try (Clients clients =
            Clients.start(
                3,
                (client, round) -> {
                  Object id = ids.get((client + round) % CUSTOMERS);
                  retry.call(() -> inTransaction(factory, s -> buys(s, id, round % 8 == 7)));
                  retry.call(() -> inTransaction(factory, HibernateIT::ships));
                })) {
          clients.awaitMore(25);
          cluster.crash();
          clients.awaitMore(25);
          rounds = clients.stop();
        }
        namesTheConstraint(factory);
        assertThat(cluster.number("SELECT count(*) FROM purchase")).isEqualTo(3L * rounds);
        assertThat(cluster.number("SELECT sum(spent) FROM customer")).isEqualTo(3L * rounds);
        assertThat(cluster.number("SELECT count(DISTINCT token) FROM purchase"))
            .isEqualTo(3L * rounds);
      }
      // What is there is found to be as it should, and used again.
      try (SessionFactory factory = factory(pool, "validate")) {
        Long found =
            inTransaction(
                factory,
                s -> s.createQuery("select count(*) from Customer", Long.class).getSingleResult());
        assertThat(found).isEqualTo(CUSTOMERS);
      }
      factory(pool, "update").close();
      cluster.endsEqual(2);
    }
  }

  private static List<Object> customers(SessionFactory factory) {
    return inTransaction(
        factory,
        session -> {
          List<Object> ids = new ArrayList<>();
          for (int i = 0; i < CUSTOMERS; i++) {
            Customer customer = new Customer();
            customer.email = i + "@example.com";
            session.persist(customer);
            ids.add(session.getIdentifier(customer));
          }
          return ids;
        });
  }

  private static void namesTheConstraint(SessionFactory factory) {
    assertThatThrownBy(
            () ->
                inTransaction(
                    factory,
                    session -> {
                      Customer twin = new Customer();
                      twin.email = "0@example.com";
                      session.persist(twin);
                      return null;
                    }))
        .isInstanceOfSatisfying(
            ConstraintViolationException.class,
            e -> {
              assertThat(e.getConstraintName()).isEqualTo("customer_has_email");
              assertThat(e.getSQLState()).isEqualTo("23505");
            });
  }
}
