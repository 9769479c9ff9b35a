package org.tandemdb.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** The known key nearest to one that is not known. */
public final class Suggestion {
  /** Letters more, less or other than in a key that was meant. */
  private static final int MOST_SLIPS = 2;

  private Suggestion() {}

  /** " (did you mean 'x'?)", or the keys that are known where none is near. */
  public static String forKey(String key, Collection<String> known) {
    Optional<String> nearest = known.stream().min(Comparator.comparingInt(k -> distance(key, k)));
    if (nearest.isPresent() && distance(key, nearest.get()) <= Math.max(2, key.length() / 2)) {
      return "did you mean '" + nearest.get() + "'?";
    }
    return "known are " + String.join(", ", known);
  }

  /** The known key that {@code key} must have been meant for; empty where that is not certain. */
  static Optional<String> misspelt(String key, Collection<String> known) {
    String plain = plain(key);
    return known.stream()
        .filter(k -> k.length() > MOST_SLIPS * 2)
        .filter(k -> distance(plain, plain(k)) <= MOST_SLIPS)
        .min(Comparator.comparingInt(k -> distance(plain, plain(k))));
  }

  /** As both {@code mark_limit} and {@code markLimit} are. */
  private static String plain(String key) {
    return key.replaceAll("[_.-]", "");
  }

  /** Levenshtein's distance, letter case left aside. */
  static int distance(String a, String b) {
    int[] previous = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] current = new int[b.length() + 1];
      current[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        boolean same =
            Character.toLowerCase(a.charAt(i - 1)) == Character.toLowerCase(b.charAt(j - 1));
        current[j] =
            Math.min(Math.min(current[j - 1], previous[j]) + 1, previous[j - 1] + (same ? 0 : 1));
      }
      previous = current;
    }
    return previous[b.length()];
  }
}
