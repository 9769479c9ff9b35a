package org.tandemdb.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.tandemdb.config.Setting.Scope;

/** Writes {@code docs/configuration.md} from the declarations. */
public final class ReferencePage {
  private ReferencePage() {}

  /** Writes the page to the path in {@code args[0]}. */
  public static void main(String[] args) throws IOException {
    Files.writeString(Path.of(args[0]), text());
  }

  static String text() {
    StringBuilder page = new StringBuilder(HEAD);
    table(page, "Top level of the file", Scope.FILE);
    table(page, "A database", Scope.DATABASE);
    table(page, "A backend", Scope.BACKEND);
    table(page, "Limits", Scope.LIMIT);
    table(page, "URL and connect properties only", Scope.CONNECTION);
    return page.append(TAIL).toString();
  }

  private static void table(StringBuilder page, String title, Scope scope) {
    page.append("\n## ").append(title).append("\n\n");
    page.append("| name | type | default | range | |\n| --- | --- | --- | --- | --- |\n");
    for (Setting s : Setting.in(scope)) {
      page.append("| `").append(s.key()).append("` | ").append(s.type().word()).append(" | ");
      page.append(s.defaultText().isEmpty() ? "" : "`" + s.defaultText() + "`").append(" | ");
      page.append(s.min().isEmpty() ? "" : s.min() + " to " + s.max());
      page.append(" | ").append(s.doc()).append(" |\n");
    }
  }

  private static final String HEAD =
      """
      <!-- Generated from org.tandemdb.config.Setting; a test fails when this page is stale. -->
      # Configuration

      A file, for the proxy and for `jdbc:tandem:config:cluster.yaml#shop`:

      ```yaml
      listen: 127.0.0.1:6432
      admin: { listen: 127.0.0.1:6433 }
      clients: { auth: trust }
      databases:
        shop:
          log: ./shop-log
          consistency: strong
          commit: durable
          backends:
            - { name: a, url: "jdbc:postgresql://127.0.0.1:5432/shop", user: tandem, password: "${A_PASSWORD:-}" }
            - { name: b, url: "jdbc:postgresql://127.0.0.1:5433/shop", user: tandem, password: "${B_PASSWORD:-}" }
      ```

      `${NAME}` and `${NAME:-default}` are replaced from the environment; `$${` stands for `${`. A
      relative `log` is relative to the file. An unknown key is an error.

      Durations have a unit (`500us`, `20ms`, `30s`, `5m`, `1h`), sizes may have one (`KiB`, `MiB`,
      `GiB`, `TiB`).
      """;

  private static final String TAIL =
      """

      ## The URL

      ```
      jdbc:tandem:[jdbc:postgresql://a/shop,jdbc:postgresql://b/shop]?log=/var/lib/shop-log&consistency=session
      jdbc:tandem:config:/etc/tandem/cluster.yaml#shop
      ```

      - Between the brackets each backend's URL stands as its own driver expects it, parameters
        (`?k=v&k=v`), IPv6 addresses and lists of hosts included. A comma starts the next backend only
        where `jdbc:` follows it.
      - Inside a value there, write `%5B` and `%5D` for brackets, and `%2C` for a comma that stands
        before `jdbc:`.
      - After the closing bracket come the settings of a database, the limits and the ones of the last
        table, percent-encoded. An unknown one is an error.
      - Connect properties (`java.util.Properties`) win over the URL. Any that is not in these tables is
        passed to the vendor's driver as it is; one that is nearly in them, and not the vendor's own, is
        an error.
      - `TandemDataSource` has a property for each of these settings, in camel case: `markLimit`.
      - `user` and `password` are the client's. A `user` and `password` inside a backend's URL are
        Tandem's own role there.

      A session changes the level of its reads with `SET tandem.consistency = 'eventual'`, a statement its
      own with a hint, `/* tandem: consistency=eventual */ SELECT ...` or `/* tandem: primary */ SELECT
      ...`; see [operations.md](operations.md).
      """;
}
