package org.tandemdb.plan;

import java.util.List;
import org.tandemdb.entry.TypeRef;

/**
 * What a client asks for, as planning sees it: the text, and the types of its parameters where the
 * client declared them. Values do not decide a plan.
 *
 * @param sql with parameters as {@code $1..$n}, or JDBC's {@code ?} where {@code markers} says so
 * @param parameterTypes one per parameter; empty when the client declared none
 */
public record Request(String sql, Markers markers, List<TypeRef> parameterTypes) {

  /** How parameters are written in the text. */
  public enum Markers {
    DOLLAR,
    /** {@code ?}, and {@code ??} for an operator containing a question mark, as pgjdbc has it. */
    QUESTION
  }
}
