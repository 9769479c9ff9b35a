package org.tandemdb.session;

import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tandemdb.entry.Position;

/**
 * What a client holds of a transaction before it commits, and asks with when it did not hear how
 * that ended.
 *
 * @param cluster the first half of the cluster's id: another cluster does not know
 * @param after the log's head when the token was made: its entry, if there is one, comes later
 * @param id is in the transaction's entry; nobody else can guess it
 */
public record TransactionToken(int cluster, Position after, UUID id) {
  private static final Pattern TEXT =
      Pattern.compile("([0-9a-f]{8})-([0-9]{1,18})-([0-9]{1,18})-([0-9a-f]{16})([0-9a-f]{16})");

  /** Of the cluster with that id. */
  public TransactionToken(UUID cluster, Position after, UUID id) {
    this(half(cluster), after, id);
  }

  /**
   * As {@link #toString} has written it.
   *
   * @throws IllegalArgumentException if it was something else
   */
  public static TransactionToken parse(String text) {
    Matcher m = TEXT.matcher(text);
    if (!m.matches()) {
      throw new IllegalArgumentException("'" + text + "' is not a transaction's token");
    }
    return new TransactionToken(
        Integer.parseUnsignedInt(m.group(1), 16),
        new Position(Long.parseLong(m.group(2)), Long.parseLong(m.group(3))),
        new UUID(Long.parseUnsignedLong(m.group(4), 16), Long.parseUnsignedLong(m.group(5), 16)));
  }

  /** True if it was made by the cluster with that id. */
  public boolean isOf(UUID other) {
    return cluster == half(other);
  }

  private static int half(UUID cluster) {
    return (int) (cluster.getMostSignificantBits() >>> 32);
  }

  @Override
  public String toString() {
    return String.format(
        "%08x-%d-%d-%016x%016x",
        cluster,
        after.epoch(),
        after.number(),
        id.getMostSignificantBits(),
        id.getLeastSignificantBits());
  }
}
