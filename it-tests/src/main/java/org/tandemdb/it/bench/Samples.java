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

  /** The lower end of the interval that holds the median in 19 of 20 cases, by order alone. */
  double low() {
    return ordered(-1);
  }

  /** The upper end of it. */
  double high() {
    return ordered(1);
  }

  private double ordered(int side) {
    List<Double> sorted = values.stream().sorted().toList();
    int size = sorted.size();
    if (size == 0) {
      return Double.NaN;
    }
    long place = Math.round((size - 1) / 2.0 + side * 0.98 * Math.sqrt(size));
    return sorted.get((int) Math.max(0, Math.min(size - 1, place)));
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
