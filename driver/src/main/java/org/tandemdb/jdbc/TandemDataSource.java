package org.tandemdb.jdbc;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.Properties;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A DataSource over {@link TandemDriver}, for pools and containers that set properties: the URL,
 * and every setting that may stand in it. A property wins over the URL; one that was not set is
 * empty here, and has its default. Passwords can be set and not read. Configure it before its first
 * use; {@link #getConnection} is thread-safe.
 */
public final class TandemDataSource implements DataSource {
  private final TandemDriver driver;
  private final Properties properties = new Properties();
  private String url = "";
  private @Nullable PrintWriter logWriter;
  private int loginTimeoutSeconds;

  public TandemDataSource() {
    this(new TandemDriver());
  }

  TandemDataSource(TandemDriver driver) {
    this.driver = driver;
  }

  public void setUrl(String url) {
    this.url = url;
  }

  public String getUrl() {
    return url;
  }

  public void setUser(String user) {
    properties.setProperty("user", user);
  }

  public String getUser() {
    return get("user");
  }

  public void setPassword(String password) {
    properties.setProperty("password", password);
  }

  /** Any setting by its own name, or a vendor driver's own property. */
  public void setProperty(String key, String value) {
    properties.setProperty(key, value);
  }

  /** What was set, but for the URL. */
  Properties given() {
    return properties;
  }

  private String get(String key) {
    return properties.getProperty(key, "");
  }

  // --- one property for each setting of a URL, see docs/configuration.md; text with its unit ----

  public void setLog(String log) {
    properties.setProperty("log", log);
  }

  public String getLog() {
    return get("log");
  }

  public void setConsistency(String consistency) {
    properties.setProperty("consistency", consistency);
  }

  public String getConsistency() {
    return get("consistency");
  }

  public void setCommit(String commit) {
    properties.setProperty("commit", commit);
  }

  public String getCommit() {
    return get("commit");
  }

  public void setTandemUser(String tandemUser) {
    properties.setProperty("tandem_user", tandemUser);
  }

  public String getTandemUser() {
    return get("tandem_user");
  }

  public void setTandemPassword(String tandemPassword) {
    properties.setProperty("tandem_password", tandemPassword);
  }

  public void setNames(String names) {
    properties.setProperty("names", names);
  }

  public String getNames() {
    return get("names");
  }

  public void setDatabase(String database) {
    properties.setProperty("database", database);
  }

  public String getDatabase() {
    return get("database");
  }

  public void setMaxLinksPerBackend(String maxLinksPerBackend) {
    properties.setProperty("max_links_per_backend", maxLinksPerBackend);
  }

  public String getMaxLinksPerBackend() {
    return get("max_links_per_backend");
  }

  public void setMaxIdleUsers(String maxIdleUsers) {
    properties.setProperty("max_idle_users", maxIdleUsers);
  }

  public String getMaxIdleUsers() {
    return get("max_idle_users");
  }

  public void setMaxTransactionBytes(String maxTransactionBytes) {
    properties.setProperty("max_transaction_bytes", maxTransactionBytes);
  }

  public String getMaxTransactionBytes() {
    return get("max_transaction_bytes");
  }

  public void setStageThresholdBytes(String stageThresholdBytes) {
    properties.setProperty("stage_threshold_bytes", stageThresholdBytes);
  }

  public String getStageThresholdBytes() {
    return get("stage_threshold_bytes");
  }

  public void setStageChunkBytes(String stageChunkBytes) {
    properties.setProperty("stage_chunk_bytes", stageChunkBytes);
  }

  public String getStageChunkBytes() {
    return get("stage_chunk_bytes");
  }

  public void setMaxSavepointBytes(String maxSavepointBytes) {
    properties.setProperty("max_savepoint_bytes", maxSavepointBytes);
  }

  public String getMaxSavepointBytes() {
    return get("max_savepoint_bytes");
  }

  public void setLogMaxBytes(String logMaxBytes) {
    properties.setProperty("log_max_bytes", logMaxBytes);
  }

  public String getLogMaxBytes() {
    return get("log_max_bytes");
  }

  public void setLogSegmentBytes(String logSegmentBytes) {
    properties.setProperty("log_segment_bytes", logSegmentBytes);
  }

  public String getLogSegmentBytes() {
    return get("log_segment_bytes");
  }

  public void setLogCacheBytes(String logCacheBytes) {
    properties.setProperty("log_cache_bytes", logCacheBytes);
  }

  public String getLogCacheBytes() {
    return get("log_cache_bytes");
  }

  public void setMarkPatience(String markPatience) {
    properties.setProperty("mark_patience", markPatience);
  }

  public String getMarkPatience() {
    return get("mark_patience");
  }

  public void setMarkLimit(String markLimit) {
    properties.setProperty("mark_limit", markLimit);
  }

  public String getMarkLimit() {
    return get("mark_limit");
  }

  public void setMaxBatchEntries(String maxBatchEntries) {
    properties.setProperty("max_batch_entries", maxBatchEntries);
  }

  public String getMaxBatchEntries() {
    return get("max_batch_entries");
  }

  public void setReplayStatements(String replayStatements) {
    properties.setProperty("replay_statements", replayStatements);
  }

  public String getReplayStatements() {
    return get("replay_statements");
  }

  public void setMaxCombinedInserts(String maxCombinedInserts) {
    properties.setProperty("max_combined_inserts", maxCombinedInserts);
  }

  public String getMaxCombinedInserts() {
    return get("max_combined_inserts");
  }

  public void setProbeInterval(String probeInterval) {
    properties.setProperty("probe_interval", probeInterval);
  }

  public String getProbeInterval() {
    return get("probe_interval");
  }

  public void setProbeTimeout(String probeTimeout) {
    properties.setProperty("probe_timeout", probeTimeout);
  }

  public String getProbeTimeout() {
    return get("probe_timeout");
  }

  public void setConnectTimeout(String connectTimeout) {
    properties.setProperty("connect_timeout", connectTimeout);
  }

  public String getConnectTimeout() {
    return get("connect_timeout");
  }

  public void setControlSocketTimeout(String controlSocketTimeout) {
    properties.setProperty("control_socket_timeout", controlSocketTimeout);
  }

  public String getControlSocketTimeout() {
    return get("control_socket_timeout");
  }

  public void setDrainDeadline(String drainDeadline) {
    properties.setProperty("drain_deadline", drainDeadline);
  }

  public String getDrainDeadline() {
    return get("drain_deadline");
  }

  public void setLeaseTimeout(String leaseTimeout) {
    properties.setProperty("lease_timeout", leaseTimeout);
  }

  public String getLeaseTimeout() {
    return get("lease_timeout");
  }

  public void setFailoverPatience(String failoverPatience) {
    properties.setProperty("failover_patience", failoverPatience);
  }

  public String getFailoverPatience() {
    return get("failover_patience");
  }

  public void setGateTimeout(String gateTimeout) {
    properties.setProperty("gate_timeout", gateTimeout);
  }

  public String getGateTimeout() {
    return get("gate_timeout");
  }

  public void setGateAttempts(String gateAttempts) {
    properties.setProperty("gate_attempts", gateAttempts);
  }

  public String getGateAttempts() {
    return get("gate_attempts");
  }

  public void setExclusiveLimit(String exclusiveLimit) {
    properties.setProperty("exclusive_limit", exclusiveLimit);
  }

  public String getExclusiveLimit() {
    return get("exclusive_limit");
  }

  public void setReadPatience(String readPatience) {
    properties.setProperty("read_patience", readPatience);
  }

  public String getReadPatience() {
    return get("read_patience");
  }

  public void setMaxApplyDelay(String maxApplyDelay) {
    properties.setProperty("max_apply_delay", maxApplyDelay);
  }

  public String getMaxApplyDelay() {
    return get("max_apply_delay");
  }

  public void setApplyLockTimeout(String applyLockTimeout) {
    properties.setProperty("apply_lock_timeout", applyLockTimeout);
  }

  public String getApplyLockTimeout() {
    return get("apply_lock_timeout");
  }

  public void setApplyGather(String applyGather) {
    properties.setProperty("apply_gather", applyGather);
  }

  public String getApplyGather() {
    return get("apply_gather");
  }

  public void setApplyRunEntries(String applyRunEntries) {
    properties.setProperty("apply_run_entries", applyRunEntries);
  }

  public String getApplyRunEntries() {
    return get("apply_run_entries");
  }

  public void setApplyRunBytes(String applyRunBytes) {
    properties.setProperty("apply_run_bytes", applyRunBytes);
  }

  public String getApplyRunBytes() {
    return get("apply_run_bytes");
  }

  public void setLogKeep(String logKeep) {
    properties.setProperty("log_keep", logKeep);
  }

  public String getLogKeep() {
    return get("log_keep");
  }

  public void setWatermarkInterval(String watermarkInterval) {
    properties.setProperty("watermark_interval", watermarkInterval);
  }

  public String getWatermarkInterval() {
    return get("watermark_interval");
  }

  public void setRejoinInterval(String rejoinInterval) {
    properties.setProperty("rejoin_interval", rejoinInterval);
  }

  public String getRejoinInterval() {
    return get("rejoin_interval");
  }

  public void setEventsKept(String eventsKept) {
    properties.setProperty("events_kept", eventsKept);
  }

  public String getEventsKept() {
    return get("events_kept");
  }

  public void setPlanCacheEntries(String planCacheEntries) {
    properties.setProperty("plan_cache_entries", planCacheEntries);
  }

  public String getPlanCacheEntries() {
    return get("plan_cache_entries");
  }

  @Override
  public Connection getConnection() throws SQLException {
    return ProxyUrl.matches(url) ? through(properties) : open();
  }

  @Override
  public Connection getConnection(String username, String password) throws SQLException {
    return ProxyUrl.matches(url) ? through(with(username, password)) : open(username, password);
  }

  private Connection through(Properties with) throws SQLException {
    Connection connection = driver.connect(url, with);
    if (connection == null) {
      throw Refusals.invalid("'url' of the TandemDataSource is not a jdbc:tandem: URL.");
    }
    return connection;
  }

  TandemConnection open() throws SQLException {
    return connect(properties);
  }

  TandemConnection open(String username, String password) throws SQLException {
    return connect(with(username, password));
  }

  private Properties with(String username, String password) {
    Properties own = new Properties();
    own.putAll(properties);
    own.setProperty("user", username);
    own.setProperty("password", password);
    return own;
  }

  private TandemConnection connect(Properties with) throws SQLException {
    TandemConnection connection = driver.open(url, with);
    if (connection == null) {
      throw Refusals.invalid("'url' of the TandemDataSource is not a jdbc:tandem: URL.");
    }
    return connection;
  }

  @Override
  public @Nullable PrintWriter getLogWriter() {
    return logWriter;
  }

  /** Kept for whoever asks; the driver logs through SLF4J. */
  @Override
  public void setLogWriter(@Nullable PrintWriter out) {
    logWriter = out;
  }

  /** Kept for whoever asks: {@code failover_patience} and {@code lease_timeout} bound the wait. */
  @Override
  public void setLoginTimeout(int seconds) {
    loginTimeoutSeconds = seconds;
  }

  @Override
  public int getLoginTimeout() {
    return loginTimeoutSeconds;
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    return driver.getParentLogger();
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    if (isWrapperFor(type)) {
      return type.cast(this);
    }
    throw Refusals.noUnwrap(type);
  }

  @Override
  public boolean isWrapperFor(Class<?> type) {
    return type.isInstance(this) && Wrappers.mayBeSeen(type);
  }
}
