package org.tandemdb.backend.pg;

import java.math.BigInteger;
import java.net.Socket;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.postgresql.PGConnection;
import org.tandemdb.backend.BackendControl;
import org.tandemdb.backend.BackendLink.ServerProcess;
import org.tandemdb.backend.BackendPort;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.backend.ServerError;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.entry.BackendId;
import org.tandemdb.env.Environment;

/** One PostgreSQL server: its control, and links that have entered. Thread-safe. */
public final class PgBackend implements BackendPort<JdbcLink> {

  /**
   * What every connection to a server begins with, whatever the server, the database or the role
   * has of its own, and RESET goes back to: no wait for the disk, since the log is the durable copy
   * and markers tell what a crash has lost; and the settings that decide what texts in the log
   * mean, as far as they have one value for all.
   */
  private static final String LINK_OPTIONS =
      "-c synchronous_commit=off -c standard_conforming_strings=on -c bytea_output=hex"
          + " -c IntervalStyle=postgres -c xmloption=content -c array_nulls=on"
          + " -c transform_null_equals=off -c gin_fuzzy_search_limit=0";

  private static final SecureRandom SECRETS = new SecureRandom();

  private final BackendId id;
  private final Environment environment;
  private final PgConnector connector;
  private final PgControl control;
  private final UUID clusterId;
  private final String user;
  private final String password;
  private final CatalogSession catalogs;
  private final String linkOptions;

  /** Of an engine that is known by its process. */
  public PgBackend(
      BackendId id,
      Environment environment,
      UUID clusterId,
      String url,
      String user,
      String password,
      Map<String, String> vendorProperties,
      Duration connectTimeout,
      Duration workTimeout,
      Duration probeTimeout) {
    this(
        id,
        environment,
        clusterId,
        url,
        user,
        password,
        vendorProperties,
        connectTimeout,
        workTimeout,
        probeTimeout,
        "process " + ProcessHandle.current().pid(),
        "");
  }

  /**
   * @param user Tandem's own role on this server
   * @param workTimeout bound of one answer to a control question
   * @param probeTimeout bound of one answer to a probe
   * @param owner which engine this is, in words, for whoever would be a second one
   * @param moneyLocale what all links have as {@code lc_monetary}; empty for the server's own
   */
  public PgBackend(
      BackendId id,
      Environment environment,
      UUID clusterId,
      String url,
      String user,
      String password,
      Map<String, String> vendorProperties,
      Duration connectTimeout,
      Duration workTimeout,
      Duration probeTimeout,
      String owner,
      String moneyLocale) {
    this.id = id;
    this.environment = environment;
    this.clusterId = clusterId;
    this.user = user;
    this.password = password;
    // Blanks and backslashes end an option unless one stands before them.
    this.linkOptions =
        moneyLocale.isEmpty()
            ? LINK_OPTIONS
            : LINK_OPTIONS + " -c lc_monetary=" + moneyLocale.replaceAll("[ \\\\]", "\\\\$0");
    this.connector = new PgConnector(url, vendorProperties, connectTimeout, linkOptions);
    this.catalogs = new CatalogSession(connector, user, password, workTimeout);
    this.control =
        new PgControl(
            id,
            environment,
            connector,
            user,
            password,
            workTimeout,
            probeTimeout,
            clusterId,
            owner);
  }

  @Override
  public BackendId id() {
    return id;
  }

  @Override
  public BackendControl control() {
    return control;
  }

  @Override
  public CompletionStage<JdbcLink> openOwn(long epoch, UUID incarnation) {
    return open(() -> connector.openSimple(user, password, "tandem applier"), epoch, incarnation);
  }

  @Override
  public CompletionStage<JdbcLink> open(
      String clientUser, String clientPassword, String purpose, long epoch, UUID incarnation) {
    return open(
        () -> connector.open(clientUser, clientPassword, purpose, Duration.ZERO),
        epoch,
        incarnation);
  }

  private CompletionStage<JdbcLink> open(
      PgLink.PgWork<Connection> connect, long epoch, UUID incarnation) {
    CompletableFuture<JdbcLink> opened = new CompletableFuture<>();
    environment
        .scheduler()
        .execute(
            () -> {
              try {
                opened.complete(enter(connect.run(), epoch, incarnation));
              } catch (SQLException e) {
                boolean unreachable = PgErrors.isLinkLost(e) && !ServerError.isLoginRefused(e);
                opened.completeExceptionally(
                    unreachable || PgErrors.stateOf(e).startsWith("TD")
                        ? PgErrors.translate("open a link to " + id, e)
                        : new CompletionException(e));
              } catch (RuntimeException e) {
                opened.completeExceptionally(e);
              }
            });
    return opened;
  }

  /** Nobody sees the link before the server has let it in. */
  private PgLink enter(Connection connection, long epoch, UUID incarnation) throws SQLException {
    try {
      int pid = connection.unwrap(PGConnection.class).getBackendPID();
      String secret = new BigInteger(128, SECRETS).toString(Character.MAX_RADIX);
      control.admit(pid, secret);
      try (PreparedStatement statement =
          connection.prepareStatement("SELECT tandem.enter(?, ?, ?)")) {
        statement.setLong(1, epoch);
        statement.setObject(2, incarnation);
        statement.setString(3, secret);
        try (ResultSet result = statement.executeQuery()) {
          result.next();
          return new PgLink(
              id,
              connection,
              new ServerProcess(pid, result.getString(1)),
              secret,
              PgControl.preparedPrefix(clusterId),
              environment.scheduler());
        }
      }
    } catch (SQLException | RuntimeException e) {
      connection.abort(environment.scheduler());
      throw e;
    }
  }

  /**
   * Registers the secret with which the server process {@code pid} may enter: for links that speak
   * the protocol themselves. Completes exceptionally with {@link
   * org.tandemdb.backend.BackendUnreachableException} when the server cannot be asked.
   */
  public CompletionStage<Void> admit(int pid, String secret) {
    CompletableFuture<Void> admitted = new CompletableFuture<>();
    environment
        .scheduler()
        .execute(
            () -> {
              try {
                control.admit(pid, secret);
                admitted.complete(null);
              } catch (SQLException e) {
                admitted.completeExceptionally(PgErrors.translate("admit a session on " + id, e));
              } catch (RuntimeException e) {
                admitted.completeExceptionally(e);
              }
            });
    return admitted;
  }

  /**
   * A JDBC link over a server session that somebody else speaks the protocol with: for the verbs
   * that are seldom used and need many statements. Blocks while the vendor's driver is made, which
   * asks the server nothing.
   *
   * @param wire answers the driver's start-up by itself, then carries bytes to the server session
   *     and back; belongs to the link while one of its verbs runs, and is idle otherwise
   * @param clientUser whose session it is
   * @param secret with which it has entered
   * @param executor where the verbs' blocking work runs
   * @throws SQLException if the driver does not like the answers that it got
   */
  public JdbcLink guest(
      Socket wire, String clientUser, ServerProcess process, String secret, Executor executor)
      throws SQLException {
    return new PgLink(
        id, GuestSockets.connect(wire, clientUser), process, secret, preparedPrefix(), executor);
  }

  /** The settings with which every connection to the server begins, as its start-up takes them. */
  public String linkOptions() {
    return linkOptions;
  }

  /** What the names of this cluster's prepared transactions begin with. */
  public String preparedPrefix() {
    return PgControl.preparedPrefix(clusterId);
  }

  @Override
  public CompletionStage<Catalog> loadCatalog(long previousVersion) {
    CompletableFuture<Catalog> loaded = new CompletableFuture<>();
    environment
        .scheduler()
        .execute(
            () -> {
              try {
                loaded.complete(catalogs.load(previousVersion));
              } catch (SQLException e) {
                loaded.completeExceptionally(PgErrors.translate("catalog of " + id, e));
              } catch (RuntimeException e) {
                loaded.completeExceptionally(e);
              }
            });
    return loaded;
  }

  @Override
  public void close() {
    catalogs.close();
    control.close();
  }
}
