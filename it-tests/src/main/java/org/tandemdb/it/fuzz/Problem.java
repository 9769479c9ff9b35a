package org.tandemdb.it.fuzz;

/**
 * Something that must not happen.
 *
 * @param kind what it is, in the words by which shrinking recognises it
 */
record Problem(String kind, String text) {
  @Override
  public String toString() {
    return kind + ": " + text;
  }
}
