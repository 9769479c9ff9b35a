package org.tandemdb.entry;

/** How a value's bytes are to be read. */
public enum Format {
  /** The database's own binary wire format of the type. */
  BINARY,
  /**
   * The database's text form under pinned settings (ISO dates, full float digits, hexadecimal
   * bytea), UTF-8.
   */
  PINNED_TEXT
}
