package org.tandemdb.proxy.pg;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * One statement as it is sent to a server, by the extended protocol. Immutable; {@code parameters}
 * is read through its own indices only.
 *
 * @param types oids that the client has declared; 0 leaves one to the server
 * @param shared prepared under a name that any client of the link finds by the text; else under
 *     none
 * @param meaning of the names in the text
 * @param parameters as they stand in Bind: formats, count, values
 * @param resultFormats the client's, for its own columns
 * @param portal empty unless it is to be gone on with
 * @param maxRows 0 for all
 * @param described RowDescription is wanted
 * @param hidden columns, the last ones, that are not the client's; text
 * @param apart a row is the client's if its first hidden column is NULL, and captured else
 */
@SuppressWarnings("ArrayRecordComponent")
public record Call(
    String sql,
    int[] types,
    boolean shared,
    Meaning meaning,
    ByteBuf parameters,
    int[] resultFormats,
    String portal,
    int maxRows,
    boolean described,
    int hidden,
    boolean apart) {

  /** Below it are the oids that all servers have in common; others are a database's own. */
  public static final int FIRST_OWN_OID = 16384;

  private static final int[] NONE = {};

  /** Of a statement without parameters, with a result in text. */
  public static Call of(String sql) {
    return new Call(sql, NONE, false, Meaning.NONE, noParameters(), NONE, "", 0, true, 0, false);
  }

  /** The same with types of parameters that are declared. */
  public Call with(int[] declared) {
    return new Call(
        sql,
        declared,
        shared,
        meaning,
        parameters,
        resultFormats,
        portal,
        maxRows,
        described,
        hidden,
        apart);
  }

  /** No formats, no values. */
  public static ByteBuf noParameters() {
    return Unpooled.wrappedBuffer(new byte[4]).asReadOnly();
  }

  /** Result formats have to be spelt out where hidden columns follow in another one. */
  boolean needsColumns() {
    return hidden > 0 && resultFormats.length == 1 && resultFormats[0] != 0;
  }

  /** Formats for all columns that the server will send. */
  int[] allFormats(int clientColumns) {
    if (hidden == 0 || resultFormats.length == 0) {
      return resultFormats;
    }
    int own = resultFormats.length == 1 ? clientColumns : resultFormats.length;
    if (resultFormats.length == 1 && resultFormats[0] == 0) {
      return NONE;
    }
    int[] all = new int[own + hidden];
    for (int i = 0; i < own; i++) {
      all[i] = resultFormats.length == 1 ? resultFormats[0] : resultFormats[i];
    }
    return all;
  }
}
