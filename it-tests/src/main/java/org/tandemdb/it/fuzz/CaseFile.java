package org.tandemdb.it.fuzz;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A case as a text that people can read and change: a head of {@code # key: value} lines, then
 * sections {@code == schema}, {@code == fill} and one {@code == thread} for each; statements are
 * separated by empty lines. A line {@code --: kind} before a statement names its kind, lines {@code
 * --? setter text} behind it are its parameters.
 *
 * @param disabled why it is not run; empty if it is
 */
record CaseFile(Case content, Optional<String> disabled) {

  static String write(Case one) {
    StringBuilder text = new StringBuilder();
    text.append("# name: ").append(one.name()).append('\n');
    text.append("# mode: ").append(one.mode().name().toLowerCase(Locale.ROOT)).append('\n');
    text.append("# schema: ").append(one.throughTandem() ? "tandem" : "direct").append("\n\n");
    text.append("== schema\n\n");
    one.schema().forEach(sql -> text.append(sql).append("\n\n"));
    text.append("== fill\n\n");
    one.fill().forEach(step -> write(step, text));
    for (List<Step> thread : one.threads()) {
      text.append("== thread\n\n");
      thread.forEach(step -> write(step, text));
    }
    return text.toString();
  }

  private static void write(Step step, StringBuilder text) {
    text.append("--: ").append(step.kind()).append('\n').append(step.sql()).append('\n');
    for (Param parameter : step.parameters()) {
      text.append("--? ").append(parameter.setter()).append(' ').append(parameter.text());
      text.append('\n');
    }
    text.append('\n');
  }

  /**
   * @throws IllegalArgumentException if it is not such a text
   */
  static CaseFile read(String text) {
    String name = "";
    Case.Mode mode = Case.Mode.CONCURRENT;
    boolean throughTandem = false;
    Optional<String> disabled = Optional.empty();
    List<String> schema = new ArrayList<>();
    List<Step> fill = new ArrayList<>();
    List<List<Step>> threads = new ArrayList<>();
    String section = "";
    List<String> block = new ArrayList<>();
    for (String line : (text + "\n\n").lines().toList()) {
      if (section.isEmpty() && line.startsWith("# ")) {
        String value = line.substring(line.indexOf(':') + 1).trim();
        switch (line.substring(2, line.indexOf(':'))) {
          case "name" -> name = value;
          case "mode" -> mode = Case.Mode.valueOf(value.toUpperCase(Locale.ROOT));
          case "schema" -> throughTandem = value.equals("tandem");
          case "disabled" -> disabled = Optional.of(value);
          default -> throw new IllegalArgumentException("not known: " + line);
        }
      } else if (line.startsWith("== ")) {
        section = line.substring(3).trim();
        if (section.equals("thread")) {
          threads.add(new ArrayList<>());
        }
      } else if (!line.isEmpty()) {
        block.add(line);
      } else if (!block.isEmpty()) {
        Step step = step(block);
        switch (section) {
          case "schema" -> schema.add(step.sql());
          case "fill" -> fill.add(step);
          case "thread" -> threads.get(threads.size() - 1).add(step);
          default -> throw new IllegalArgumentException("a statement in section " + section);
        }
        block.clear();
      }
    }
    return new CaseFile(new Case(name, mode, throughTandem, schema, fill, threads), disabled);
  }

  private static Step step(List<String> block) {
    String kind = "statement";
    List<String> sql = new ArrayList<>();
    List<Param> parameters = new ArrayList<>();
    for (String line : block) {
      if (line.startsWith("--: ")) {
        kind = line.substring(4);
      } else if (line.startsWith("--? ")) {
        int space = line.indexOf(' ', 4);
        parameters.add(new Param(line.substring(4, space), line.substring(space + 1)));
      } else {
        sql.add(line);
      }
    }
    return new Step(kind, String.join("\n", sql), parameters);
  }
}
