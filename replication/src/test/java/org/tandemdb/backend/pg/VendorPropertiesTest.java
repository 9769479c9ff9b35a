package org.tandemdb.backend.pg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.tandemdb.error.TandemException;

/** What links make of an operator's properties for pgjdbc. */
class VendorPropertiesTest {
  private static final String URL = "jdbc:postgresql://a:5433/shop";

  /** Rule 3b: in the simple query mode a link's secret would stand in a query's text. */
  @Test
  void aQueryModeThatShowsSecretsIsRefusedWhereverItIsWritten() {
    for (String mode : new String[] {"simple", "extendedForPrepared", "extendedCacheEverything"}) {
      assertThatThrownBy(() -> VendorProperties.of(URL, Map.of("preferQueryMode", mode)))
          .isInstanceOf(TandemException.class)
          .hasMessageContaining("preferQueryMode=" + mode)
          .hasMessageContaining("secrets");
      assertThatThrownBy(() -> VendorProperties.of(URL + "?preferQueryMode=" + mode, Map.of()))
          .isInstanceOf(TandemException.class);
    }
    assertThat(VendorProperties.of(URL + "?preferQueryMode=extended", Map.of()).url())
        .isEqualTo(URL);
  }

  @Test
  void whatLinksCannotHaveIsRefusedWithTheReason() {
    for (String parameter :
        new String[] {"autosave=always", "readOnly=true", "prepareThreshold=-1"}) {
      assertThatThrownBy(() -> VendorProperties.of(URL + "?" + parameter, Map.of()))
          .isInstanceOf(TandemException.class)
          .hasMessageContaining(parameter);
    }
    assertThat(VendorProperties.of(URL + "?autosave=never&readOnly=false", Map.of()).url())
        .isEqualTo(URL);
  }

  /** Appliers compare the count of every row: a rewritten batch does not tell them. */
  @Test
  void whatTheDriverDoesItselfIsOffOnLinks() {
    Properties link =
        VendorProperties.of(
                URL + "?reWriteBatchedInserts=true&stringtype=unspecified",
                Map.of("defaultRowFetchSize", "10"))
            .forLink();
    assertThat(link.getProperty("reWriteBatchedInserts")).isEqualTo("false");
    assertThat(link.getProperty("stringtype")).isEqualTo("varchar");
    assertThat(link.getProperty("defaultRowFetchSize")).isEqualTo("0");
  }

  @Test
  void othersReachTheVendorsDriverAndTheUrlWins() {
    Properties link =
        VendorProperties.of(
                URL + "?prepareThreshold=3&options=-c%20work_mem%3D1MB&ssl",
                Map.of("prepareThreshold", "7", "sslmode", "require"))
            .forLink();
    assertThat(link.getProperty("prepareThreshold")).isEqualTo("3");
    assertThat(link.getProperty("options")).isEqualTo("-c work_mem=1MB");
    assertThat(link.getProperty("sslmode")).isEqualTo("require");
    assertThat(link.getProperty("ssl")).isEmpty();
  }
}
