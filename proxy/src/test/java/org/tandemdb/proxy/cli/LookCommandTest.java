package org.tandemdb.proxy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tandemdb.cluster.BackendState;
import org.tandemdb.proxy.admin.AdminServer;
import org.tandemdb.proxy.admin.ShownProxy;

/** The commands that ask a running proxy, over one that is made up. */
class LookCommandTest {
  private final ShownProxy proxy = new ShownProxy();
  private final AdminServer server =
      AdminServer.start(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
          () -> Optional.of("the-right-token-"));

  @TempDir Path directory;

  @AfterEach
  void close() {
    server.close();
  }

  private record Answer(int status, String out, String err) {}

  private Answer tandem(String... words) throws IOException {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status = run(out, err, words);
    return new Answer(status, out.toString(), err.toString());
  }

  private int run(StringWriter out, StringWriter err, String... words) throws IOException {
    Path token = directory.resolve("token");
    Files.writeString(token, "the-right-token-\n");
    List<String> all = new ArrayList<>(Arrays.asList(words));
    all.add(1, "--admin=127.0.0.1:" + server.address().getPort());
    if (!all.contains("--token-file")) {
      all.add(2, "--token-file=" + token);
    }
    return TandemCommand.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(all.toArray(String[]::new));
  }

  @Test
  void theStatusOfTheCommandIsThatOfTheWorstDatabase() throws IOException {
    server.show(proxy);
    assertThat(tandem("status").status()).isZero();
    proxy.replica = BackendState.OFFLINE;
    assertThat(tandem("status").status()).isEqualTo(1);
    assertThat(tandem("lag").status()).isEqualTo(1);
    proxy.primary = false;
    assertThat(tandem("status").status()).isEqualTo(4);
  }

  @Test
  void whoCannotAskIsToldWhy() throws IOException {
    assertThat(tandem("status").status()).as("still starting").isEqualTo(3);
    server.show(proxy);
    Path wrong = directory.resolve("wrong");
    Files.writeString(wrong, "another-token---");
    Answer refused = tandem("status", "--token-file", wrong.toString());
    assertThat(refused.status()).isEqualTo(3);
    assertThat(refused.err()).startsWith("tandem: ").contains("401", "admin.token");
    assertThat(tandem("status", "--output=xml").status()).isEqualTo(2);
    server.close();
    assertThat(tandem("status").err()).contains("no proxy answers at").doesNotContain("\tat ");
  }

  @Test
  void tablesHaveOneLineARowAndADashForTheUnknown() throws IOException {
    server.show(proxy);
    assertThat(tandem("status", "--database=shop").out())
        .isEqualTo(
            """
            shop is healthy
            backend    epoch  lag_entries  note
            a of shop  3      -            said "so" and so

            """);
    assertThat(tandem("status", "--output=json").out())
        .startsWith("{\"health\":\"healthy\",\"databases\":[{\"database\":\"shop\"");
  }

  @Test
  void followedEventsAreShownOnce() throws Exception {
    server.show(proxy);
    proxy.events.add(List.of("12:00", "a", "first"));
    proxy.events.add(List.of("12:01", "a", "second"));
    StringWriter out = new StringWriter();
    Thread follower =
        new Thread(
            () -> {
              try {
                run(out, new StringWriter(), "events", "--follow", "--database=shop");
              } catch (IOException e) {
                out.write(e.toString());
              }
            });
    follower.start();
    try {
      await(out, "second\n");
      proxy.events.remove(0);
      proxy.events.add(List.of("12:02", "b", "third"));
      await(out, "third\n");
    } finally {
      follower.interrupt();
      follower.join(Duration.ofSeconds(20).toMillis());
    }
    assertThat(out.toString())
        .isEqualTo("12:00  shop  a  first\n12:01  shop  a  second\n12:02  shop  b  third\n");
  }

  private static void await(StringWriter out, String text) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!out.toString().contains(text)) {
      assertThat(System.nanoTime()).as("%s in %s", text, out).isLessThan(deadline);
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  @Test
  void aRunningProxyExplains() throws IOException {
    server.show(proxy);
    Answer answer = tandem("explain", "--database=shop", "DELETE FROM t", "ALTER SYSTEM RESET ALL");
    assertThat(answer.status()).isEqualTo(1);
    assertThat(answer.out())
        .containsSubsequence("DELETE FROM t\n", "form     VERBATIM\n", "form     REFUSED\n");
    assertThat(tandem("explain", "--database=shop", "DELETE FROM t").status()).isZero();
    assertThat(tandem("explain", "--database=shop", "--output=json", "DELETE FROM t").out())
        .contains("\"form\":\"VERBATIM\"");
    assertThat(tandem("explain", "DELETE FROM t").err()).contains("say which database");
  }
}
