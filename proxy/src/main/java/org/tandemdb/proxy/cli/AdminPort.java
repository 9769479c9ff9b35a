package org.tandemdb.proxy.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** A running proxy's admin port, as a command's options name it. Owned by one command. */
final class AdminPort {
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration ANSWER = Duration.ofSeconds(20);
  private static final String TOKEN_VARIABLE = "TANDEM_ADMIN_TOKEN";

  @Option(
      names = "--admin",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:6433",
      description = "The proxy's admin port, or its http(s) URL (${DEFAULT-VALUE}).")
  private String address = "";

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = {
        "A file with the port's token, where it asks for one; without it, the variable"
            + " TANDEM_ADMIN_TOKEN."
      })
  private @Nullable Path tokenFile;

  @Option(
      names = "--database",
      paramLabel = "NAME",
      description = "One of the proxy's databases; without it, all.")
  private String database = "";

  private final HttpClient client = HttpClient.newBuilder().connectTimeout(CONNECT).build();

  /** The proxy does not answer, or not what was asked. */
  static final class Unanswered extends RuntimeException {
    private static final long serialVersionUID = 1;

    Unanswered(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * The report called {@code topic}, as JSON.
   *
   * @throws Unanswered if there is none
   */
  String get(String topic) {
    return send(request(topic).GET().build());
  }

  /** How {@code sql} would be replicated. */
  String plan(String sql) {
    return send(request("plan").POST(HttpRequest.BodyPublishers.ofString(sql)).build());
  }

  private HttpRequest.Builder request(String topic) {
    String base = address.contains("://") ? address : "http://" + address;
    String query = database.isEmpty() ? "" : "?database=" + URLEncoder.encode(database, UTF_8);
    try {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create(base + "/" + topic + query)).timeout(ANSWER);
      token().ifPresent(token -> request.header("Authorization", "Bearer " + token));
      return request;
    } catch (IllegalArgumentException e) {
      throw new Unanswered("--admin " + address + " is not host:port: " + e.getMessage(), e);
    }
  }

  private Optional<String> token() {
    Path file = tokenFile;
    try {
      return file != null
          ? Optional.of(Files.readString(file).strip())
          : Optional.ofNullable(System.getenv(TOKEN_VARIABLE));
    } catch (IOException e) {
      throw new Unanswered("the token cannot be read: " + e, e);
    }
  }

  private String send(HttpRequest request) {
    try {
      HttpResponse<String> response =
          client.send(request, HttpResponse.BodyHandlers.ofString(UTF_8));
      if (response.statusCode() != 200) {
        throw new Unanswered(
            "the proxy's admin port at "
                + address
                + " says "
                + response.statusCode()
                + ": "
                + response.body().strip(),
            null);
      }
      return response.body();
    } catch (IOException e) {
      throw new Unanswered("no proxy answers at " + address + " (--admin): " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Unanswered("interrupted", e);
    }
  }
}
