package org.tandemdb.proxy.pg;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What is prepared at one link's server, by text: whichever client asks for the same finds it.
 * Bounded; the one that was used longest ago goes first. Owned by the event loop.
 */
final class LinkStatements {
  private static final int MOST = 256;

  private final Map<Key, Prepared> byText = new LinkedHashMap<>(16, 0.75f, true);
  private long made;

  private record Key(String sql, String types, Meaning meaning) {}

  /** Prepared as {@code name}. */
  record Prepared(String name, Description description) {}

  Optional<Prepared> find(String sql, int[] types, Meaning meaning) {
    return Optional.ofNullable(byText.get(key(sql, types, meaning)));
  }

  /** A name for what is about to be prepared; it is kept by {@link #keep}. */
  String newName() {
    made++;
    return "tandem_" + made;
  }

  /**
   * The server has prepared it.
   *
   * @return the name of one that is to be closed
   */
  Optional<String> keep(String sql, int[] types, Meaning meaning, Prepared prepared) {
    byText.put(key(sql, types, meaning), prepared);
    if (byText.size() <= MOST) {
      return Optional.empty();
    }
    var eldest = byText.entrySet().iterator();
    String name = eldest.next().getValue().name();
    eldest.remove();
    return Optional.of(name);
  }

  private static Key key(String sql, int[] types, Meaning meaning) {
    return new Key(sql, types.length == 0 ? "" : Arrays.toString(types), meaning);
  }
}
