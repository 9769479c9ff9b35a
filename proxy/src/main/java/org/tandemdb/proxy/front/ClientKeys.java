package org.tandemdb.proxy.front;

import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Map;

/**
 * What clients show to have their statement cancelled. Of this proxy alone: a client never learns a
 * server's own. On the event loop.
 */
final class ClientKeys {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Map<Integer, Integer> secrets = new HashMap<>();
  private final Map<Integer, ClientConnection> clients = new HashMap<>();

  /** Names a session; numbers as PostgreSQL gives them, positive. */
  record Key(int pid, int secret) {}

  Key next() {
    int pid;
    do {
      pid = RANDOM.nextInt(1, Integer.MAX_VALUE);
    } while (secrets.containsKey(pid));
    return new Key(pid, RANDOM.nextInt());
  }

  void put(Key key, ClientConnection client) {
    secrets.put(key.pid(), key.secret());
    clients.put(key.pid(), client);
  }

  void remove(Key key) {
    secrets.remove(key.pid());
    clients.remove(key.pid());
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
