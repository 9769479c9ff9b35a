package org.tandemdb.proxy.front;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What clients show to have their statement cancelled. Of this proxy alone: a client never learns a
 * server's own. On the event loop.
 */
final class ClientKeys {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Map<Integer, Integer> secrets = new HashMap<>();
  private final Map<Integer, ClientConnection> clients = new HashMap<>();

  private final Map<Integer, Who> owners = new HashMap<>();

  /** Of {@link #clients}, for other threads. */
  private volatile int count;

  private record Who(String user, String database) {}

  /** Names a session; numbers as PostgreSQL gives them, positive. */
  record Key(int pid, int secret) {}

  Key next() {
    int pid;
    do {
      pid = RANDOM.nextInt(1, Integer.MAX_VALUE);
    } while (secrets.containsKey(pid));
    return new Key(pid, RANDOM.nextInt());
  }

  void put(Key key, String user, String database, ClientConnection client) {
    owners.put(key.pid(), new Who(user, database));
    secrets.put(key.pid(), key.secret());
    clients.put(key.pid(), client);
    count = clients.size();
  }

  void remove(Key key) {
    secrets.remove(key.pid());
    clients.remove(key.pid());
    owners.remove(key.pid());
    count = clients.size();
  }

  /** How many clients there are; from any thread. */
  int count() {
    return count;
  }

  /** The clients of a database, for {@code SHOW TANDEM SESSIONS}. */
  List<List<@Nullable String>> sessions(String database) {
    List<List<@Nullable String>> rows = new ArrayList<>();
    clients.forEach(
        (pid, client) -> {
          Who who = owners.get(pid);
          if (who != null && who.database().equals(database)) {
            List<@Nullable String> row = new ArrayList<>();
            row.add(Integer.toString(pid));
            row.add(who.user());
            row.addAll(client.described());
            rows.add(row);
          }
        });
    return rows;
  }

  /** Silent where the key is not right, as PostgreSQL is. */
  void cancel(int pid, int secret) {
    Integer known = secrets.get(pid);
    ClientConnection client = clients.get(pid);
    if (known != null && known == secret && client != null) {
      client.cancel();
    }
  }
}
