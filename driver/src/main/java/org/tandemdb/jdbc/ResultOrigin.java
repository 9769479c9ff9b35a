package org.tandemdb.jdbc;

import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a result's columns come from, as the server has said with the rows: a name may mean another
 * table by now, or on another link. The numbers are that server's; another has others.
 *
 * @param table its oid; 0 if the columns have none, or several
 * @param attributes of the table, from 1, one for each of the result's columns; 0 for what is no
 *     column of the table
 */
record ResultOrigin(long table, List<Integer> attributes) {

  /**
   * @param vendors the vendor's description of the rows
   * @param most columns from the left that are the client's
   * @throws ReflectiveOperationException if this version of the vendor's driver does not tell
   */
  static ResultOrigin of(ResultSetMetaData vendors, int most)
      throws SQLException, ReflectiveOperationException {
    List<Integer> attributes = new ArrayList<>();
    long table = 0;
    boolean isSeveral = false;
    int count = Math.min(most, vendors.getColumnCount());
    for (int i = 1; i <= count; i++) {
      Object field = call(vendors, "getField", i);
      long origin = Integer.toUnsignedLong((int) call(field, "getTableOid"));
      int attribute = (int) call(field, "getPositionInTable");
      // Below 0 are what the server itself keeps in each row.
      boolean isColumn = origin != 0 && attribute > 0;
      attributes.add(isColumn ? attribute : 0);
      if (isColumn) {
        isSeveral |= table != 0 && table != origin;
        table = origin;
      }
    }
    return new ResultOrigin(isSeveral ? 0 : table, attributes);
  }

  /**
   * Of PostgreSQL's own driver, one that is not public: those that are give names, which it
   * remembers for as long as the link lives, whatever is renamed meanwhile.
   */
  private static Object call(Object vendors, String method, Object... arguments)
      throws SQLException, ReflectiveOperationException {
    Class<?>[] parameters = arguments.length == 0 ? new Class<?>[0] : new Class<?>[] {int.class};
    try {
      Method found = vendors.getClass().getDeclaredMethod(method, parameters);
      found.setAccessible(true);
      return found.invoke(vendors, arguments);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof SQLException failure) {
        throw failure;
      }
      throw e;
    } catch (InaccessibleObjectException e) {
      throw new ReflectiveOperationException(e);
    }
  }
}
