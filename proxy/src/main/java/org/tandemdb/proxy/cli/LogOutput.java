package org.tandemdb.proxy.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import org.slf4j.LoggerFactory;
import org.tandemdb.proxy.front.ProxyConfig.LogFormat;
import org.tandemdb.proxy.front.ProxyConfig.LogLevel;

/** Where a proxy writes what it has to say of itself: standard error, a line an event. */
final class LogOutput {
  private static final String OWN = "org.tandemdb";

  /** Without line breaks, also of what an error says. */
  private static final String PATTERN =
      "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level %logger{0}: %replace(%msg%replace(%ex){'^(.)', ' | $1'})"
          + "{'[\\r\\n\\t]+', ' '}%nopex%n";

  private LogOutput() {}

  /** In place of whatever was configured before. */
  static void configure(LogFormat format, LogLevel level) {
    if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
      return; // somebody else's logging, with a configuration of its own
    }
    context.reset();
    ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
    console.setContext(context);
    console.setTarget("System.err");
    Encoder<ILoggingEvent> encoder = encoder(format, context);
    encoder.start();
    console.setEncoder(encoder);
    console.start();
    Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.WARN);
    root.addAppender(console);
    level(level);
  }

  static Encoder<ILoggingEvent> encoder(LogFormat format, LoggerContext context) {
    switch (format) {
      case JSON -> {
        JsonLines lines = new JsonLines();
        lines.setContext(context);
        return lines;
      }
      case TEXT -> {
        PatternLayoutEncoder text = new PatternLayoutEncoder();
        text.setContext(context);
        text.setPattern(PATTERN);
        return text;
      }
    }
    throw new AssertionError(format);
  }

  /** Of Tandem's own; libraries say no more than warnings. */
  static void level(LogLevel level) {
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      context.getLogger(OWN).setLevel(Level.toLevel(level.name()));
    }
  }
}
