package org.tandemdb.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class ErrorPageTest {

  /** Run with {@code -Dtest.jvm.args=-Dtandem.docs.write} to write the page anew. */
  @Test
  void theErrorPageIsWhatTheCatalogueSays() throws IOException {
    Path page = Path.of("../docs/errors.md");
    if (System.getProperty("tandem.docs.write") != null) {
      ErrorPage.main(new String[] {page.toString()});
    }
    assertThat(Files.readString(page)).isEqualTo(ErrorPage.text());
  }

  /** A pool takes class 08 for a dead connection. */
  @Test
  void onlyTheUnknownOutcomeIsOfClass08() {
    assertThat(Arrays.stream(ErrorCode.values()).filter(code -> code.sqlState().startsWith("08")))
        .containsExactly(ErrorCode.OUTCOME_UNKNOWN);
  }
}
