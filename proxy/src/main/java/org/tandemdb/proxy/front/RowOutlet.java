package org.tandemdb.proxy.front;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tandemdb.proxy.pg.CopyIn;
import org.tandemdb.proxy.pg.NettyLink;

/** For statements of the session's own: keeps the first row, and nothing else. */
final class RowOutlet implements Outlet {
  private List<@Nullable String> values = List.of();

  /** The row; empty if there was none. */
  List<@Nullable String> values() {
    return values;
  }

  @Override
  public void next() {}

  @Override
  public void begin(NettyLink link) {
    values = List.of();
  }

  @Override
  public void bound() {}

  @Override
  public void description(ByteBuf frame) {
    frame.release();
  }

  @Override
  public void row(ByteBuf frame) {
    if (values.isEmpty()) {
      frame.skipBytes(1 + Integer.BYTES);
      int count = frame.readUnsignedShort();
      List<@Nullable String> row = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        int length = frame.readInt();
        row.add(
            length < 0 ? null : frame.readCharSequence(length, StandardCharsets.UTF_8).toString());
      }
      values = row;
    }
    frame.release();
  }

  @Override
  public void relay(ByteBuf frame) {
    frame.release();
  }

  @Override
  public void copyIn(ByteBuf frame, CopyIn to) {
    frame.release();
    to.fail("nobody sends it");
  }

  @Override
  public void complete(String tag) {}

  @Override
  public void fetched(List<ByteBuf> rows, String tag) {
    rows.forEach(this::row);
  }

  @Override
  public void suspended() {}

  @Override
  public void table(List<String> columns, List<List<@Nullable String>> rows, boolean described) {}

  @Override
  public void warning(String sqlState, String message) {}

  @Override
  public boolean mayRunAgain() {
    return true;
  }
}
