package org.tandemdb.proxy.front;

import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.tandemdb.proxy.pg.CopyIn;
import org.tandemdb.proxy.pg.Results;

/** Results of which only the hidden columns are looked at. */
record RowsOnly(Consumer<List<@Nullable String>> rows) implements Results {
  @Override
  public void bound() {}

  @Override
  public void description(ByteBuf frame) {
    frame.release();
  }

  @Override
  public void row(ByteBuf frame) {
    frame.release();
  }

  @Override
  public void captured(List<@Nullable String> texts) {
    rows.accept(texts);
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
}
