package org.tandemdb.listen;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** What one client listens to, and from when on. */
class ListeningTest {
  private final List<String> asked = new ArrayList<>();
  private final List<String> got = new ArrayList<>();
  private final Listening<String> listening =
      new Listening<>(
          new Channels<>() {
            @Override
            public CompletionStage<Void> listen(String channel, Listener<String> who) {
              asked.add("listen " + channel);
              return CompletableFuture.completedFuture(null);
            }

            @Override
            public void keepOnly(Listener<String> who, Set<String> channels) {
              asked.add("keep " + channels);
            }
          });

  ListeningTest() {
    listening.deliver(got::add, () -> got.add("missed"));
  }

  private void listen(String channel, boolean inBlock) {
    assertThat(listening.listen(channel)).isCompleted();
    listening.listened(channel, inBlock);
  }

  private List<String> heard(String... channels) {
    got.clear();
    for (String channel : channels) {
      listening.notified(channel, channel);
    }
    return got;
  }

  @Test
  void aChannelIsHeardFromItsCommitOn() {
    listen("alone", false);
    listen("block", true);
    assertThat(heard("alone", "block")).containsExactly("alone");
    listening.committed();
    listening.ended();
    assertThat(heard("alone", "block")).containsExactly("alone", "block");
  }

  @Test
  void aRollbackTakesBackBothKindsOfChanges() {
    listen("kept", false);
    listening.unlisten(Optional.empty(), true);
    listen("never", true);
    assertThat(heard("kept", "never")).containsExactly("kept");
    listening.ended();
    assertThat(heard("kept", "never")).containsExactly("kept");
    assertThat(asked).endsWith("keep [kept]");
    listening.committed();
    assertThat(heard("never")).as("the next transaction knows of nothing").isEmpty();
  }

  @Test
  void unlistenLeavesOneChannelOrAll() {
    listen("a", false);
    listen("b", false);
    listen("c", false);
    listening.unlisten(Optional.of("a"), false);
    assertThat(heard("a", "b", "c")).containsExactly("b", "c");
    listening.unlisten(Optional.empty(), false);
    assertThat(heard("a", "b", "c")).isEmpty();
    assertThat(asked).endsWith("keep []");
  }

  @Test
  void rollbackToASavepointTakesBackWhatCameSince() {
    listen("before", true);
    listening.savepoint("s");
    listen("since", true);
    listening.unlisten(Optional.of("before"), true);
    listening.rollbackTo("s");
    listen("after", true);
    listening.committed();
    assertThat(heard("before", "since", "after")).containsExactly("before", "after");
  }

  @Test
  void aReleasedSavepointGivesItsNameBackToTheOneBefore() {
    listening.savepoint("s");
    listen("since", true);
    listening.savepoint("s");
    listening.release("s");
    listening.rollbackTo("s");
    listening.committed();
    assertThat(heard("since")).isEmpty();
  }

  @Test
  void whoGaveUpKeepsWhatItHasAndWhatItsTransactionWants() {
    listen("has", false);
    listen("wants", true);
    assertThat(listening.listen("failed")).isCompleted();
    listening.gaveUp();
    assertThat(asked).last().isEqualTo("keep [has, wants]");
  }

  @Test
  void aNameIsCutAsAServerCutsIt() {
    listen("é".repeat(40), false);
    assertThat(listening.channels()).containsExactly("é".repeat(31));
    assertThat(asked).first().isEqualTo("listen " + "é".repeat(31));
  }

  @Test
  void aClientHasABoundOnChannels() {
    for (int i = 0; i < Listening.MOST_CHANNELS; i++) {
      assertThat(listening.isFull()).isFalse();
      listen("c" + i, i % 2 == 0);
    }
    assertThat(listening.isFull()).isTrue();
  }

  @Test
  void onlyWhoListensIsToldThatSomethingMayBeMissed() {
    listening.missed();
    assertThat(got).isEmpty();
    listen("a", false);
    listening.missed();
    assertThat(got).containsExactly("missed");
  }

  @Test
  void whoNeverListenedLeavesNothingBehind() {
    listening.close();
    assertThat(asked).isEmpty();
    listen("a", false);
    listening.close();
    assertThat(asked).last().isEqualTo("keep []");
    assertThat(heard("a")).isEmpty();
  }
}
