package org.tandemdb.jdbc;

import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An array that holds no connection: made by a client, or read from a result. */
final class TandemArray implements Array {
  private final String typeName;
  private final int baseType;
  private final Object elements;
  private final String text;

  /** For a client: {@code createArrayOf}. */
  TandemArray(String typeName, Object[] elements) {
    this.typeName = typeName;
    this.baseType = java.sql.Types.OTHER;
    this.elements = elements.clone();
    StringBuilder literal = new StringBuilder();
    append(elements, literal);
    this.text = literal.toString();
  }

  /** From a result. */
  TandemArray(Array vendor) throws SQLException {
    this.typeName = vendor.getBaseTypeName();
    this.baseType = vendor.getBaseType();
    this.elements = vendor.getArray();
    this.text = vendor.toString();
  }

  /** The vendor's array on {@code link}. */
  Array on(Connection link) throws SQLException {
    return link.createArrayOf(typeName, (Object[]) elements);
  }

  /** As PostgreSQL reads it. */
  String literal() {
    return text;
  }

  private static void append(@Nullable Object value, StringBuilder out) {
    if (value == null) {
      out.append("NULL");
    } else if (value instanceof Object[] array) {
      out.append('{');
      for (int i = 0; i < array.length; i++) {
        if (i > 0) {
          out.append(',');
        }
        append(array[i], out);
      }
      out.append('}');
    } else {
      String plain = value.toString();
      out.append('"').append(plain.replace("\\", "\\\\").replace("\"", "\\\"")).append('"');
    }
  }

  @Override
  public String getBaseTypeName() {
    return typeName;
  }

  @Override
  public int getBaseType() {
    return baseType;
  }

  @Override
  public Object getArray() {
    return elements;
  }

  @Override
  public Object getArray(Map<String, Class<?>> map) {
    return elements;
  }

  @Override
  public Object getArray(long index, int count) throws SQLException {
    Object[] all = (Object[]) elements;
    if (index < 1 || count < 0 || index - 1 + count > all.length) {
      throw Refusals.invalid("The array has " + all.length + " elements.");
    }
    return java.util.Arrays.copyOfRange(all, (int) index - 1, (int) index - 1 + count);
  }

  @Override
  public Object getArray(long index, int count, Map<String, Class<?>> map) throws SQLException {
    return getArray(index, count);
  }

  @Override
  public ResultSet getResultSet() throws SQLException {
    throw Refusals.unsupported("an array as a ResultSet; use getArray");
  }

  @Override
  public ResultSet getResultSet(Map<String, Class<?>> map) throws SQLException {
    return getResultSet();
  }

  @Override
  public ResultSet getResultSet(long index, int count) throws SQLException {
    return getResultSet();
  }

  @Override
  public ResultSet getResultSet(long index, int count, Map<String, Class<?>> map)
      throws SQLException {
    return getResultSet();
  }

  @Override
  public void free() {}

  @Override
  public String toString() {
    return text;
  }
}
