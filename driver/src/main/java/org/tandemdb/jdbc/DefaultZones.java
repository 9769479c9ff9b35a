package org.tandemdb.jdbc;

import java.util.Optional;
import java.util.TimeZone;
import java.util.function.Supplier;

/**
 * The JVM's default time zone, which is that of a connection of PostgreSQL's driver from its
 * beginning. Links are older or younger than the connections that use them: as long as the default
 * has never changed, all of them have the same zone, and a session needs none of its own. Once it
 * has, each says what it wants. Thread-safe.
 */
final class DefaultZones {
  private static final String GMT = "GMT";

  private final Supplier<TimeZone> current;
  private final String first;
  private volatile boolean changed;

  /**
   * @param current the default now
   */
  DefaultZones(Supplier<TimeZone> current) {
    this.current = current;
    this.first = current.get().getID();
  }

  /** What is to be set for a session that begins now; empty if its links have it. */
  Optional<String> zoneOfNewSession() {
    String now = current.get().getID();
    if (!changed && now.equals(first)) {
      return Optional.empty();
    }
    changed = true;
    return Optional.of(inPostgres(now));
  }

  /** Java's {@code GMT+3} is east of Greenwich, that of POSIX, which PostgreSQL reads, is west. */
  private static String inPostgres(String id) {
    if (!id.startsWith(GMT) || id.length() == GMT.length()) {
      return id;
    }
    String offset = id.substring(GMT.length() + 1);
    return switch (id.charAt(GMT.length())) {
      case '+' -> GMT + '-' + offset;
      case '-' -> GMT + '+' + offset;
      default -> id;
    };
  }
}
