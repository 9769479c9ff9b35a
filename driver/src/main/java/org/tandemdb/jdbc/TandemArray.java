package org.tandemdb.jdbc;

import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
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
    this.baseType = Types.OTHER;
    this.elements = elements.clone();
    StringBuilder literal = new StringBuilder();
    append(elements, literal);
    this.text = literal.toString();
  }

  /** A part of another, of more dimensions. */
  private TandemArray(TandemArray whole, Object[] elements) {
    this.typeName = whole.typeName;
    this.baseType = whole.baseType;
    this.elements = elements;
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
    } else if (value instanceof byte[] bytes) {
      out.append("\"\\\\x").append(HexFormat.of().formatHex(bytes)).append('"');
    } else if (value.getClass().isArray()) {
      out.append('{');
      for (int i = 0; i < java.lang.reflect.Array.getLength(value); i++) {
        if (i > 0) {
          out.append(',');
        }
        append(java.lang.reflect.Array.get(value, i), out);
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
  public Object getArray(@Nullable Map<String, Class<?>> map) throws SQLException {
    refuse(map);
    return elements;
  }

  private static void refuse(@Nullable Map<String, Class<?>> map) throws SQLException {
    if (map != null && !map.isEmpty()) {
      throw Refusals.unsupported("type maps");
    }
  }

  @Override
  public Object getArray(long index, int count) throws SQLException {
    Object[] all = (Object[]) elements;
    if (index < 1 || count < 0 || index - 1 + count > all.length) {
      throw Refusals.invalid("The array has " + all.length + " elements.");
    }
    return Arrays.copyOfRange(all, (int) index - 1, (int) index - 1 + count);
  }

  @Override
  public Object getArray(long index, int count, @Nullable Map<String, Class<?>> map)
      throws SQLException {
    refuse(map);
    return getArray(index, count);
  }

  @Override
  public ResultSet getResultSet() throws SQLException {
    return getResultSet(1, ((Object[]) elements).length);
  }

  @Override
  public ResultSet getResultSet(@Nullable Map<String, Class<?>> map) throws SQLException {
    refuse(map);
    return getResultSet();
  }

  @Override
  public ResultSet getResultSet(long index, int count) throws SQLException {
    List<List<@Nullable Object>> rows = new ArrayList<>();
    Object[] part = (Object[]) getArray(index, count);
    for (int i = 0; i < part.length; i++) {
      Object element = part[i] instanceof Object[] nested ? new TandemArray(this, nested) : part[i];
      List<@Nullable Object> row = new ArrayList<>(2);
      row.add((int) index + i);
      row.add(element);
      rows.add(row);
    }
    return new MemoryResultSet(
        List.of(
            new MemoryResultSet.Column("INDEX", Types.INTEGER, "int4"),
            new MemoryResultSet.Column("VALUE", baseType, typeName)),
        rows);
  }

  @Override
  public ResultSet getResultSet(long index, int count, @Nullable Map<String, Class<?>> map)
      throws SQLException {
    refuse(map);
    return getResultSet(index, count);
  }

  @Override
  public void free() {}

  @Override
  public String toString() {
    return text;
  }
}
