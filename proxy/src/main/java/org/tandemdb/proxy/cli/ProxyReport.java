package org.tandemdb.proxy.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a proxy's admin port has answered, read back. */
record ProxyReport(String health, List<Database> databases) {

  /** One database's rows, by column; null is unknown. */
  record Database(
      String name, String health, List<String> columns, List<Map<String, @Nullable String>> rows) {}

  /**
   * @throws AdminPort.Unanswered if it is anything else
   */
  static ProxyReport parse(String json) {
    try (JsonParser parser = new JsonFactory().createParser(json)) {
      parser.nextToken();
      if (value(parser) instanceof Map<?, ?> top && top.get("databases") instanceof List<?> list) {
        return new ProxyReport(
            text(top, "health"), list.stream().map(one -> database((Map<?, ?>) one)).toList());
      }
    } catch (IOException | ClassCastException e) {
      throw new AdminPort.Unanswered("the answer is not a Tandem proxy's: " + e.getMessage(), e);
    }
    throw new AdminPort.Unanswered("the answer is not a Tandem proxy's", null);
  }

  private static Database database(Map<?, ?> read) {
    List<String> columns = new ArrayList<>();
    ((List<?>) list(read, "columns")).forEach(column -> columns.add(String.valueOf(column)));
    List<Map<String, @Nullable String>> rows = new ArrayList<>();
    for (Object one : list(read, "rows")) {
      Map<String, @Nullable String> row = new LinkedHashMap<>();
      ((Map<?, ?>) one)
          .forEach(
              (name, value) ->
                  row.put(String.valueOf(name), value == null ? null : value.toString()));
      rows.add(row);
    }
    return new Database(text(read, "database"), text(read, "health"), columns, rows);
  }

  private static List<?> list(Map<?, ?> read, String key) {
    return read.get(key) instanceof List<?> list ? list : List.of();
  }

  private static String text(Map<?, ?> read, String key) {
    return read.get(key) instanceof String text ? text : "";
  }

  /** Numbers as they are written. */
  private static @Nullable Object value(JsonParser parser) throws IOException {
    JsonToken token = parser.currentToken();
    if (token == JsonToken.START_OBJECT) {
      Map<String, @Nullable Object> object = new LinkedHashMap<>();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        object.put(name, value(parser));
      }
      return object;
    }
    if (token == JsonToken.START_ARRAY) {
      List<@Nullable Object> array = new ArrayList<>();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        array.add(value(parser));
      }
      return array;
    }
    return token == null || token == JsonToken.VALUE_NULL ? null : parser.getText();
  }

  /** Columns side by side, a heading above; what is unknown is a dash. */
  static String table(List<String> columns, List<? extends Map<String, @Nullable String>> rows) {
    int[] widths = columns.stream().mapToInt(String::length).toArray();
    for (Map<String, @Nullable String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], cell(row, columns.get(i)).length());
      }
    }
    StringBuilder text = new StringBuilder();
    Map<String, @Nullable String> heading = new LinkedHashMap<>();
    columns.forEach(column -> heading.put(column, column));
    line(text, columns, widths, heading);
    rows.forEach(row -> line(text, columns, widths, row));
    return text.toString();
  }

  private static void line(
      StringBuilder text, List<String> columns, int[] widths, Map<String, @Nullable String> row) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String cell = cell(row, columns.get(i));
      line.append(cell).append(" ".repeat(widths[i] - cell.length() + 2));
    }
    text.append(line.toString().stripTrailing()).append('\n');
  }

  private static String cell(Map<String, @Nullable String> row, String column) {
    String text = row.get(column);
    // One row, one line.
    return text == null ? "-" : text.replaceAll("\\s*\\R\\s*", " ");
  }
}
