package org.tandemdb.config;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;

/** A YAML document that remembers its lines, so that an error can say where. */
sealed interface YamlNode {

  /** Line of the file, from 1. */
  int line();

  /** {@code text} as written, before substitution. */
  record Scalar(int line, String text) implements YamlNode {}

  record Mapping(int line, Map<String, Entry> entries) implements YamlNode {}

  record Sequence(int line, List<YamlNode> items) implements YamlNode {}

  /** A value with the line of its key. */
  record Entry(int line, YamlNode value) {}

  static YamlNode parse(String text, String file) {
    try (JsonParser parser = new YAMLFactory().createParser(text)) {
      if (parser.nextToken() == null) {
        throw new TandemException(ErrorCode.CONFIGURATION, file + ": the file is empty");
      }
      YamlNode root = node(parser, file);
      if (parser.nextToken() != null) {
        throw error(file, line(parser), "a second document starts here; one is expected");
      }
      return root;
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
      throw new TandemException(
          ErrorCode.CONFIGURATION, file + ":" + line + ": " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new TandemException(ErrorCode.CONFIGURATION, file + ": " + e.getMessage(), e);
    }
  }

  static TandemException error(String file, int line, String detail) {
    return new TandemException(ErrorCode.CONFIGURATION, file + ":" + line + ": " + detail);
  }

  private static YamlNode node(JsonParser parser, String file) throws IOException {
    int line = line(parser);
    JsonToken token = parser.currentToken();
    if (token == JsonToken.START_OBJECT) {
      return mapping(parser, file, line);
    }
    if (token == JsonToken.START_ARRAY) {
      List<YamlNode> items = new ArrayList<>();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        items.add(node(parser, file));
      }
      return new Sequence(line, items);
    }
    if (token == JsonToken.VALUE_NULL) {
      return new Scalar(line, "");
    }
    if (!token.isScalarValue()) {
      throw error(file, line, "this is not understood here");
    }
    return new Scalar(line, parser.getText());
  }

  private static Mapping mapping(JsonParser parser, String file, int line) throws IOException {
    Map<String, Entry> entries = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      int keyLine = line(parser);
      parser.nextToken();
      if (entries.put(key, new Entry(keyLine, node(parser, file))) != null) {
        throw error(file, keyLine, "'" + key + "' is given twice");
      }
    }
    return new Mapping(line, entries);
  }

  private static int line(JsonParser parser) {
    return parser.currentTokenLocation().getLineNr();
  }
}
