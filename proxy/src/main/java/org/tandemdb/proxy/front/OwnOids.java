package org.tandemdb.proxy.front;

import io.netty.buffer.ByteBuf;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.tandemdb.proxy.pg.Call;

/**
 * Which reads have to do with oids of a database's own objects. Each server has numbers of its own
 * for them, and clients use on one connection what they have learnt on it: they look a number up in
 * the catalogs that came with a column, and declare a parameter with one that they found there. So
 * clients get to see one server's numbers only, the primary's: what reads the system catalogs runs
 * there, what has such a parameter, and what gives back columns of such types, once that is known
 * of its text. Thread-safe.
 */
final class OwnOids {
  /** Texts that are remembered; one that is forgotten costs a query that is run twice. */
  private static final int MOST = 4096;

  private final Set<String> shown =
      Collections.newSetFromMap(
          Collections.synchronizedMap(
              new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
                  return size() > MOST;
                }
              }));

  /** True for the oid of what a database has by itself. Oids are unsigned. */
  static boolean isOwn(int oid) {
    return Integer.compareUnsigned(oid, Call.FIRST_OWN_OID) >= 0;
  }

  /** True if the primary is to run a read. Errs on that side, which costs time alone. */
  boolean areIn(String sql, int[] types) {
    for (int type : types) {
      if (isOwn(type)) {
        return true;
      }
    }
    return shown.contains(sql) || mentionsCatalogs(sql);
  }

  private static boolean mentionsCatalogs(String sql) {
    String text = sql.toLowerCase(Locale.ROOT);
    return text.contains("pg_") || text.contains("information_schema") || text.contains("::reg");
  }

  /**
   * Of a replica's RowDescription: a column does not tell of which table it is, whose number would
   * be another one's where it is looked up.
   */
  static void hideTables(ByteBuf frame) {
    if (frame.getByte(frame.readerIndex()) != 'T') {
      return;
    }
    ByteBuf body = frame.duplicate().skipBytes(1 + Integer.BYTES);
    for (int left = body.readUnsignedShort(); left > 0; left--) {
      body.skipBytes(body.bytesBefore((byte) 0) + 1);
      if (isOwn(body.getInt(body.readerIndex()))) {
        body.setZero(body.readerIndex(), Integer.BYTES + Short.BYTES);
      }
      body.skipBytes(18);
    }
  }

  /** The result of {@code sql} has columns of such types. */
  void note(String sql) {
    shown.add(sql);
  }
}
