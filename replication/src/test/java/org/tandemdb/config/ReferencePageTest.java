package org.tandemdb.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class ReferencePageTest {

  /** Run with {@code -Dtest.jvm.args=-Dtandem.docs.write} to write the page anew. */
  @Test
  void theReferencePageIsWhatTheDeclarationsSay() throws IOException {
    Path page = Path.of("../docs/configuration.md");
    if (System.getProperty("tandem.docs.write") != null) {
      ReferencePage.main(new String[] {page.toString()});
    }
    assertThat(Files.readString(page)).isEqualTo(ReferencePage.text());
  }
}
