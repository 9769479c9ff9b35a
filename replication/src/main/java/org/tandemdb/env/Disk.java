package org.tandemdb.env;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The file operations that durability depends on. All calls block. An implementation does not hide
 * an error: what was not provably done throws.
 */
public interface Disk {

  /** Creates {@code directory} and its parents (mode 0700) if they do not exist. */
  void createDirectories(Path directory) throws IOException;

  /** File names (not paths) in {@code directory}, in no particular order. */
  List<String> list(Path directory) throws IOException;

  /**
   * Opens a file for reading and writing, creating it with mode 0600 when it does not exist.
   *
   * @throws IOException when it cannot be opened or created
   */
  DiskFile open(Path file) throws IOException;

  void delete(Path file) throws IOException;

  /**
   * Atomically replaces {@code target} by {@code source}; durable only after {@link
   * #syncDirectory}.
   */
  void rename(Path source, Path target) throws IOException;

  /** Makes creations, renames and deletions in {@code directory} durable. */
  void syncDirectory(Path directory) throws IOException;

  /** Usable bytes left on the volume of {@code directory}. */
  long usableBytes(Path directory) throws IOException;

  /**
   * Takes an exclusive lock on {@code file} that ends with this process at the latest.
   *
   * @throws LockedException when somebody else holds it
   * @throws IOException when the file cannot be opened or created
   */
  DirectoryLock lock(Path file) throws IOException;

  /** One open file. Reads at different offsets may run concurrently; writes have one owner. */
  interface DiskFile extends Closeable {
    long size() throws IOException;

    /**
     * Reads into {@code target} from {@code offset} until it is full or the file ends; bytes read.
     */
    int read(ByteBuffer target, long offset) throws IOException;

    /** Writes all of {@code source} at {@code offset}. */
    void write(ByteBuffer source, long offset) throws IOException;

    /** Makes everything written so far durable. After a failure the file's state is unknown. */
    void sync() throws IOException;

    /**
     * Extends or cuts the file; extension reserves real space, so that later writes cannot run out.
     */
    void allocate(long size) throws IOException;
  }

  /** Somebody else holds the lock. */
  final class LockedException extends IOException {
    private static final long serialVersionUID = 1L;

    public LockedException(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  /** A held lock. */
  interface DirectoryLock extends Closeable {
    /** True while the lock is certainly still held by this process. Cheap: called once per read. */
    boolean isHeld();
  }
}
