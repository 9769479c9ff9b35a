package org.tandemdb.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.ConnectException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

final class OperatorTextTest {

  @Test
  void namesOfClassesAreLeftOut() {
    assertThat(OperatorText.of("a: probe: java.net.ConnectException: Connection refused"))
        .isEqualTo("a: probe: Connection refused");
    assertThat(
            OperatorText.of(
                "applying failed: java.util.concurrent.CompletionException:"
                    + " org.tandemdb.backend.BackendUnreachableException: b: apply: no answer"))
        .isEqualTo("applying failed: b: apply: no answer");
    assertThat(OperatorText.of("failed: org.example.Outer$InnerException: why"))
        .isEqualTo("failed: why");
  }

  @Test
  void aClassWithoutAMessageIsPutInWords() {
    assertThat(OperatorText.of(new ClosedChannelException())).isEqualTo("closed channel");
    assertThat(OperatorText.of("the log: java.nio.channels.ClosedChannelException"))
        .isEqualTo("the log: closed channel");
  }

  @Test
  void whatAStageWrapsIsUnwrapped() {
    assertThat(
            OperatorText.of(
                new CompletionException(new CompletionException(new ConnectException("refused")))))
        .isEqualTo("refused");
  }

  @Test
  void everythingElseStaysAsItIs() {
    String text = "1/7 UPDATE public.t SET v = 'an Error: x.y.Z' WHERE id = 1: changed 0 rows";
    assertThat(OperatorText.of(text)).isEqualTo(text);
  }
}
