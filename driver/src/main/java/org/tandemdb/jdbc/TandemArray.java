package org.tandemdb.jdbc;

import java.lang.invoke.MethodType;
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
  private final Object @Nullable [] elements;
  private final @Nullable String text;

  /** What {@link #getResultSet} gives, where that is not the elements; null where it is. */
  private final @Nullable List<@Nullable Object> objects;

  /**
   * For a client: {@code createArrayOf}.
   *
   * @param elements of primitives are taken for those of their classes; null for an array that is
   *     NULL
   */
  TandemArray(String typeName, Object @Nullable [] elements) {
    this.typeName = typeName;
    this.baseType = Types.OTHER;
    this.elements = elements == null ? null : boxed(elements);
    this.text = elements == null ? null : literal(elements);
    this.objects = null;
  }

  /** A part of another, of more dimensions. */
  private TandemArray(TandemArray whole, Object[] elements) {
    this.typeName = whole.typeName;
    this.baseType = whole.baseType;
    this.elements = elements;
    this.text = literal(elements);
    this.objects = null;
  }

  /** From a result. */
  TandemArray(Array vendor) throws SQLException {
    this.typeName = vendor.getBaseTypeName();
    this.baseType = vendor.getBaseType();
    Object[] given = (Object[]) vendor.getArray();
    this.elements = given;
    this.text = vendor.toString();
    this.objects = baseType == Types.OTHER && isOfTexts(given) ? objectsOf(vendor) : null;
  }

  /** Types of the database's own are texts in an array, and objects in its ResultSet. */
  private static boolean isOfTexts(Object @Nullable [] elements) {
    Class<?> type = elements == null ? Object.class : elements.getClass();
    while (type.isArray()) {
      type = type.getComponentType();
    }
    return type == String.class;
  }

  private static List<@Nullable Object> objectsOf(Array vendor) throws SQLException {
    List<@Nullable Object> objects = new ArrayList<>();
    try (ResultSet rows = vendor.getResultSet()) {
      while (rows.next()) {
        Object object = rows.getObject(2);
        objects.add(object instanceof Array nested ? new TandemArray(nested) : object);
      }
    }
    return objects;
  }

  /** A copy, as deep as it is an array. */
  static Object[] boxed(Object array) {
    int length = java.lang.reflect.Array.getLength(array);
    Class<?> type = boxedType(array.getClass().getComponentType());
    Object[] copy = (Object[]) java.lang.reflect.Array.newInstance(type, length);
    for (int i = 0; i < length; i++) {
      Object element = java.lang.reflect.Array.get(array, i);
      boolean nested =
          element != null && element.getClass().isArray() && !(element instanceof byte[]);
      copy[i] = nested ? boxed(element) : element;
    }
    return copy;
  }

  private static Class<?> boxedType(Class<?> type) {
    if (type.isArray() && type != byte[].class) {
      return boxedType(type.getComponentType()).arrayType();
    }
    return MethodType.methodType(type).wrap().returnType();
  }

  /** The vendor's array on {@code link}. */
  Array on(Connection link) throws SQLException {
    return link.createArrayOf(typeName, elements);
  }

  /** As PostgreSQL reads it; null for one that is NULL. */
  @Nullable String literal() {
    return text;
  }

  private static String literal(Object[] elements) {
    StringBuilder literal = new StringBuilder();
    append(elements, literal);
    return literal.toString();
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
  public Object @Nullable [] getArray() {
    return elements;
  }

  @Override
  public Object @Nullable [] getArray(@Nullable Map<String, Class<?>> map) throws SQLException {
    refuse(map);
    return elements;
  }

  private static void refuse(@Nullable Map<String, Class<?>> map) throws SQLException {
    if (map != null && !map.isEmpty()) {
      throw Refusals.unsupported("type maps");
    }
  }

  @Override
  public Object[] getArray(long index, int count) throws SQLException {
    Object[] all = elements();
    if (index < 1 || count < 0 || index - 1 + count > all.length) {
      throw Refusals.invalid("The array has " + all.length + " elements.");
    }
    return Arrays.copyOfRange(all, (int) index - 1, (int) index - 1 + count);
  }

  private Object[] elements() {
    return elements == null ? new Object[0] : elements;
  }

  @Override
  public Object[] getArray(long index, int count, @Nullable Map<String, Class<?>> map)
      throws SQLException {
    refuse(map);
    return getArray(index, count);
  }

  @Override
  public ResultSet getResultSet() throws SQLException {
    return getResultSet(1, elements().length);
  }

  @Override
  public ResultSet getResultSet(@Nullable Map<String, Class<?>> map) throws SQLException {
    refuse(map);
    return getResultSet();
  }

  @Override
  public ResultSet getResultSet(long index, int count) throws SQLException {
    List<List<@Nullable Object>> rows = new ArrayList<>();
    Object[] part = getArray(index, count);
    boolean ofArrays = false;
    for (int i = 0; i < part.length; i++) {
      Object element = part[i];
      if (element instanceof Object[] nested) {
        ofArrays = true;
        element = new TandemArray(this, nested);
      }
      List<@Nullable Object> row = new ArrayList<>(2);
      row.add((int) index + i);
      row.add(objects == null ? element : objects.get((int) index - 1 + i));
      rows.add(row);
    }
    return new MemoryResultSet(
        List.of(
            new MemoryResultSet.Column("INDEX", Types.INTEGER, "int4"),
            ofArrays
                ? new MemoryResultSet.Column("VALUE", Types.ARRAY, arrayTypeName())
                : new MemoryResultSet.Column("VALUE", baseType, typeName)),
        rows);
  }

  /** With an underscore before its last part, as PostgreSQL has it. */
  private String arrayTypeName() {
    return typeName.replaceFirst("(\"?)([^\".]+\"?)$", "$1_$2");
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
    return String.valueOf(text);
  }
}
