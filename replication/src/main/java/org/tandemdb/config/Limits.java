package org.tandemdb.config;

import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Everything that is bounded, with its bound. Documentation, defaults and ranges are in {@link
 * Setting}; the components here are the settings of scope LIMIT in camel case. {@link #DEFAULTS}
 * and {@link #with} are the way to make one.
 */
public record Limits(
    int maxLinksPerBackend,
    int maxIdleUsers,
    long maxTransactionBytes,
    int stageThresholdBytes,
    int stageChunkBytes,
    int maxSavepointBytes,
    long logMaxBytes,
    int logSegmentBytes,
    long logCacheBytes,
    Duration markPatience,
    Duration markLimit,
    int maxBatchEntries,
    int maxCombinedInserts,
    int replayStatements,
    Duration probeInterval,
    Duration probeTimeout,
    Duration connectTimeout,
    Duration controlSocketTimeout,
    Duration drainDeadline,
    Duration leaseTimeout,
    Duration failoverPatience,
    Duration gateTimeout,
    int gateAttempts,
    Duration exclusiveLimit,
    Duration readPatience,
    Duration maxApplyDelay,
    Duration applyLockTimeout,
    Duration applyGather,
    int applyRunEntries,
    int applyRunBytes,
    Duration logKeep,
    Duration watermarkInterval,
    Duration rejoinInterval,
    int eventsKept,
    int planCacheEntries) {

  private static final List<Setting> SETTINGS = Setting.in(Setting.Scope.LIMIT);

  /** Every limit at its declared default. */
  public static final Limits DEFAULTS = of(Map.of());

  /**
   * The defaults with {@code given} in their place.
   *
   * @param given values as an operator writes them
   * @throws IllegalArgumentException for a text that is not of the setting's type, out of its
   *     range, or a setting that is not a limit
   */
  public static Limits of(Map<Setting, String> given) {
    EnumMap<Setting, String> texts = new EnumMap<>(Setting.class);
    SETTINGS.forEach(s -> texts.put(s, s.defaultText()));
    given.forEach(
        (setting, text) -> {
          if (texts.put(setting, text) == null) {
            throw new IllegalArgumentException(setting.key() + " is not a limit");
          }
        });
    return make(texts);
  }

  /** This with one limit changed, as an operator writes it: {@code with(MARK_LIMIT, "5s")}. */
  public Limits with(Setting setting, String text) {
    EnumMap<Setting, String> texts = texts();
    if (texts.put(setting, text) == null) {
      throw new IllegalArgumentException(setting.key() + " is not a limit");
    }
    return make(texts);
  }

  /** Throws IllegalArgumentException, whose message names the setting, unless {@code text} fits. */
  static Object read(Setting setting, String text) {
    try {
      Object value = parse(setting, text);
      if (compare(setting, value, setting.min()) < 0
          || compare(setting, value, setting.max()) > 0) {
        throw new IllegalArgumentException(
            text + " is out of range (" + setting.min() + " to " + setting.max() + ")");
      }
      return value;
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(setting.key() + ": " + e.getMessage(), e);
    }
  }

  private static int compare(Setting setting, Object value, String bound) {
    Object other = parse(setting, bound);
    return value instanceof Duration d
        ? d.compareTo((Duration) other)
        : Long.compare(((Number) value).longValue(), ((Number) other).longValue());
  }

  private static Object parse(Setting setting, String text) {
    return switch (setting.type()) {
      case COUNT -> SettingType.count(text);
      case BYTES -> SettingType.bytes(text);
      case DURATION -> SettingType.duration(text);
      case CHOICE, PATH, TEXT, SECRET, MAP -> throw new IllegalArgumentException("not a quantity");
    };
  }

  /** Reflection keeps thirty components and thirty declarations from being wired by hand. */
  private static Limits make(Map<Setting, String> texts) {
    RecordComponent[] components = Limits.class.getRecordComponents();
    Object[] values = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      Setting setting = SETTINGS.get(i);
      if (!setting.property().equals(components[i].getName())) {
        throw new AssertionError(components[i].getName() + " stands where " + setting + " should");
      }
      Object value = read(setting, texts.getOrDefault(setting, ""));
      values[i] =
          components[i].getType() == int.class
              ? Math.toIntExact(((Number) value).longValue())
              : value;
    }
    try {
      Class<?>[] types =
          Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
      Constructor<Limits> constructor = Limits.class.getDeclaredConstructor(types);
      return constructor.newInstance(values);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError("a record has its canonical constructor", e);
    }
  }

  /** As an operator would write them, in the order of declaration. */
  EnumMap<Setting, String> texts() {
    EnumMap<Setting, String> texts = new EnumMap<>(Setting.class);
    RecordComponent[] components = Limits.class.getRecordComponents();
    for (int i = 0; i < components.length; i++) {
      try {
        Object value = components[i].getAccessor().invoke(this);
        texts.put(
            SETTINGS.get(i),
            value instanceof Duration d ? d.toNanos() / 1000 + "us" : String.valueOf(value));
      } catch (ReflectiveOperationException e) {
        throw new AssertionError("a record has its accessors", e);
      }
    }
    return texts;
  }

  /**
   * How long the engine may take for one answer: the longest chain of gate, failover, a marker's
   * hard limit, an exclusive statement.
   */
  public Duration longestWait() {
    return gateTimeout
        .multipliedBy(2L * gateAttempts)
        .plus(leaseTimeout)
        .plus(failoverPatience.multipliedBy(2))
        .plus(markLimit)
        .plus(exclusiveLimit);
  }
}
