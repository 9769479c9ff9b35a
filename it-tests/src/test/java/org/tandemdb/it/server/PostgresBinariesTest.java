package org.tandemdb.it.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PostgresBinariesTest {
  @TempDir Path cache;

  @Test
  void keepsTheFilesOfWhoeverUnpackedFirst() throws IOException {
    Path home = cache.resolve("postgres-1");

    PostgresBinaries.publish(unpacked("first"), home);
    PostgresBinaries.publish(unpacked("second"), home);

    assertThat(home.resolve("bin/postgres")).hasContent("first");
    assertThat(cache)
        .isDirectoryContaining(home::equals)
        .isDirectoryNotContaining("glob:**/second");
  }

  @Test
  void saysWhenThePlaceIsNoDirectory() throws IOException {
    Path home = Files.writeString(cache.resolve("postgres-1"), "not a directory");

    assertThatThrownBy(() -> PostgresBinaries.publish(unpacked("first"), home))
        .isInstanceOf(FileSystemException.class)
        .hasMessageContaining("postgres-1");
  }

  private Path unpacked(String name) throws IOException {
    Path fresh = Files.createDirectory(cache.resolve(name));
    Files.writeString(Files.createDirectory(fresh.resolve("bin")).resolve("postgres"), name);
    return fresh;
  }
}
