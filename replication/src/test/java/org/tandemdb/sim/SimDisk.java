package org.tandemdb.sim;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.tandemdb.env.Disk;

/**
 * A disk in memory that behaves as badly as real ones may, and no worse, as a function of its
 * random generator:
 *
 * <ul>
 *   <li>What was not synced may be lost by a crash, or kept, sector by sector of 512 bytes; the
 *       cache may also write any sector back at any time before.
 *   <li>A failed sync loses some sectors and marks all of them clean, so that the next sync
 *       succeeds without having written them; the cache may go on showing the new content, or not.
 *   <li>Creations, renames and deletions that were not synced survive a crash up to some point in
 *       their order.
 *   <li>Space runs out where {@link #capacity} says; an operation can be made to fail or the
 *       machine to crash in the middle of it.
 * </ul>
 *
 * <p>After {@link #crash} every open file and lock of before is dead; the same object is then the
 * disk of the restarted machine. Thread-safe.
 */
public final class SimDisk implements Disk {
  private static final int SECTOR = 512;

  private final RandomGenerator random;
  private final TreeMap<String, Inode> names = new TreeMap<>();
  private final TreeMap<String, Inode> durableNames = new TreeMap<>();
  private final List<NameChange> pending = new ArrayList<>();
  private final TreeMap<String, SimLock> locks = new TreeMap<>();
  private long capacity = Long.MAX_VALUE;
  private long operations;
  private long crashAt = Long.MAX_VALUE;
  private int failSyncs;
  private int failWrites;
  private int failDirectorySyncs;
  private int incarnation;
  private boolean crashed;

  public SimDisk(RandomGenerator random) {
    this.random = random;
  }

  /** Thrown by every operation from the crash on, until {@link #restart}. */
  public static final class CrashedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public CrashedException() {
      super("the machine has crashed");
    }
  }

  /** One entry of the file system's journal: a rename changes both names, or none. */
  private record NameChange(String name, @Nullable Inode inode, @Nullable String renamedFrom) {}

  private static final class Inode {
    private byte[] cache = new byte[0];
    private byte[] durable = new byte[0];
    private final BitSet dirty = new BitSet();
    private boolean sizeDirty;
  }

  /** Bytes that all files together may take. */
  public synchronized void capacity(long bytes) {
    capacity = bytes;
  }

  /** The machine crashes in the middle of the n-th operation from now; 1 is the next. */
  public synchronized void crashAfter(long n) {
    crashAt = operations + n;
  }

  /** The next {@code n} syncs of files fail. */
  public synchronized void failSyncs(int n) {
    failSyncs = n;
  }

  /** The next {@code n} writes fail, having written a part. */
  public synchronized void failWrites(int n) {
    failWrites = n;
  }

  /** The next {@code n} syncs of directories fail, having done nothing. */
  public synchronized void failDirectorySyncs(int n) {
    failDirectorySyncs = n;
  }

  /** Operations so far, for choosing where to crash. */
  public synchronized long operations() {
    return operations;
  }

  public synchronized boolean isCrashed() {
    return crashed;
  }

  /** Power is lost now: what was not synced is kept or lost as the generator says. */
  public synchronized void crash() {
    crashed = true;
  }

  /**
   * After a crash: the machine comes back with what survived. Without one: the process was killed.
   */
  public synchronized void restart() {
    if (crashed) {
      int kept = pending.isEmpty() ? 0 : random.nextInt(pending.size() + 1);
      pending.subList(0, kept).forEach(SimDisk.this::makeDurable);
      pending.clear();
      names.clear();
      names.putAll(durableNames);
      names.values().forEach(this::settle);
    }
    crashed = false;
    crashAt = Long.MAX_VALUE;
    failSyncs = 0;
    failWrites = 0;
    failDirectorySyncs = 0;
    incarnation++;
    locks.values().forEach(lock -> lock.held = false);
    locks.clear();
  }

  /** Flips bits of a byte on the medium: rot. */
  public synchronized void corrupt(Path file, long offset) {
    Inode inode = inode(file);
    inode.cache[(int) offset] ^= 0x55;
    if (offset < inode.durable.length) {
      inode.durable[(int) offset] ^= 0x55;
    }
  }

  /** The content as the cache shows it. */
  public synchronized byte[] content(Path file) {
    return inode(file).cache.clone();
  }

  /**
   * Replaces what the medium holds of a file, as if sectors believed lost had been written after
   * all.
   */
  public synchronized void replace(Path file, byte[] content) {
    Inode inode = inode(file);
    inode.cache = content.clone();
    inode.durable = content.clone();
    inode.dirty.clear();
  }

  private Inode inode(Path file) {
    Inode inode = names.get(file.toString());
    if (inode == null) {
      throw new IllegalArgumentException("no such file: " + file);
    }
    return inode;
  }

  private void settle(Inode inode) {
    if (!inode.sizeDirty || random.nextBoolean()) {
      inode.durable = Arrays.copyOf(inode.durable, inode.cache.length);
      inode.dirty.stream().filter(sector -> random.nextBoolean()).forEach(s -> persist(inode, s));
    }
    inode.dirty.clear();
    inode.sizeDirty = false;
    inode.cache = inode.durable.clone();
  }

  private static void persist(Inode inode, int sector) {
    int from = sector * SECTOR;
    int to = Math.min(from + SECTOR, Math.min(inode.cache.length, inode.durable.length));
    if (from < to) {
      System.arraycopy(inode.cache, from, inode.durable, from, to - from);
    }
  }

  private void makeDurable(NameChange change) {
    if (change.inode() == null) {
      durableNames.remove(change.name());
    } else {
      durableNames.put(change.name(), change.inode());
    }
    if (change.renamedFrom() != null) {
      durableNames.remove(change.renamedFrom());
    }
  }

  /** True when the machine crashes in this operation; a part of it may be done first. */
  private boolean crashesNow() {
    if (crashed) {
      throw new CrashedException();
    }
    operations++;
    if (operations >= crashAt) {
      crashed = true;
    }
    return crashed;
  }

  private void step() {
    if (crashesNow()) {
      throw new CrashedException();
    }
  }

  private long used() {
    return names.values().stream().distinct().mapToLong(inode -> inode.cache.length).sum();
  }

  private void name(Path path, @Nullable Inode inode) {
    if (inode == null) {
      names.remove(path.toString());
    } else {
      names.put(path.toString(), inode);
    }
    pending.add(new NameChange(path.toString(), inode, null));
  }

  @Override
  public synchronized void createDirectories(Path directory) {
    step();
  }

  @Override
  public synchronized List<String> list(Path directory) {
    step();
    return names.keySet().stream()
        .map(Path::of)
        .filter(path -> directory.equals(path.getParent()))
        .map(path -> path.getFileName().toString())
        .toList();
  }

  @Override
  public synchronized DiskFile open(Path file) {
    step();
    Inode inode = names.get(file.toString());
    if (inode == null) {
      inode = new Inode();
      name(file, inode);
    }
    return new SimFile(inode, incarnation);
  }

  @Override
  public synchronized void delete(Path file) throws IOException {
    boolean crashes = crashesNow();
    if (!names.containsKey(file.toString())) {
      throw new NoSuchFileException(file.toString());
    }
    name(file, null);
    if (crashes) {
      throw new CrashedException();
    }
  }

  @Override
  public synchronized void rename(Path source, Path target) throws IOException {
    boolean crashes = crashesNow();
    Inode inode = names.get(source.toString());
    if (inode == null) {
      throw new NoSuchFileException(source.toString());
    }
    names.put(target.toString(), inode);
    names.remove(source.toString());
    pending.add(new NameChange(target.toString(), inode, source.toString()));
    if (crashes) {
      throw new CrashedException();
    }
  }

  @Override
  public synchronized void syncDirectory(Path directory) throws IOException {
    boolean crashes = crashesNow();
    if (failDirectorySyncs > 0 && !crashes) {
      failDirectorySyncs--;
      throw new IOException("simulated: the directory could not be synced");
    }
    int done = crashes && !pending.isEmpty() ? random.nextInt(pending.size() + 1) : pending.size();
    pending.subList(0, done).forEach(this::makeDurable);
    pending.subList(0, done).clear();
    if (crashes) {
      throw new CrashedException();
    }
  }

  @Override
  public synchronized long usableBytes(Path directory) {
    step();
    return Math.max(0, capacity - used());
  }

  @Override
  public synchronized DirectoryLock lock(Path file) throws IOException {
    step();
    if (locks.containsKey(file.toString())) {
      throw new LockedException("locked: " + file, null);
    }
    SimLock lock = new SimLock(file.toString());
    locks.put(file.toString(), lock);
    return lock;
  }

  private final class SimLock implements DirectoryLock {
    private final String name;
    private boolean held = true;

    SimLock(String name) {
      this.name = name;
    }

    @Override
    public boolean isHeld() {
      synchronized (SimDisk.this) {
        return held && !crashed;
      }
    }

    @Override
    public void close() {
      synchronized (SimDisk.this) {
        if (held) {
          held = false;
          locks.remove(name);
        }
      }
    }
  }

  private final class SimFile implements DiskFile {
    private final Inode inode;
    private final int opened;
    private boolean closed;

    SimFile(Inode inode, int opened) {
      this.inode = inode;
      this.opened = opened;
    }

    private boolean begin() throws IOException {
      if (opened != incarnation) {
        throw new CrashedException();
      }
      if (closed) {
        throw new IOException("closed");
      }
      return crashesNow();
    }

    private void orCrash(boolean crashes) {
      if (crashes) {
        throw new CrashedException();
      }
    }

    @Override
    public long size() throws IOException {
      synchronized (SimDisk.this) {
        orCrash(begin());
        return inode.cache.length;
      }
    }

    @Override
    public int read(ByteBuffer target, long offset) throws IOException {
      synchronized (SimDisk.this) {
        orCrash(begin());
        int n = (int) Math.min(target.remaining(), Math.max(0, inode.cache.length - offset));
        if (n > 0) {
          target.put(inode.cache, (int) offset, n);
        }
        return n;
      }
    }

    @Override
    public void write(ByteBuffer source, long offset) throws IOException {
      synchronized (SimDisk.this) {
        boolean crashes = begin();
        boolean fails = failWrites > 0;
        if (fails) {
          failWrites--;
        }
        int n = source.remaining();
        int done = crashes || fails ? random.nextInt(n + 1) : n;
        grow(offset + done);
        for (int i = 0; i < done; i++) {
          inode.cache[(int) offset + i] = source.get();
        }
        if (done > 0) {
          inode.dirty.set((int) offset / SECTOR, (int) (offset + done - 1) / SECTOR + 1);
        }
        if (random.nextInt(4) == 0) {
          writeBackSome();
        }
        orCrash(crashes);
        if (fails) {
          throw new IOException("simulated: input/output error");
        }
      }
    }

    /** The cache writes back what it likes, where the medium has room for it. */
    private void writeBackSome() {
      for (int s = inode.dirty.nextSetBit(0); s >= 0; s = inode.dirty.nextSetBit(s + 1)) {
        if (random.nextBoolean()) {
          persist(inode, s);
        }
      }
    }

    private void grow(long size) throws IOException {
      if (size > inode.cache.length) {
        if (used() - inode.cache.length + size > capacity) {
          throw new IOException("simulated: no space left on device");
        }
        inode.cache = Arrays.copyOf(inode.cache, (int) size);
        inode.sizeDirty = true;
      }
    }

    @Override
    public void sync() throws IOException {
      synchronized (SimDisk.this) {
        boolean crashes = begin();
        if (crashes) {
          throw new CrashedException(); // settle() decides, sector by sector
        }
        if (failSyncs > 0) {
          failSyncs--;
          forgetSome();
          throw new IOException("simulated: sync failed");
        }
        inode.durable = Arrays.copyOf(inode.durable, inode.cache.length);
        inode.dirty.stream().forEach(sector -> persist(inode, sector));
        inode.dirty.clear();
        inode.sizeDirty = false;
      }
    }

    private void forgetSome() {
      writeBackSome();
      inode.dirty.clear();
      if (!inode.sizeDirty && random.nextBoolean()) {
        inode.cache = Arrays.copyOf(inode.durable, inode.cache.length);
      }
    }

    @Override
    public void allocate(long size) throws IOException {
      synchronized (SimDisk.this) {
        boolean crashes = begin();
        if (size < inode.cache.length) {
          inode.cache = Arrays.copyOf(inode.cache, (int) size);
          inode.sizeDirty = true;
        } else {
          grow(size);
        }
        orCrash(crashes);
      }
    }

    @Override
    public void close() {
      synchronized (SimDisk.this) {
        closed = true;
      }
    }
  }
}
