package org.tandemdb.sim;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.tandemdb.env.Disk;

/**
 * The disk as one process reaches it. Once the process is cut off (killed, or its volume given to a
 * successor while it was stopped) it can do nothing any more, and no longer holds a lock.
 */
final class ProcessDisk implements Disk {
  private final SimDisk disk;
  private boolean cutOff;

  ProcessDisk(SimDisk disk) {
    this.disk = disk;
  }

  void cutOff() {
    cutOff = true;
  }

  private SimDisk disk() {
    if (cutOff) {
      throw new SimDisk.CrashedException();
    }
    return disk;
  }

  @Override
  public void createDirectories(Path directory) throws IOException {
    disk().createDirectories(directory);
  }

  @Override
  public List<String> list(Path directory) throws IOException {
    return disk().list(directory);
  }

  @Override
  public DiskFile open(Path file) throws IOException {
    DiskFile opened = disk().open(file);
    return new DiskFile() {
      @Override
      public long size() throws IOException {
        disk();
        return opened.size();
      }

      @Override
      public int read(ByteBuffer target, long offset) throws IOException {
        disk();
        return opened.read(target, offset);
      }

      @Override
      public void write(ByteBuffer source, long offset) throws IOException {
        disk();
        opened.write(source, offset);
      }

      @Override
      public void sync() throws IOException {
        disk();
        opened.sync();
      }

      @Override
      public void allocate(long size) throws IOException {
        disk();
        opened.allocate(size);
      }

      @Override
      public void close() throws IOException {
        opened.close();
      }
    };
  }

  @Override
  public void delete(Path file) throws IOException {
    disk().delete(file);
  }

  @Override
  public void rename(Path source, Path target) throws IOException {
    disk().rename(source, target);
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    disk().syncDirectory(directory);
  }

  @Override
  public long usableBytes(Path directory) throws IOException {
    return disk().usableBytes(directory);
  }

  @Override
  public DirectoryLock lock(Path file) throws IOException {
    DirectoryLock lock = disk().lock(file);
    return new DirectoryLock() {
      @Override
      public boolean isHeld() {
        return !cutOff && lock.isHeld();
      }

      @Override
      public void close() throws IOException {
        if (!cutOff) {
          lock.close();
        }
      }
    };
  }
}
