package org.tandemdb.proxy.pg;

/**
 * What decides which tables and types the names in a text are. A server refuses to run again what
 * it has prepared when its result has changed with them, so that is prepared anew.
 *
 * @param schemaVersion of the catalog that the text was planned with
 * @param path settings of the session by which names are looked up; empty where nothing was SET
 * @param temporary changes with each change of the temporary tables of the session; 0 without any
 */
public record Meaning(long schemaVersion, String path, long temporary) {
  /** Of texts that are not kept. */
  public static final Meaning NONE = new Meaning(0, "", 0);
}
