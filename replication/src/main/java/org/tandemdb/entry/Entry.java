package org.tandemdb.entry;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * One committed transaction's writes in replication form.
 *
 * @param batch the number of the first position given in this entry's batch: entries of one batch
 *     all held their locks at one moment, so they do not conflict with each other
 * @param settings session settings that change the meaning of the statements and differ from the
 *     pinned ones (for PostgreSQL: TimeZone, search_path, role ...), by name
 * @param createdAtMillis wall-clock time of the commit, for lag in seconds only
 * @param token by which its client may ask what became of it; empty if it did not want to know
 */
public record Entry(
    Position position,
    long batch,
    long createdAtMillis,
    Map<String, String> settings,
    Body body,
    Optional<UUID> token) {

  /** An entry whose client did not ask for a token. */
  public Entry(
      Position position,
      long batch,
      long createdAtMillis,
      Map<String, String> settings,
      Body body) {
    this(position, batch, createdAtMillis, settings, body, Optional.empty());
  }

  /** Where the changes are. */
  public sealed interface Body {}

  /** The changes themselves, in order. */
  public record Inline(List<Change> changes) implements Body {}

  /**
   * The changes of a large transaction, staged in the log before its commit record.
   *
   * @param chunks how many, in order 0..chunks-1; each decodes to a list of changes
   * @param bytes the encoded size of all
   */
  public record Staged(StageId stage, int chunks, long bytes) implements Body {}
}
