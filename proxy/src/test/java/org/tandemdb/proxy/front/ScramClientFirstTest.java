package org.tandemdb.proxy.front;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is taken for the first message of SCRAM, and what is not. */
class ScramClientFirstTest {
  private static ScramClientFirst read(String message) {
    return ScramClientFirst.read(Unpooled.copiedBuffer(message, StandardCharsets.UTF_8));
  }

  @Test
  void aMessageIsCutUpButNotChanged() {
    assertThat(read("n,,n=,r=+-!~"))
        .isEqualTo(new ScramClientFirst("n,,", "n", "n=,r=+-!~", "+-!~"));
    assertThat(read("p=tls-server-end-point,,n=*,r=a=,x=y"))
        .isEqualTo(
            new ScramClientFirst(
                "p=tls-server-end-point,,", "p=tls-server-end-point", "n=*,r=a=,x=y", "a="));
  }

  /** No client needs so many extensions, and none makes the reader's stack run over with them. */
  @Test
  void aLongMessageIsReadToo() {
    String bare = "n=" + "a".repeat(8_000) + ",r=" + "b".repeat(8_000) + ",x=y".repeat(8_000);
    assertThat(read("y,," + bare).bare()).isEqualTo(bare);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "n",
        "n,",
        "n,,",
        ",,n=,r=abc",
        "n,n=,r=abc",
        "N,,n=,r=abc",
        "ny,,n=,r=abc",
        "x,,n=,r=abc",
        "p,,n=,r=abc",
        "p=,,n=,r=abc",
        "p=tls unique,,n=,r=abc",
        "n,b=other,n=,r=abc",
        "n,other,n=,r=abc",
        "n,,n=",
        "n,,n=,",
        "n,,n,r=abc",
        "n,,r=abc",
        "n,,r=abc,n=",
        "n,,N=,r=abc",
        "n,,x=y,n=,r=abc",
        "n,,n=,x=y,r=abc",
        "n,,n=a,b,r=abc",
        "n,,n=,r=",
        "n,,n=,r=,x=y",
        "n,,n=,r=a b",
        "n,,n=,r=a\u007f",
        "n,,n=,r=zo\u00eb",
        "n,,n=,r=abc,",
        "n,,n=,r=abc,,x=y",
        "n,,n=,r=abc,x",
        "n,,n=,r=abc,x=",
        "n,,n=,r=abc,1=y",
        "n,,n=,r=abc,xx=y",
        "n,,n=,r=abc\0",
        "n,,n=\0,r=abc",
        " n,,n=,r=abc",
        "n,,n=,r=abc\n",
      })
  void garbageBreaksTheProtocol(String message) {
    assertThatThrownBy(() -> read(message)).isInstanceOf(ProtocolException.class);
  }

  @Test
  void whatIsNotUtf8BreaksTheProtocol() {
    ByteBuf message = Unpooled.copiedBuffer("n,,n=zo\u00eb,r=abc", StandardCharsets.ISO_8859_1);
    assertThatThrownBy(() -> ScramClientFirst.read(message)).isInstanceOf(ProtocolException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"n,a=other,n=,r=abc", "n,,m=x,n=,r=abc", "n,,n=,r=abc,m=x"})
  void whatMayNotBePassedOverIsRefused(String message) {
    assertThatThrownBy(() -> read(message))
        .isInstanceOfSatisfying(
            ClientFailure.class, e -> assertThat(e.sqlState()).isEqualTo("0A000"));
  }
}
