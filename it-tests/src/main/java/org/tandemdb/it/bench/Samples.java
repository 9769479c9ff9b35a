package org.tandemdb.it.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Numbers of one kind, and where their middle and ends are. */
final class Samples {
  private final List<Double> values = new ArrayList<>();

  void add(double value) {
    values.add(value);
  }

  double median() {
    List<Double> sorted = values.stream().sorted().toList();
    int size = sorted.size();
    if (size == 0) {
      return Double.NaN;
    }
    return (sorted.get((size - 1) / 2) + sorted.get(size / 2)) / 2;
  }

  double min() {
    return values.stream().mapToDouble(Double::doubleValue).min().orElse(Double.NaN);
  }

  double max() {
    return values.stream().mapToDouble(Double::doubleValue).max().orElse(Double.NaN);
  }

  /** Like {@code 0.93 (0.90..0.97)}. */
  String withSpread(int digits) {
    String number = "%." + digits + "f";
    return String.format(
        Locale.ROOT, number + " (" + number + ".." + number + ")", median(), min(), max());
  }

  String middle(int digits) {
    return String.format(Locale.ROOT, "%,." + digits + "f", median());
  }
}
