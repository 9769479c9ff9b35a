package org.tandemdb.proxy.admin;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tandemdb.cluster.BackendState;

/** The admin port, over a proxy that is made up. */
class AdminServerTest {
  private final AtomicReference<Optional<String>> token = new AtomicReference<>(Optional.empty());
  private final ShownProxy proxy = new ShownProxy();
  private final HttpClient client = HttpClient.newHttpClient();
  private final AdminServer server =
      AdminServer.start(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
          token::get,
          Duration.ofSeconds(2));

  @AfterEach
  void close() {
    server.close();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:" + server.address().getPort() + path))
        .timeout(Duration.ofSeconds(20));
  }

  private HttpResponse<String> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return send(request(path));
  }

  @Test
  void aProxyThatStartsIsLiveAndNotReady() throws IOException, InterruptedException {
    assertThat(get("/health/live").statusCode()).isEqualTo(200);
    assertThat(get("/health/ready").statusCode()).isEqualTo(503);
    assertThat(get("/status").statusCode()).isEqualTo(503);
    server.show(proxy);
    HttpResponse<String> ready = get("/health/ready");
    assertThat(ready.statusCode()).isEqualTo(200);
    assertThat(ready.body())
        .isEqualTo(
            "{\"status\":\"ready\",\"databases\":{\"shop\":\"ready\",\"stock\":\"ready\"}}\n");
    proxy.primary = false;
    assertThat(get("/health/ready").statusCode()).isEqualTo(503);
    assertThat(get("/health/live").statusCode()).isEqualTo(200);
  }

  @Test
  void reportsAreJsonWithNumbersAsNumbersAndTheUnknownAsNull()
      throws IOException, InterruptedException {
    server.show(proxy);
    HttpResponse<String> status = get("/status?database=stock");
    assertThat(status.headers().firstValue("content-type")).hasValue("application/json");
    assertThat(status.body())
        .isEqualTo(
            "{\"health\":\"healthy\",\"databases\":[{\"database\":\"stock\",\"health\":\"healthy\","
                + "\"columns\":[\"backend\",\"epoch\",\"lag_entries\",\"note\"],"
                + "\"rows\":[{\"backend\":\"a of stock\",\"epoch\":3,\"lag_entries\":null,"
                + "\"note\":\"said \\\"so\\\"\\nand so\"}]}]}\n");
    assertThat(get("/lag").body()).contains("a of shop", "a of stock");
    assertThat(get("/status?database=other").statusCode()).isEqualTo(404);
    assertThat(get("/everything").statusCode()).isEqualTo(404);
  }

  @Test
  void healthIsThatOfTheWorst() throws IOException, InterruptedException {
    server.show(proxy);
    proxy.replica = BackendState.CATCHING_UP;
    assertThat(get("/status").body()).startsWith("{\"health\":\"degraded\"");
    proxy.replica = BackendState.ONLINE;
    proxy.writable = false;
    assertThat(get("/status").body()).startsWith("{\"health\":\"degraded\"");
    proxy.primary = false;
    assertThat(get("/status").body()).startsWith("{\"health\":\"unavailable\"");
  }

  @Test
  void aPlanIsAskedForByPost() throws IOException, InterruptedException {
    server.show(proxy);
    assertThat(get("/plan?database=shop").statusCode()).isEqualTo(405);
    HttpRequest.BodyPublisher sql = HttpRequest.BodyPublishers.ofString("DELETE FROM t");
    assertThat(send(request("/plan?database=shop").POST(sql)).body())
        .contains("\"form\":\"VERBATIM\"");
    assertThat(send(request("/plan").POST(sql)).statusCode()).isEqualTo(400);
    assertThat(send(request("/status").POST(sql)).statusCode()).isEqualTo(405);
  }

  @Test
  void whereThereIsATokenNothingButHealthIsShownWithoutIt()
      throws IOException, InterruptedException {
    server.show(proxy);
    token.set(Optional.of("a-token-of-some-length"));
    for (String path : List.of("/status", "/metrics", "/config", "/plan")) {
      assertThat(get(path).statusCode()).as(path).isEqualTo(401);
      HttpRequest.Builder wrong = request(path).header("Authorization", "Bearer a-token-of-some-");
      assertThat(send(wrong).statusCode()).as(path).isEqualTo(401);
    }
    assertThat(get("/health/ready").statusCode()).isEqualTo(200);
    HttpRequest.Builder right =
        request("/status").header("Authorization", "bearer a-token-of-some-length");
    assertThat(send(right).statusCode()).isEqualTo(200);
  }

  @Test
  void metricsAreThoseOfThePrometheusFormat() throws IOException, InterruptedException {
    server.show(proxy);
    assertThat(get("/metrics").body())
        .contains("tandem_proxy_clients 7", "# TYPE jvm_memory_used_bytes gauge");
  }

  private Socket connected(String text) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort());
    socket.setSoTimeout(20_000);
    socket.getOutputStream().write(text.getBytes(US_ASCII));
    return socket;
  }

  /** What a page of somebody else's reaches whose name is made to point here. */
  @Test
  void withoutATokenAnotherNameForThisMachineIsNotAnswered() throws IOException {
    server.show(proxy);
    try (Socket page =
        connected("GET /status HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")) {
      assertThat(new String(page.getInputStream().readAllBytes(), US_ASCII))
          .startsWith("HTTP/1.1 403 ");
    }
  }

  @Test
  void aRequestThatIsTooLongIsRefused() throws IOException, InterruptedException {
    server.show(proxy);
    String large = "x".repeat(300 << 10);
    HttpRequest.Builder body =
        request("/plan?database=shop").POST(HttpRequest.BodyPublishers.ofString(large));
    assertThat(send(body).statusCode()).isEqualTo(413);
    assertThat(get("/status?database=" + large.substring(0, 10_000)).statusCode()).isEqualTo(400);
  }

  @Test
  void whoDoesNotFinishARequestIsClosed() throws IOException {
    try (Socket slow = connected("GET /status HT")) {
      assertThat(slow.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void requestsInOneFlightAreAnsweredInTheirOrder() throws IOException {
    server.show(proxy);
    try (Socket flight =
        connected(
            "GET /status HTTP/1.1\r\nHost: localhost\r\n\r\nGET /health/live HTTP/1.1\r\n"
                + "Host: localhost\r\nConnection: close\r\n\r\n")) {
      assertThat(new String(flight.getInputStream().readAllBytes(), US_ASCII))
          .containsSubsequence("a of shop", "{\"status\":\"live\"}");
    }
  }

  @Test
  void moreConnectionsThanAreServedAreClosed() throws IOException {
    List<Socket> all = new ArrayList<>();
    try {
      for (int i = 0; i < 64; i++) {
        Socket socket = connected("GET /health/live HTTP/1.1\r\n\r\n");
        assertThat(socket.getInputStream().read()).isEqualTo('H');
        all.add(socket);
      }
      Socket oneMore = connected("");
      all.add(oneMore);
      assertThat(oneMore.getInputStream().read()).isEqualTo(-1);
    } finally {
      for (Socket socket : all) {
        socket.close();
      }
    }
  }
}
