package org.tandemdb.proxy.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.encoder.Encoder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.tandemdb.proxy.front.ProxyConfig.LogFormat;

/** What an event looks like in a proxy's log. */
class LogOutputTest {
  private final LoggerContext context = new LoggerContext();
  private final Logger logger = context.getLogger("org.tandemdb.cluster.Cluster");

  private String written(LogFormat format, String message, @Nullable Throwable error) {
    Encoder<ILoggingEvent> encoder = LogOutput.encoder(format, context);
    encoder.start();
    LoggingEvent event =
        new LoggingEvent("here", logger, Level.WARN, message, error, new Object[] {"b"});
    return new String(encoder.encode(event), UTF_8);
  }

  @Test
  void anEventIsALineOfTextWhateverItHolds() {
    assertThat(written(LogFormat.TEXT, "{} is\nOFFLINE", null))
        .endsWith(" WARN  Cluster: b is OFFLINE\n")
        .hasLineCount(1);
    assertThat(written(LogFormat.TEXT, "{} fails", new IllegalStateException("first\nsecond")))
        .contains("Cluster: b fails | java.lang.IllegalStateException: first second at ")
        .hasLineCount(1);
  }

  @Test
  void anEventIsAnObjectOfOneLineIfJsonIsAskedFor() {
    assertThat(written(LogFormat.JSON, "{} said \"no\"\n", new IllegalStateException("why")))
        .startsWith("{\"at\":\"2")
        .contains(
            "\"level\":\"WARN\"",
            "\"logger\":\"org.tandemdb.cluster.Cluster\"",
            "\"message\":\"b said \\\"no\\\"\\n\"",
            "\"error\":\"java.lang.IllegalStateException: why\\n")
        .endsWith("}\n")
        .hasLineCount(1);
  }
}
