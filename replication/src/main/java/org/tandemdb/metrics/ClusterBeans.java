package org.tandemdb.metrics;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import javax.management.InstanceAlreadyExistsException;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.StandardMBean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tandemdb.engine.Observation;
import org.tandemdb.entry.Position;

/**
 * The beans of one open engine, from {@link #register} until {@link #close}. A database whose name
 * is taken by another cluster of this process is called {@code shop-2} and so on. What cannot be
 * registered is logged and left out: nobody's statements depend on it. Thread-safe.
 */
public final class ClusterBeans implements AutoCloseable {
  /** First part of all names. */
  public static final String DOMAIN = "org.tandemdb";

  private static final int MOST_OF_ONE_NAME = 100;
  private static final Logger LOGGER = LoggerFactory.getLogger(ClusterBeans.class);

  private final MBeanServer server;
  private final List<ObjectName> names = new ArrayList<>();

  private ClusterBeans(MBeanServer server) {
    this.server = server;
  }

  /**
   * @param observe is asked at each look at an attribute, by any thread, and must not block
   */
  public static ClusterBeans register(Supplier<Observation> observe) {
    ClusterBeans beans = new ClusterBeans(ManagementFactory.getPlatformMBeanServer());
    try {
      beans.registerAll(observe);
    } catch (JMException | RuntimeException e) {
      LOGGER.warn("the cluster cannot be seen through JMX", e);
    }
    return beans;
  }

  private synchronized void registerAll(Supplier<Observation> observe) throws JMException {
    Observation first = observe.get();
    String cluster = registerCluster(first.database(), new ClusterView(observe));
    for (Observation.Backend backend : first.backends()) {
      ObjectName name =
          new ObjectName(
              DOMAIN
                  + ":type=Backend,cluster="
                  + quoted(cluster)
                  + ",name="
                  + quoted(backend.name()));
      BackendView view = new BackendView(observe, backend.name());
      server.registerMBean(new StandardMBean(view, BackendMXBean.class, true), name);
      names.add(name);
    }
  }

  private String registerCluster(String database, ClusterView view) throws JMException {
    for (int i = 1; ; i++) {
      String called = i == 1 ? database : database + "-" + i;
      ObjectName name = new ObjectName(DOMAIN + ":type=Cluster,name=" + quoted(called));
      try {
        server.registerMBean(new StandardMBean(view, ClusterMXBean.class, true), name);
        names.add(name);
        return called;
      } catch (InstanceAlreadyExistsException taken) {
        if (i == MOST_OF_ONE_NAME) {
          throw taken;
        }
      }
    }
  }

  private static String quoted(String name) {
    return name.matches("[\\w.-]+") ? name : ObjectName.quote(name);
  }

  @Override
  public synchronized void close() {
    for (ObjectName name : names) {
      try {
        server.unregisterMBean(name);
      } catch (InstanceNotFoundException gone) {
        LOGGER.debug("{} was taken away by somebody else", name);
      } catch (JMException e) {
        LOGGER.warn("{} stays", name, e);
      }
    }
    names.clear();
  }

  private record ClusterView(Supplier<Observation> observe) implements ClusterMXBean {
    @Override
    public String getDatabase() {
      return observe.get().database();
    }

    @Override
    public String getLog() {
      return observe.get().log().toString();
    }

    @Override
    public long getEpoch() {
      return observe.get().epoch();
    }

    @Override
    public boolean isWritable() {
      return observe.get().writable();
    }

    @Override
    public String getPrimary() {
      return observe.get().backends().stream()
          .filter(Observation.Backend::primary)
          .map(Observation.Backend::name)
          .findFirst()
          .orElse("");
    }

    @Override
    public long getFailovers() {
      return observe.get().failovers();
    }

    @Override
    public long getCommits() {
      return observe.get().commits();
    }

    @Override
    public String getHead() {
      return observe.get().head().toString();
    }

    @Override
    public List<String> getBackends() {
      return observe.get().backends().stream().map(Observation.Backend::name).toList();
    }
  }

  private record BackendView(Supplier<Observation> observe, String name) implements BackendMXBean {
    private Observation.Backend now() {
      return observe.get().backends().stream()
          .filter(backend -> backend.name().equals(name))
          .findFirst()
          .orElseThrow(() -> new IllegalStateException("no backend is named " + name));
    }

    @Override
    public String getState() {
      return now().state().name();
    }

    @Override
    public boolean isPrimary() {
      return now().primary();
    }

    @Override
    public String getNote() {
      return now().note();
    }

    @Override
    public @Nullable String getPosition() {
      return now().position().map(Position::toString).orElse(null);
    }

    @Override
    public String getDurable() {
      return now().durable().toString();
    }

    @Override
    public long getReads() {
      return now().reads();
    }

    @Override
    public long getWrites() {
      return now().writes();
    }

    @Override
    public @Nullable Long getLagEntries() {
      var entries = now().lagEntries();
      return entries.isPresent() ? entries.getAsLong() : null;
    }

    @Override
    public @Nullable Long getLagMillis() {
      var seconds = now().lagSeconds();
      return seconds.isPresent() ? Math.round(seconds.getAsDouble() * 1000) : null;
    }

    @Override
    public int getLinksInUse() {
      return now().links().inUse();
    }

    @Override
    public int getLinksIdle() {
      return now().links().idle();
    }

    @Override
    public int getLinksOpening() {
      return now().links().opening();
    }

    @Override
    public int getLinksWaiting() {
      return now().links().waiting();
    }
  }
}
