package org.tandemdb.env;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.util.List;
import java.util.Set;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * A file whose reads and writes run on the caller's thread and are deaf to its interrupts. A {@code
 * FileChannel} closes itself when the thread in it is interrupted: an application that interrupts
 * one of its threads during COMMIT would close the log for all of them. The asynchronous channel
 * does not listen to interrupts, and with an executor that runs tasks at once it costs no
 * hand-over.
 */
final class SystemDiskFile implements Disk.DiskFile {
  private static final int ZEROS = 1 << 20;

  private final Path path;
  private final AsynchronousFileChannel channel;

  SystemDiskFile(Path path, FileAttribute<?>[] mode) throws IOException {
    this.path = path;
    this.channel =
        AsynchronousFileChannel.open(
            path,
            Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE),
            new CallerThread(),
            mode);
  }

  @Override
  public long size() throws IOException {
    return channel.size();
  }

  @Override
  public int read(ByteBuffer target, long offset) throws IOException {
    int total = 0;
    while (target.hasRemaining()) {
      int n = await(channel.read(target, offset + total));
      if (n < 0) {
        break;
      }
      total += n;
    }
    return total;
  }

  @Override
  public void write(ByteBuffer source, long offset) throws IOException {
    long at = offset;
    while (source.hasRemaining()) {
      at += await(channel.write(source, at));
    }
  }

  @Override
  public void sync() throws IOException {
    channel.force(false);
  }

  /**
   * Writes zeros rather than leaving a hole: space is really taken, and, other than with {@code
   * fallocate}, later writes change no extent, so that a sync need not write the file system's
   * journal.
   */
  @Override
  public void allocate(long size) throws IOException {
    long old = channel.size();
    if (size <= old) {
      channel.truncate(size);
      return;
    }
    long usable = Files.getFileStore(path).getUsableSpace();
    if (usable < size - old) {
      throw new IOException(
          "No space left on device: " + path + " needs " + (size - old) + " bytes, has " + usable);
    }
    try {
      ByteBuffer zeros = ByteBuffer.allocateDirect((int) Math.min(ZEROS, size - old));
      for (long at = old; at < size; ) {
        zeros.clear().limit((int) Math.min(zeros.capacity(), size - at));
        int n = zeros.remaining();
        write(zeros, at);
        at += n;
      }
      channel.force(true);
    } catch (IOException e) {
      channel.truncate(old);
      throw e;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  /** The future is complete already; only a platform that ignores the executor would wait here. */
  private static int await(Future<Integer> done) throws IOException {
    try {
      return done.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException io) {
        throw io;
      }
      throw new IOException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("interrupted during I/O").initCause(e);
    }
  }

  private static final class CallerThread extends AbstractExecutorService {
    @Override
    public void execute(Runnable task) {
      task.run();
    }

    @Override
    public void shutdown() {}

    @Override
    public List<Runnable> shutdownNow() {
      return List.of();
    }

    @Override
    public boolean isShutdown() {
      return false;
    }

    @Override
    public boolean isTerminated() {
      return false;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
      return true;
    }
  }
}
