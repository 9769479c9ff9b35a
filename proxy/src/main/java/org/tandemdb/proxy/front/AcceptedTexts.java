package org.tandemdb.proxy.front;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.tandemdb.proxy.pg.Meaning;

/**
 * Statements that a server has parsed without an error, for one user and schema. Whoever prepares
 * one of them ahead need not wait for a link to hear that it is right: clients that prepare one
 * statement at a time, on one thread for many connections, would wait for links that their other
 * connections hold. Bounded. Thread-safe.
 */
final class AcceptedTexts {
  /** What is forgotten costs a question to a server. */
  private static final int MOST = 4096;

  private static final int MOST_CHARS = 8192;

  private final Set<Key> texts =
      Collections.newSetFromMap(
          Collections.synchronizedMap(
              new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<Key, Boolean> eldest) {
                  return size() > MOST;
                }
              }));

  private record Key(String user, String sql, String types, Meaning meaning) {}

  boolean contains(String user, String sql, int[] types, Meaning meaning) {
    return texts.contains(key(user, sql, types, meaning));
  }

  void add(String user, String sql, int[] types, Meaning meaning) {
    if (sql.length() <= MOST_CHARS) {
      texts.add(key(user, sql, types, meaning));
    }
  }

  private static Key key(String user, String sql, int[] types, Meaning meaning) {
    return new Key(user, sql, Arrays.toString(types), meaning);
  }
}
