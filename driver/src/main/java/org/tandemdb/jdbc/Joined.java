package org.tandemdb.jdbc;

import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What has been read ahead, then the rest. */
final class Joined implements Iterator<List<@Nullable String>> {
  private final Iterator<List<@Nullable String>> ahead;
  private final Iterator<List<@Nullable String>> rest;

  Joined(List<List<@Nullable String>> ahead, Iterator<List<@Nullable String>> rest) {
    this.ahead = ahead.iterator();
    this.rest = rest;
  }

  @Override
  public boolean hasNext() {
    return ahead.hasNext() || rest.hasNext();
  }

  @Override
  public List<@Nullable String> next() {
    return ahead.hasNext() ? ahead.next() : rest.next();
  }
}
