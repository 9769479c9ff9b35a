package org.tandemdb.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.ListenerNotFoundException;
import javax.management.MBeanServer;
import javax.management.MBeanServerDelegate;
import javax.management.MBeanServerNotification;
import javax.management.Notification;
import javax.management.NotificationListener;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;
import org.tandemdb.cluster.BackendState;

/**
 * Meters of all clusters whose engine is open in this process, for Micrometer: bind it once, when
 * the application starts. They are read from the JMX beans, come and go with the engines, and work
 * where the driver was loaded by another class loader than this class. What is unknown is NaN. The
 * names are in {@code docs/operations.md}. Thread-safe.
 */
public final class TandemMetrics implements MeterBinder, AutoCloseable {
  private static final String PREFIX = "tandem.";

  private final MBeanServer server;
  private final Tags tags;

  private final Map<MeterRegistry, Watch> watches = new HashMap<>();

  public TandemMetrics() {
    this(Tags.empty());
  }

  /**
   * @param tags of every meter, besides its own
   */
  public TandemMetrics(Iterable<Tag> tags) {
    this.server = ManagementFactory.getPlatformMBeanServer();
    this.tags = Tags.of(tags);
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    synchronized (watches) {
      if (!watches.containsKey(registry)) {
        Watch watch = new Watch(registry);
        watches.put(registry, watch);
        watch.begin();
      }
    }
  }

  /** Takes all meters away. */
  @Override
  public void close() {
    synchronized (watches) {
      watches.values().forEach(Watch::end);
      watches.clear();
    }
  }

  /** The meters in one registry. */
  private final class Watch implements NotificationListener {
    private final MeterRegistry registry;
    private final Map<ObjectName, Bound> meters = new HashMap<>();

    Watch(MeterRegistry registry) {
      this.registry = registry;
    }

    void begin() {
      try {
        // Before looking at what is there, so that nothing falls between.
        server.addNotificationListener(MBeanServerDelegate.DELEGATE_NAME, this, null, null);
        server.queryNames(new ObjectName(ClusterBeans.DOMAIN + ":*"), null).forEach(this::add);
      } catch (JMException e) {
        throw new IllegalStateException(e); // the delegate is always there
      }
    }

    void end() {
      try {
        server.removeNotificationListener(MBeanServerDelegate.DELEGATE_NAME, this);
      } catch (InstanceNotFoundException | ListenerNotFoundException e) {
        throw new IllegalStateException(e);
      }
      synchronized (this) {
        List.copyOf(meters.keySet()).forEach(this::remove);
      }
    }

    @Override
    public void handleNotification(Notification notification, @Nullable Object handback) {
      if (notification instanceof MBeanServerNotification changed
          && changed.getMBeanName().getDomain().equals(ClusterBeans.DOMAIN)) {
        if (changed.getType().equals(MBeanServerNotification.REGISTRATION_NOTIFICATION)) {
          add(changed.getMBeanName());
        } else {
          remove(changed.getMBeanName());
        }
      }
    }

    private synchronized void add(ObjectName name) {
      if (meters.containsKey(name)) {
        return;
      }
      List<Meter> made = new ArrayList<>();
      Bean bean = new Bean(server, name);
      switch (String.valueOf(name.getKeyProperty("type"))) {
        case "Cluster" -> cluster(bean, tags.and("cluster", key(name, "name")), made);
        case "Backend" ->
            backend(
                bean,
                tags.and("cluster", key(name, "cluster"), "backend", key(name, "name")),
                made);
        default -> {
          return; // a bean of a later version
        }
      }
      meters.put(name, new Bound(bean, made));
    }

    private synchronized void remove(ObjectName name) {
      Bound gone = meters.remove(name);
      if (gone != null) {
        gone.meters().forEach(registry::remove);
      }
    }

    private void cluster(Bean bean, Tags own, List<Meter> made) {
      made.add(gauge("writable", "1 while writes are served", bean, own, b -> b.flag("Writable")));
      made.add(gauge("epoch", "Number of the primary's term", bean, own, b -> b.number("Epoch")));
      made.add(counter("failovers", "Terms after the first one", bean, own, "Failovers"));
      made.add(counter("commits", "Transactions logged and answered", bean, own, "Commits"));
    }

    private void backend(Bean bean, Tags own, List<Meter> made) {
      for (BackendState state : BackendState.values()) {
        made.add(
            gauge(
                "backend.state",
                "1 for the state that the backend is in",
                bean,
                own.and("state", state.name().toLowerCase(Locale.ROOT)),
                b -> state.name().equals(b.value("State")) ? 1 : 0));
      }
      made.add(gauge("backend.primary", "1 on the primary", bean, own, b -> b.flag("Primary")));
      made.add(counter("backend.reads", "Statements read here", bean, own, "Reads"));
      made.add(counter("backend.writes", "Statements written here", bean, own, "Writes"));
      made.add(
          gauge(
              "backend.lag.entries",
              "Entries that are not applied yet",
              bean,
              own,
              b -> b.number("LagEntries")));
      made.add(
          TimeGauge.builder(
                  PREFIX + "backend.lag", bean, TimeUnit.MILLISECONDS, b -> b.number("LagMillis"))
              .description("Age of the oldest entry that is not applied yet")
              .tags(own)
              .strongReference(true)
              .register(registry));
      for (String state : List.of("InUse", "Idle", "Opening", "Waiting")) {
        boolean waits = state.equals("Waiting");
        made.add(
            gauge(
                waits ? "backend.links.waiting" : "backend.links",
                waits ? "Sessions that wait for a link" : "Links of clients' users",
                bean,
                waits ? own : own.and("state", state.equals("InUse") ? "in_use" : lower(state)),
                b -> b.number("Links" + state)));
      }
    }

    private Meter gauge(
        String name, String doc, Bean bean, Tags own, ToDoubleFunction<Bean> value) {
      return Gauge.builder(PREFIX + name, bean, value)
          .description(doc)
          .tags(own)
          .strongReference(true)
          .register(registry);
    }

    private Meter counter(String name, String doc, Bean bean, Tags own, String attribute) {
      return FunctionCounter.builder(PREFIX + name, bean, b -> b.number(attribute))
          .description(doc)
          .tags(own)
          .register(registry);
    }
  }

  /**
   * @param bean held here, since a registry holds what a counter is read from weakly
   */
  private record Bound(Bean bean, List<Meter> meters) {}

  private static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  private static String key(ObjectName name, String property) {
    String value = String.valueOf(name.getKeyProperty(property));
    return value.startsWith("\"") ? ObjectName.unquote(value) : value;
  }

  /** One bean and where it is. */
  private record Bean(MBeanServer server, ObjectName name) {

    /** Null if it is unknown, or the bean is just going. */
    @Nullable Object value(String attribute) {
      try {
        return server.getAttribute(name, attribute);
      } catch (JMException | RuntimeException gone) {
        return null;
      }
    }

    double number(String attribute) {
      return value(attribute) instanceof Number number ? number.doubleValue() : Double.NaN;
    }

    double flag(String attribute) {
      return value(attribute) instanceof Boolean flag ? (flag ? 1 : 0) : Double.NaN;
    }
  }
}
