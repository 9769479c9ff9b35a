package org.tandemdb.it.server;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A certificate that has signed itself, and its key, in files as PostgreSQL wants them.
 *
 * @param certificate PEM; the root to trust as well
 * @param key PEM, for its owner alone
 */
public record Certificate(Path certificate, Path key) {
  private static final String PASSWORD = "not-secret";

  /**
   * Makes one by the JDK's keytool.
   *
   * @param names whose it is, as keytool's {@code san} has them: {@code ip:127.0.0.1,dns:localhost}
   * @param directory where the files are to be
   */
  public static Certificate of(String names, Path directory)
      throws IOException, InterruptedException {
    Path store = directory.resolve("store.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-J-XX:TieredStopAtLevel=1",
                "-genkeypair",
                "-alias",
                "own",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-sigalg",
                "SHA384withECDSA",
                "-dname",
                "CN=" + names.substring(names.indexOf(':') + 1).split(",", -1)[0],
                "-ext",
                "san=" + names,
                "-ext",
                "bc:critical=ca:true",
                "-validity",
                "30",
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-keystore",
                store.toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("keytool.log").toFile())
            .start();
    if (!keytool.waitFor(60, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
      throw new IOException(
          "keytool failed: " + Files.readString(directory.resolve("keytool.log")));
    }
    try (InputStream in = Files.newInputStream(store)) {
      KeyStore keys = KeyStore.getInstance("PKCS12");
      keys.load(in, PASSWORD.toCharArray());
      Path certificate = directory.resolve("server.crt");
      Path key = directory.resolve("server.key");
      write(certificate, "CERTIFICATE", keys.getCertificate("own").getEncoded());
      write(key, "PRIVATE KEY", keys.getKey("own", PASSWORD.toCharArray()).getEncoded());
      Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
      return new Certificate(certificate, key);
    } catch (GeneralSecurityException e) {
      throw new IOException("the key store cannot be read", e);
    }
  }

  private static void write(Path file, String what, byte[] bytes) throws IOException {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
    Files.write(file, List.of("-----BEGIN " + what + "-----", text, "-----END " + what + "-----"));
  }
}
