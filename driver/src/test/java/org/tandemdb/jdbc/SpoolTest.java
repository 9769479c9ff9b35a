package org.tandemdb.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Streams that are kept until their statement has run. */
class SpoolTest {

  private static byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    new Random(7).nextBytes(bytes);
    return bytes;
  }

  private static long files() throws IOException {
    try (Stream<Path> all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return all.filter(p -> p.getFileName().toString().startsWith("tandem-parameter")).count();
    }
  }

  @Test
  void whatIsSmallStaysInMemoryAndWhatIsLargeGoesToAFileThatNobodySees() throws Exception {
    long before = files();
    byte[] small = bytes(Spool.MEMORY_BYTES);
    byte[] large = bytes(Spool.MEMORY_BYTES + 70_001);
    Spool inMemory = Spool.of(new ByteArrayInputStream(small), -1);
    assertThat(inMemory.isInMemory()).isTrue();
    assertThat(inMemory.bytes()).isEqualTo(small);
    try (Spool inFile = Spool.of(new ByteArrayInputStream(large), -1)) {
      assertThat(inFile.isInMemory()).isFalse();
      assertThat(inFile.length()).isEqualTo(large.length);
      assertThat(inFile.bytes()).isEqualTo(large);
      try (InputStream one = inFile.open();
          InputStream other = inFile.open()) {
        assertThat(one.readNBytes(10)).isEqualTo(other.readNBytes(10));
        assertThat(other.readAllBytes()).hasSize(large.length - 10);
        assertThat(one.read()).isEqualTo(large[10] & 0xff);
      }
      if (!System.getProperty("os.name").startsWith("Windows")) {
        assertThat(files()).isEqualTo(before);
      }
    }
    assertThat(files()).isEqualTo(before);
  }

  @Test
  void hexadecimalTextIsPostgresqls() throws Exception {
    Spool spool = Spool.of(new ByteArrayInputStream(new byte[] {0, (byte) 0xff, 0x1a}), -1);
    assertThat(spool.hex()).isEqualTo("\\x00ff1a");
  }

  @Test
  void lengthsAreKept() throws Exception {
    byte[] four = {1, 2, 3, 4};
    assertThat(Spool.of(new ByteArrayInputStream(four), 3).bytes()).containsExactly(1, 2, 3);
    assertThatThrownBy(() -> Spool.of(new ByteArrayInputStream(four), 5))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("22023"));
    assertThat(CharacterSpool.of(new StringReader("aübc"), 2).text()).isEqualTo("aü");
    assertThat(
            CharacterSpool.of(
                    new ByteArrayInputStream("ab\n".getBytes(StandardCharsets.US_ASCII)),
                    StandardCharsets.US_ASCII,
                    2)
                .text())
        .isEqualTo("ab");
  }

  @Test
  void whatIsTooLargeForAStatementIsRefusedAndItsFileIsGone() throws Exception {
    long before = files();
    InputStream endless =
        new InputStream() {
          @Override
          public int read() {
            return 1;
          }

          @Override
          public int read(byte[] into, int from, int count) {
            return count;
          }
        };
    assertThatThrownBy(() -> Spool.of(endless, -1))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("54000"));
    assertThatThrownBy(() -> Spool.of(endless, Spool.MOST_BYTES + 1))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("54000"));
    assertThat(files()).isEqualTo(before);
  }

  @Test
  void halfACharacterIsAnError() {
    assertThatThrownBy(() -> CharacterSpool.of(new StringReader("a\ud83d"), -1))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("22021"));
  }

  @Test
  void aStreamThatFailsSaysSo() {
    InputStream broken =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("no more");
          }
        };
    assertThatThrownBy(() -> Spool.of(broken, -1))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("58030"));
  }
}
