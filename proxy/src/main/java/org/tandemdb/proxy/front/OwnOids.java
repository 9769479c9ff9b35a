package org.tandemdb.proxy.front;

import io.netty.buffer.ByteBuf;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.tandemdb.entry.BackendId;
import org.tandemdb.proxy.pg.Call;

/**
 * Which reads have to do with oids of a database's own objects. Each server has numbers of its own
 * for them, and clients use on one connection what they have learnt on it: they look a number up in
 * the catalogs that came with a column, and declare a parameter with one that they found there. So
 * clients get to see one server's numbers only, the primary's: what reads the system catalogs runs
 * there, what has such a parameter, and what gives back columns of such types, once that is known
 * of its text. Columns that a replica gives tell their table by its number on the primary.
 * Thread-safe.
 */
final class OwnOids {
  /** Texts and tables that are remembered; what is forgotten costs a query that is run twice. */
  private static final int MOST = 4096;

  /** Of a text that is remembered without need: what is longer is looked through each time. */
  private static final int MOST_CHARACTERS = 2048;

  /** Whether the primary is to run them. */
  private final Map<String, Boolean> texts = bounded();

  /** The primary's numbers of tables. */
  private final Map<List<Object>, Integer> tables = bounded();

  private static <K, V> Map<K, V> bounded() {
    return Collections.synchronizedMap(
        new LinkedHashMap<>(16, 0.75f, true) {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
            return size() > MOST;
          }
        });
  }

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
    Boolean known = texts.get(sql);
    if (known == null) {
      known = mentionsCatalogs(sql);
      if (sql.length() <= MOST_CHARACTERS) {
        texts.put(sql, known);
      }
    }
    return known;
  }

  private static boolean mentionsCatalogs(String sql) {
    String text = sql.toLowerCase(Locale.ROOT);
    return text.contains("pg_") || text.contains("information_schema") || text.contains("::reg");
  }

  /** Of which own tables, by their numbers, the columns of a RowDescription are. */
  static Set<Integer> tablesOf(ByteBuf frame) {
    Set<Integer> tables = new LinkedHashSet<>();
    eachTable(frame, (body, oid) -> tables.add(oid));
    return tables;
  }

  private static void eachTable(ByteBuf frame, BiConsumer<ByteBuf, Integer> action) {
    if (frame.getByte(frame.readerIndex()) != 'T') {
      return;
    }
    ByteBuf body = frame.duplicate().skipBytes(1 + Integer.BYTES);
    for (int left = body.readUnsignedShort(); left > 0; left--) {
      body.skipBytes(body.bytesBefore((byte) 0) + 1);
      int oid = body.getInt(body.readerIndex());
      if (isOwn(oid)) {
        action.accept(body, oid);
      }
      body.skipBytes(18);
    }
  }

  /** The numbers of tables on one replica; they hold for one version of the schema. */
  final class Replica {
    private final BackendId backend;
    private final long schemaVersion;

    private Replica(BackendId backend, long schemaVersion) {
      this.backend = backend;
      this.schemaVersion = schemaVersion;
    }

    /** Those whose numbers on the primary are not known yet. */
    Set<Integer> unknown(Set<Integer> oids) {
      Set<Integer> unknown = new LinkedHashSet<>(oids);
      unknown.removeIf(oid -> tables.containsKey(key(oid)));
      return unknown;
    }

    private List<Object> key(int oid) {
      return List.of(backend, schemaVersion, oid);
    }

    /**
     * @param primarys 0 for a table that is not there
     */
    void learn(int oid, int primarys) {
      tables.put(key(oid), primarys);
    }

    /** Puts the primary's numbers into a RowDescription. */
    void translate(ByteBuf frame) {
      eachTable(
          frame,
          (body, oid) -> {
            int primarys = tables.getOrDefault(key(oid), 0);
            body.setInt(body.readerIndex(), primarys);
            if (primarys == 0) {
              body.setShort(body.readerIndex() + Integer.BYTES, 0);
            }
          });
    }
  }

  Replica on(BackendId backend, long schemaVersion) {
    return new Replica(backend, schemaVersion);
  }

  /** As the server reads an array of oids. */
  static String array(Set<Integer> oids) {
    return oids.stream().map(Integer::toUnsignedString).collect(Collectors.joining(",", "{", "}"));
  }

  /** The second values of rows, as the server reads an array of texts. */
  static String names(List<List<@Nullable String>> rows) {
    return rows.stream()
        .map(row -> String.valueOf(row.get(1)))
        .map(name -> '"' + name.replace("\\", "\\\\").replace("\"", "\\\"") + '"')
        .collect(Collectors.joining(",", "{", "}"));
  }

  static int oid(@Nullable String text) {
    return text == null ? 0 : Integer.parseUnsignedInt(text);
  }

  /** The result of {@code sql} has columns of such types. */
  void note(String sql) {
    texts.put(sql, true);
  }
}
