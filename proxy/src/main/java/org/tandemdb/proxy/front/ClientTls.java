package org.tandemdb.proxy.front;

import com.ongres.scram.common.util.TlsServerEndpoint;
import io.netty.channel.Channel;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.concurrent.Executor;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;

/** What the proxy shows to clients that want TLS. Immutable. */
final class ClientTls {
  /**
   * The name of PostgreSQL's protocol in ALPN, by which a direct handshake is known to be meant.
   */
  private static final String PROTOCOL = "postgresql";

  /**
   * TLS 1.2 lets a client begin the handshake anew, again and again; PostgreSQL lets nobody. Java
   * has a property for that, of the whole process, which is the proxy's own.
   */
  private static final String RENEGOTIATION = "jdk.tls.rejectClientInitiatedRenegotiation";

  private static final String[] VERSIONS = {"TLSv1.3", "TLSv1.2"};

  private final SslContext context;
  private final byte[] endPoint;
  private final boolean required;

  private ClientTls(SslContext context, byte[] endPoint, boolean required) {
    this.context = context;
    this.endPoint = endPoint;
    this.required = required;
  }

  /**
   * Reads certificate and key.
   *
   * @throws TandemException CONFIGURATION; what is in the key is not repeated
   */
  static ClientTls load(ProxyConfig.Tls config) {
    if (System.getProperty(RENEGOTIATION) == null) {
      System.setProperty(RENEGOTIATION, "true");
    }
    try {
      SslContext context =
          SslContextBuilder.forServer(config.certificate().toFile(), config.key().toFile())
              .sslProvider(SslProvider.JDK)
              .protocols(VERSIONS)
              .applicationProtocolConfig(
                  new ApplicationProtocolConfig(
                      Protocol.ALPN,
                      SelectorFailureBehavior.FATAL_ALERT,
                      SelectedListenerFailureBehavior.ACCEPT,
                      PROTOCOL))
              .build();
      byte[] endPoint = TlsServerEndpoint.getChannelBindingData(first(config.certificate()));
      return new ClientTls(context, endPoint, config.required());
    } catch (IllegalArgumentException | IOException | CertificateException e) {
      throw new TandemException(
          ErrorCode.CONFIGURATION,
          "clients.tls: "
              + config.certificate()
              + " and "
              + config.key()
              + " are not a certificate and its key in PEM (a key begins with BEGIN PRIVATE KEY:"
              + " openssl pkcs8 -topk8 -nocrypt makes it so): "
              + e.getMessage(),
          e);
    }
  }

  /** The proxy's own, which stands ahead of those that have signed it. */
  private static X509Certificate first(Path file) throws IOException, CertificateException {
    try (InputStream in = Files.newInputStream(file)) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }

  /**
   * The server's side of a handshake; goes in front of everything.
   *
   * @param executor does the arithmetic, so that many who connect at once do not hold up others
   */
  SslHandler handler(Channel channel, Executor executor) {
    return context.newHandler(channel.alloc(), executor);
  }

  /** True of a handshake in which the client has named the protocol. */
  static boolean isNamed(SslHandler handler) {
    return PROTOCOL.equals(handler.applicationProtocol());
  }

  /**
   * What SCRAM is bound to, tls-server-end-point of RFC 5929; empty for a certificate whose
   * signature has no hash of its own, for which it is not defined.
   */
  byte[] endPoint() {
    return endPoint.clone();
  }

  /** Nobody is let in without. */
  boolean isRequired() {
    return required;
  }
}
