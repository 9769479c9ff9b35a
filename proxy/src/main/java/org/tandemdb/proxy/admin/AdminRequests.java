package org.tandemdb.proxy.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.util.concurrent.ScheduledFuture;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection's requests, one after the other. Whoever does not send a whole request within
 * {@code patience} of the last answer is closed, however slowly it drips. On the admin port's loop.
 */
final class AdminRequests extends SimpleChannelInboundHandler<FullHttpRequest> {
  private static final Logger LOG = LoggerFactory.getLogger(AdminRequests.class);

  private static final String JSON = "application/json";

  private static final List<String> TOPICS =
      List.of("status", "lag", "events", "sessions", "config");

  /** No name that a page of somebody else's could have made to point here. */
  private static final Pattern LITERAL =
      Pattern.compile("(localhost|[0-9.]+|\\[[0-9a-fA-F:.]+])(:[0-9]+)?");

  private final Supplier<Optional<Inspection>> inspection;
  private final Supplier<Optional<String>> token;
  private final Supplier<String> metrics;
  private final Duration patience;
  private @Nullable ScheduledFuture<?> deadline;
  private CompletionStage<@Nullable Void> last = CompletableFuture.completedFuture(null);

  /**
   * @param inspection empty as long as the proxy starts
   * @param token that must be shown; empty for none
   */
  AdminRequests(
      Supplier<Optional<Inspection>> inspection,
      Supplier<Optional<String>> token,
      Supplier<String> metrics,
      Duration patience) {
    this.inspection = inspection;
    this.token = token;
    this.metrics = metrics;
    this.patience = patience;
  }

  private record Answer(HttpResponseStatus status, String type, String body) {
    static Answer json(HttpResponseStatus status, String body) {
      return new Answer(status, JSON, body);
    }

    static Answer error(HttpResponseStatus status, String message) {
      return json(status, AdminJson.error(message));
    }
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    awaitRequest(context);
  }

  private void awaitRequest(ChannelHandlerContext context) {
    ScheduledFuture<?> before = deadline;
    if (before != null) {
      before.cancel(false);
    }
    deadline =
        context
            .executor()
            .schedule(
                () -> {
                  context.close();
                },
                patience.toMillis(),
                TimeUnit.MILLISECONDS);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    ScheduledFuture<?> running = deadline;
    if (running != null) {
      running.cancel(false);
    }
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
    boolean keepAlive = HttpUtil.isKeepAlive(request);
    boolean head = request.method().equals(HttpMethod.HEAD);
    awaitRequest(context);
    // In the order of the requests, whoever is done first.
    last =
        last.thenCombine(
            answerTo(request).exceptionally(AdminRequests::failed),
            (before, answer) -> {
              write(context, answer, keepAlive, head);
              return null;
            });
  }

  private static Answer failed(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    LOG.warn("a request to the admin port failed", cause);
    return Answer.error(HttpResponseStatus.INTERNAL_SERVER_ERROR, "internal error: " + cause);
  }

  private CompletionStage<Answer> answerTo(FullHttpRequest request) {
    try {
      if (request.decoderResult().isFailure()) {
        return done(Answer.error(HttpResponseStatus.BAD_REQUEST, "this is not HTTP"));
      }
      QueryStringDecoder uri = new QueryStringDecoder(request.uri());
      Optional<Answer> health = health(uri.path());
      if (health.isPresent()) {
        return done(isReading(request) ? health.get() : notAllowed("GET"));
      }
      return refusal(request).map(AdminRequests::done).orElseGet(() -> shown(request, uri));
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static CompletionStage<Answer> done(Answer answer) {
    return CompletableFuture.completedFuture(answer);
  }

  private static boolean isReading(FullHttpRequest request) {
    return request.method().equals(HttpMethod.GET) || request.method().equals(HttpMethod.HEAD);
  }

  private static Answer notAllowed(String allowed) {
    return Answer.error(
        HttpResponseStatus.METHOD_NOT_ALLOWED, "only " + allowed + " is known here");
  }

  // --- who may ask

  private Optional<Answer> refusal(FullHttpRequest request) {
    Optional<String> expected = token.get();
    if (expected.isEmpty()) {
      // A page in a browser on this machine could have its own name lead here.
      String host = request.headers().get(HttpHeaderNames.HOST, "");
      return LITERAL.matcher(host).matches() || host.isEmpty()
          ? Optional.empty()
          : Optional.of(
              Answer.error(
                  HttpResponseStatus.FORBIDDEN,
                  "without admin.token this port is asked by address or as localhost only"));
    }
    String shown = request.headers().get(HttpHeaderNames.AUTHORIZATION, "");
    boolean bearer = shown.regionMatches(true, 0, "Bearer ", 0, 7);
    boolean right =
        bearer
            && MessageDigest.isEqual(
                shown.substring(7).strip().getBytes(UTF_8), expected.get().getBytes(UTF_8));
    return right
        ? Optional.empty()
        : Optional.of(
            Answer.error(
                HttpResponseStatus.UNAUTHORIZED,
                "the token of admin.token is needed: Authorization: Bearer <token>"));
  }

  // --- health

  private Optional<Answer> health(String path) {
    return switch (path) {
      case "/health/live" ->
          Optional.of(Answer.json(HttpResponseStatus.OK, AdminJson.health("live", Map.of())));
      case "/health/ready" -> Optional.of(ready());
      default -> Optional.empty();
    };
  }

  private Answer ready() {
    Optional<Inspection> proxy = inspection.get();
    if (proxy.isEmpty()) {
      return Answer.json(
          HttpResponseStatus.SERVICE_UNAVAILABLE, AdminJson.health("not ready", Map.of()));
    }
    Map<String, String> databases = new LinkedHashMap<>();
    boolean all = true;
    for (String name : proxy.get().databases()) {
      boolean served = Health.isServed(proxy.get().observe(name));
      databases.put(name, served ? "ready" : "no primary");
      all &= served;
    }
    return Answer.json(
        all ? HttpResponseStatus.OK : HttpResponseStatus.SERVICE_UNAVAILABLE,
        AdminJson.health(all ? "ready" : "not ready", databases));
  }

  // --- what there is to see

  private CompletionStage<Answer> shown(FullHttpRequest request, QueryStringDecoder uri) {
    String topic = uri.path().startsWith("/") ? uri.path().substring(1) : uri.path();
    boolean plan = topic.equals("plan");
    if (!plan && !TOPICS.contains(topic) && !topic.equals("metrics")) {
      return done(
          Answer.error(
              HttpResponseStatus.NOT_FOUND,
              "there are /health/live, /health/ready, /metrics, /status, /lag, /events, /sessions,"
                  + " /config and /plan"));
    }
    boolean allowed = plan ? request.method().equals(HttpMethod.POST) : isReading(request);
    if (!allowed) {
      return done(notAllowed(plan ? "POST, with the SQL as its body," : "GET"));
    }
    if (topic.equals("metrics")) {
      return done(
          new Answer(
              HttpResponseStatus.OK, "text/plain; version=0.0.4; charset=utf-8", metrics.get()));
    }
    Optional<Inspection> proxy = inspection.get();
    if (proxy.isEmpty()) {
      return done(
          Answer.error(HttpResponseStatus.SERVICE_UNAVAILABLE, "the proxy is still starting"));
    }
    List<String> named = uri.parameters().getOrDefault("database", List.of());
    List<String> databases = named.isEmpty() ? proxy.get().databases() : named;
    for (String name : databases) {
      if (!proxy.get().databases().contains(name)) {
        return done(
            Answer.error(
                HttpResponseStatus.NOT_FOUND,
                "there is no database '" + name + "', but " + proxy.get().databases()));
      }
    }
    return plan ? plan(proxy.get(), databases, request) : reports(proxy.get(), databases, topic);
  }

  private static CompletionStage<Answer> plan(
      Inspection proxy, List<String> databases, FullHttpRequest request) {
    String sql = request.content().toString(UTF_8);
    if (databases.size() != 1) {
      return done(
          Answer.error(
              HttpResponseStatus.BAD_REQUEST,
              "say which database: /plan?database=, of " + databases));
    }
    if (sql.isBlank()) {
      return done(Answer.error(HttpResponseStatus.BAD_REQUEST, "the SQL is the request's body"));
    }
    String database = databases.get(0);
    return done(
        Answer.json(
            HttpResponseStatus.OK,
            AdminJson.reports(
                List.of(
                    new AdminJson.Report(
                        database,
                        Health.of(proxy.observe(database)),
                        proxy.plan(database, sql))))));
  }

  private static CompletionStage<Answer> reports(
      Inspection proxy, List<String> databases, String topic) {
    CompletionStage<List<AdminJson.Report>> all =
        CompletableFuture.completedFuture(new ArrayList<>());
    for (String database : databases) {
      all =
          all.thenCombine(
              proxy.show(database, topic.toUpperCase(Locale.ROOT)),
              (reports, table) -> {
                reports.add(
                    new AdminJson.Report(database, Health.of(proxy.observe(database)), table));
                return reports;
              });
    }
    return all.thenApply(reports -> Answer.json(HttpResponseStatus.OK, AdminJson.reports(reports)));
  }

  // --- the answer

  private static void write(
      ChannelHandlerContext context, Answer answer, boolean keepAlive, boolean head) {
    byte[] body = answer.body().getBytes(UTF_8);
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            answer.status(),
            head ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(body));
    response
        .headers()
        .set(HttpHeaderNames.CONTENT_TYPE, answer.type())
        .set(HttpHeaderNames.CONTENT_LENGTH, body.length)
        .set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE);
    if (answer.status().equals(HttpResponseStatus.UNAUTHORIZED)) {
      response.headers().set(HttpHeaderNames.WWW_AUTHENTICATE, "Bearer");
    }
    if (!keepAlive) {
      response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    }
    var written = context.writeAndFlush(response);
    if (!keepAlive) {
      written.addListener(ChannelFutureListener.CLOSE);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    LOG.debug("a connection to the admin port failed", cause);
    context.close();
  }
}
