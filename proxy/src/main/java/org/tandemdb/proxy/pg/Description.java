package org.tandemdb.proxy.pg;

import java.util.Arrays;

/**
 * What a server has said of a statement. Immutable.
 *
 * @param parameterTypes oids
 * @param columns of its result; -1 for a statement without a result
 */
@SuppressWarnings("ArrayRecordComponent")
public record Description(int[] parameterTypes, int columns) {
  /** Nothing is known. */
  public static final Description UNKNOWN = new Description(new int[0], -1);

  public Description {
    parameterTypes = parameterTypes.clone();
  }

  @Override
  public int[] parameterTypes() {
    return parameterTypes.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Description that
        && columns == that.columns
        && Arrays.equals(parameterTypes, that.parameterTypes);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(parameterTypes) + columns;
  }
}
