package org.tandemdb.proxy.pg;

import io.netty.channel.Channel;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.UnaryOperator;

/**
 * How links to one server are encrypted, and what they believe of it: as its JDBC URL says, in the
 * words of PostgreSQL's own driver, so that a proxy's links do as its control connections.
 * Immutable.
 */
public final class ServerTls {
  private static final String JAVA_TRUST = "org.postgresql.ssl.DefaultJavaSSLFactory";
  private static final String LIBPQ_TRUST = "org.postgresql.ssl.LibPQFactory";

  /** Links in the clear. */
  public static final ServerTls NONE =
      new ServerTls(Mode.DISABLE, Optional.empty(), "", 0, false, Binding.PREFER);

  /** {@code sslmode}. */
  enum Mode {
    /** In the clear; {@code allow} too, which would take TLS only where the clear is refused. */
    DISABLE,
    /** Where the server has it. */
    PREFER,
    /** And nobody asks whose certificate it is. */
    REQUIRE,
    /** Signed by whom we trust. */
    VERIFY_CA,
    /** And for that host. */
    VERIFY_FULL
  }

  /** {@code channelBinding}. */
  enum Binding {
    DISABLE,
    PREFER,
    REQUIRE
  }

  private final Mode mode;
  private final Optional<SslContext> context;
  private final String host;
  private final int port;
  private final boolean direct;
  private final Binding binding;

  private ServerTls(
      Mode mode,
      Optional<SslContext> context,
      String host,
      int port,
      boolean direct,
      Binding binding) {
    this.mode = mode;
    this.context = context;
    this.host = host;
    this.port = port;
    this.direct = direct;
    this.binding = binding;
  }

  /**
   * Reads the files that are named.
   *
   * @param properties the driver's own by name; empty for one that is not given
   * @throws IllegalArgumentException if it cannot be done as they say
   */
  public static ServerTls of(UnaryOperator<String> properties, String host, int port) {
    Mode mode = mode(properties);
    Binding binding = choice(Binding.class, "channelBinding", properties, Binding.PREFER);
    boolean direct = properties.apply("sslNegotiation").equals("direct");
    if (direct && mode.compareTo(Mode.REQUIRE) < 0) {
      throw new IllegalArgumentException("sslNegotiation=direct needs sslmode=require or above");
    }
    if (binding == Binding.REQUIRE && mode == Mode.DISABLE) {
      throw new IllegalArgumentException("channelBinding=require needs TLS: see sslmode");
    }
    if (mode == Mode.DISABLE) {
      return new ServerTls(mode, Optional.empty(), host, port, false, binding);
    }
    try {
      return new ServerTls(
          mode, Optional.of(context(mode, properties)), host, port, direct, binding);
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalArgumentException("sslmode=" + text(mode) + ": " + e.getMessage(), e);
    }
  }

  private static Mode mode(UnaryOperator<String> properties) {
    String ssl = properties.apply("ssl").toLowerCase(Locale.ROOT);
    Mode usual = ssl.equals("true") ? Mode.VERIFY_FULL : Mode.PREFER;
    return properties.apply("sslmode").equalsIgnoreCase("allow")
        ? Mode.DISABLE
        : choice(Mode.class, "sslmode", properties, usual);
  }

  private static String text(Enum<?> choice) {
    return choice.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static <E extends Enum<E>> E choice(
      Class<E> type, String name, UnaryOperator<String> properties, E usual) {
    String given = properties.apply(name);
    if (given.isEmpty()) {
      return usual;
    }
    for (E one : type.getEnumConstants()) {
      if (text(one).equalsIgnoreCase(given)) {
        return one;
      }
    }
    throw new IllegalArgumentException(name + ": '" + given + "' is not known");
  }

  private static SslContext context(Mode mode, UnaryOperator<String> properties)
      throws IOException, GeneralSecurityException {
    SslContextBuilder builder =
        SslContextBuilder.forClient()
            .sslProvider(SslProvider.JDK)
            .protocols("TLSv1.3", "TLSv1.2")
            .applicationProtocolConfig(
                new ApplicationProtocolConfig(
                    Protocol.ALPN,
                    SelectorFailureBehavior.NO_ADVERTISE,
                    SelectedListenerFailureBehavior.ACCEPT,
                    "postgresql"))
            .endpointIdentificationAlgorithm(mode == Mode.VERIFY_FULL ? "HTTPS" : null);
    String factory = properties.apply("sslfactory");
    if (!factory.isEmpty() && !factory.equals(JAVA_TRUST) && !factory.equals(LIBPQ_TRUST)) {
      throw new IllegalArgumentException("sslfactory " + factory + " is not used by the proxy");
    }
    if (!properties.apply("sslhostnameverifier").isEmpty()) {
      throw new IllegalArgumentException("sslhostnameverifier is not used by the proxy");
    }
    if (mode.compareTo(Mode.VERIFY_CA) < 0) {
      builder.trustManager(InsecureTrustManagerFactory.INSTANCE);
    } else if (!factory.equals(JAVA_TRUST)) {
      builder.trustManager(certificates(file(properties, "sslrootcert", "root.crt")));
    }
    if (!properties.apply("sslcert").isEmpty() || !properties.apply("sslkey").isEmpty()) {
      X509Certificate[] own = certificates(file(properties, "sslcert", "postgresql.crt"));
      builder.keyManager(key(file(properties, "sslkey", "postgresql.pk8"), own[0]), own);
    }
    return builder.build();
  }

  private static Path file(UnaryOperator<String> properties, String name, String usual)
      throws IOException {
    String given = properties.apply(name);
    Path file =
        given.isEmpty()
            ? Path.of(System.getProperty("user.home", "."), ".postgresql", usual)
            : Path.of(given);
    if (!Files.isReadable(file)) {
      throw new IOException(name + ": " + file + " cannot be read");
    }
    return file;
  }

  private static X509Certificate[] certificates(Path file)
      throws IOException, GeneralSecurityException {
    byte[] bytes = Files.readAllBytes(file);
    return CertificateFactory.getInstance("X.509")
        .generateCertificates(new ByteArrayInputStream(bytes))
        .toArray(new X509Certificate[0]);
  }

  /** PKCS#8, in DER as PostgreSQL's driver wants it, or in PEM. */
  private static PrivateKey key(Path file, X509Certificate of)
      throws IOException, GeneralSecurityException {
    byte[] bytes = Files.readAllBytes(file);
    String text = new String(bytes, StandardCharsets.US_ASCII);
    byte[] der =
        text.contains("-----BEGIN PRIVATE KEY-----")
            ? Base64.getMimeDecoder()
                .decode(text.replaceAll("(?s).*-----BEGIN PRIVATE KEY-----|-----END.*", ""))
            : bytes;
    return KeyFactory.getInstance(of.getPublicKey().getAlgorithm())
        .generatePrivate(new PKCS8EncodedKeySpec(der));
  }

  boolean isUsed() {
    return mode != Mode.DISABLE;
  }

  /** A link goes on in the clear where the server will not have it otherwise. */
  boolean mayBeLeft() {
    return mode == Mode.PREFER && binding != Binding.REQUIRE;
  }

  /** The handshake comes first, without a request. */
  boolean isDirect() {
    return direct;
  }

  Binding binding() {
    return binding;
  }

  /**
   * The client's side of a handshake.
   *
   * @param executor does the arithmetic
   */
  SslHandler handler(Channel channel, Executor executor) {
    return context.orElseThrow().newHandler(channel.alloc(), host, port, executor);
  }
}
