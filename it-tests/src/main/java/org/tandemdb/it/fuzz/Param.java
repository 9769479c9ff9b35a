package org.tandemdb.it.fuzz;

import java.math.BigDecimal;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.OffsetDateTime;
import java.util.HexFormat;
import java.util.UUID;

/**
 * A parameter: which setter it is given to, and its text.
 *
 * @param setter {@code int}, {@code long}, {@code text}, {@code numeric}, {@code bool}, {@code
 *     double}, {@code bytes} (in hexadecimal), {@code uuid}, {@code time} (with its offset), {@code
 *     other} (the server infers the type), {@code null}
 */
record Param(String setter, String text) {
  static final Param NULL = new Param("null", "");

  /**
   * @throws IllegalArgumentException if there is no such setter, or the text is not a value
   */
  void bind(PreparedStatement to, int index) throws SQLException {
    switch (setter) {
      case "int" -> to.setInt(index, Integer.parseInt(text));
      case "long" -> to.setLong(index, Long.parseLong(text));
      case "text" -> to.setString(index, text);
      case "numeric" -> to.setBigDecimal(index, new BigDecimal(text));
      case "bool" -> to.setBoolean(index, Boolean.parseBoolean(text));
      case "double" -> to.setDouble(index, Double.parseDouble(text));
      case "bytes" -> to.setBytes(index, HexFormat.of().parseHex(text));
      case "uuid" -> to.setObject(index, UUID.fromString(text));
      case "time" -> to.setObject(index, OffsetDateTime.parse(text));
      case "other" -> to.setObject(index, text, Types.OTHER);
      case "null" -> to.setNull(index, Types.NULL);
      default -> throw new IllegalArgumentException("no setter is called " + setter);
    }
  }
}
