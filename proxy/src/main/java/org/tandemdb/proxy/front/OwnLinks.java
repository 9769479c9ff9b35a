package org.tandemdb.proxy.front;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.tandemdb.listen.Ear;
import org.tandemdb.listen.Place;
import org.tandemdb.proxy.pg.NettyLink;

/**
 * Lets {@code Notifications} listen with a session of Tandem's own role. A notification is its
 * NotificationResponse. On the event loop.
 */
final class OwnLinks implements Place<ByteBuf> {
  private final Engines engine;
  private final Supplier<Session> opener;
  private @Nullable Session session;

  /**
   * @param opener gives a session of Tandem's own role
   */
  OwnLinks(Engines engine, Supplier<Session> opener) {
    this.engine = engine;
    this.opener = opener;
  }

  @Override
  public CompletionStage<Void> onPrimary(Function<Ear<ByteBuf>, CompletionStage<Void>> work) {
    Session own = session;
    if (own == null) {
      own = opener.get();
      session = own;
    }
    return own.askPrimary(link -> work.apply(new LinkEar(link)));
  }

  @Override
  public void execute(Runnable task) {
    engine.loop().execute(task);
  }

  @Override
  public void schedule(Duration delay, Runnable task) {
    engine.loop().schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  private record LinkEar(NettyLink link) implements Ear<ByteBuf> {
    @Override
    public void open(Receiver<ByteBuf> receiver) {
      link.whenNotified(
          frame -> {
            int start = frame.readerIndex() + 1 + Integer.BYTES + Integer.BYTES;
            int end = frame.indexOf(start, frame.writerIndex(), (byte) 0);
            if (end >= 0) {
              receiver.notified(frame.toString(start, end - start, StandardCharsets.UTF_8), frame);
            }
          });
      link.whenClosed(receiver::closed);
    }

    @Override
    public CompletionStage<Void> listen(Set<String> channels) {
      return each("LISTEN ", channels);
    }

    @Override
    public CompletionStage<Void> unlisten(Set<String> channels) {
      return each("UNLISTEN ", channels);
    }

    private CompletionStage<Void> each(String verb, Set<String> channels) {
      return Stages.each(
          channels.iterator(),
          channel ->
              link.query(verb + "\"" + channel.replace("\"", "\"\"") + "\"", List.of())
                  .thenAccept(ok -> {}));
    }
  }
}
