package org.tandemdb.proxy.admin;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the admin port answers, as JSON: one object for each database, rows as objects. */
final class AdminJson {
  private static final JsonFactory JSON = new JsonFactory();

  /** Columns whose texts are numbers; an unknown one is null, never 0. */
  private static final Set<String> NUMBERS =
      Set.of("epoch", "reads", "writes", "lag_entries", "lag_seconds", "pid");

  private AdminJson() {}

  /** One database's report. */
  record Report(String database, Health health, Inspection.Table table) {}

  static String reports(List<Report> reports) {
    return written(
        json -> {
          json.writeStartObject();
          json.writeStringField(
              "health", Health.worst(reports.stream().map(Report::health).toList()).word());
          json.writeArrayFieldStart("databases");
          for (Report report : reports) {
            json.writeStartObject();
            json.writeStringField("database", report.database());
            json.writeStringField("health", report.health().word());
            table(json, report.table());
            json.writeEndObject();
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  private static void table(JsonGenerator json, Inspection.Table table) throws IOException {
    json.writeArrayFieldStart("columns");
    for (String column : table.columns()) {
      json.writeString(column);
    }
    json.writeEndArray();
    json.writeArrayFieldStart("rows");
    for (List<@Nullable String> row : table.rows()) {
      json.writeStartObject();
      for (int i = 0; i < row.size(); i++) {
        value(json, table.columns().get(i), row.get(i));
      }
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void value(JsonGenerator json, String column, @Nullable String text)
      throws IOException {
    json.writeFieldName(column);
    if (text == null) {
      json.writeNull();
    } else if (NUMBERS.contains(column)) {
      json.writeNumber(text);
    } else {
      json.writeString(text);
    }
  }

  static String health(String status, Map<String, String> databases) {
    return written(
        json -> {
          json.writeStartObject();
          json.writeStringField("status", status);
          if (!databases.isEmpty()) {
            json.writeObjectFieldStart("databases");
            for (Map.Entry<String, String> database : databases.entrySet()) {
              json.writeStringField(database.getKey(), database.getValue());
            }
            json.writeEndObject();
          }
          json.writeEndObject();
        });
  }

  static String error(String message) {
    return written(
        json -> {
          json.writeStartObject();
          json.writeStringField("error", message);
          json.writeEndObject();
        });
  }

  private interface Content {
    void write(JsonGenerator json) throws IOException;
  }

  private static String written(Content content) {
    StringWriter out = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(out)) {
      content.write(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // there is no device behind it
    }
    return out.append('\n').toString();
  }
}
