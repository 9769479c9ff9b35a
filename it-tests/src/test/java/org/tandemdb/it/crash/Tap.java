package org.tandemdb.it.crash;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.BackendControl;
import org.tandemdb.backend.BackendPort;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.env.Disk;
import org.tandemdb.env.Environment;
import org.tandemdb.log.ReplicationLog;

/**
 * Puts a hook around every call at the engine's joints. Events are named {@code log.append}, {@code
 * port.open}, {@code control.raiseFence}, {@code link.finish}, {@code file.write} and so on, after
 * the joint and its method.
 */
public final class Tap {
  private Tap() {}

  /** Stands around each call, and answers in its place. */
  public interface Hook {
    @Nullable Object around(String event, @Nullable Object[] arguments, Call call) throws Throwable;
  }

  /** The call itself. */
  public interface Call {
    @Nullable Object proceed() throws Throwable;
  }

  public static ReplicationLog log(ReplicationLog real, Hook hook) {
    return on(ReplicationLog.class, "log", real, hook);
  }

  @SuppressWarnings("unchecked")
  public static BackendPort<JdbcLink> port(BackendPort<JdbcLink> real, Hook hook) {
    BackendControl control = on(BackendControl.class, "control", real.control(), hook);
    return on(
        BackendPort.class,
        "port",
        real,
        (event, arguments, call) ->
            switch (event) {
              case "port.control" -> control;
              case "port.open", "port.openOwn" ->
                  ((CompletionStage<JdbcLink>) proceed(() -> hook.around(event, arguments, call)))
                      .thenApply(link -> on(JdbcLink.class, "link", link, hook));
              default -> call.proceed();
            });
  }

  /** The environment with a disk whose files are tapped, as {@code disk} and {@code file}. */
  public static Environment disk(Environment real, Hook hook) {
    Disk disk =
        on(
            Disk.class,
            "disk",
            real.disk(),
            (event, arguments, call) -> {
              Object result = hook.around(event, arguments, call);
              return result instanceof Disk.DiskFile file
                  ? on(Disk.DiskFile.class, "file", file, hook)
                  : result;
            });
    return on(
        Environment.class,
        "environment",
        real,
        (event, arguments, call) -> event.equals("environment.disk") ? disk : call.proceed());
  }

  private static Object proceed(Call call) throws Throwable {
    Object result = call.proceed();
    if (result == null) {
      throw new IllegalStateException("the joint answered null");
    }
    return result;
  }

  private static <T> T on(Class<T> type, String joint, T real, Hook hook) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              if (method.getDeclaringClass() == Object.class) {
                return method.getName().equals("equals")
                    ? (Object) (proxy == arguments[0])
                    : method.invoke(real, arguments);
              }
              return hook.around(
                  joint + "." + method.getName(),
                  arguments == null ? new Object[0] : arguments,
                  () -> invoke(method, real, arguments));
            }));
  }

  private static @Nullable Object invoke(
      Method method, Object real, @Nullable Object @Nullable [] arguments) throws Throwable {
    try {
      return method.invoke(real, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause() == null ? e : e.getCause();
    }
  }
}
