package org.tandemdb.log;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;

/**
 * Gives out recent entries from memory, at once; older ones from the segments, on {@code readers}.
 */
final class LocalLogCursor implements LogCursor {
  private final LogStore store;
  private final Executor readers;
  private final int maxBytes;
  private final EntryReader reader;
  private volatile Position position;
  private volatile boolean closed;

  LocalLogCursor(LogStore store, Executor readers, Position from, int maxBytes) {
    this.store = store;
    this.readers = readers;
    this.maxBytes = maxBytes;
    this.reader = new EntryReader(store);
    this.position = from;
  }

  @Override
  public CompletionStage<List<Entry>> next(Position limit) {
    if (closed) {
      return CompletableFuture.failedFuture(new IllegalStateException("the cursor is closed"));
    }
    Position from = position;
    Position end = limit.isAfter(store.head()) ? store.head() : limit;
    if (store.state().first().isAfter(from)) {
      return CompletableFuture.failedFuture(new TruncatedException(from, store.state().first()));
    }
    Optional<List<Entry>> cached = store.recent().after(from, end, maxBytes);
    if (cached.isPresent()) {
      return CompletableFuture.completedFuture(given(cached.get()));
    }
    return CompletableFuture.supplyAsync(() -> given(read(from, end)), readers);
  }

  private List<Entry> read(Position from, Position end) {
    try {
      List<Entry> found = reader.read(from, end, maxBytes);
      // A truncation that came between would leave a gap at the front of what was read.
      if (store.state().first().isAfter(from)) {
        throw new TruncatedException(from, store.state().first());
      }
      return found;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<Entry> given(List<Entry> entries) {
    if (!entries.isEmpty()) {
      position = entries.get(entries.size() - 1).position();
    }
    return entries;
  }

  @Override
  public Position position() {
    return position;
  }

  @Override
  public void close() {
    closed = true;
  }
}
