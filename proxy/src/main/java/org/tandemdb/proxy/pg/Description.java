package org.tandemdb.proxy.pg;

import java.util.Arrays;

/**
 * What a server has said of a statement. Immutable.
 *
 * @param parameterTypes oids
 * @param columns of its result; -1 for a statement without a result
 * @param ownTypes one of the columns has a type that the database has by itself
 */
@SuppressWarnings("ArrayRecordComponent")
public record Description(int[] parameterTypes, int columns, boolean ownTypes) {
  /** Nothing is known. */
  public static final Description UNKNOWN = new Description(new int[0], -1, false);

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
        && ownTypes == that.ownTypes
        && Arrays.equals(parameterTypes, that.parameterTypes);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(parameterTypes) + columns;
  }
}
