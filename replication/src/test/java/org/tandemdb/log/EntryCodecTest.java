package org.tandemdb.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Format;
import org.tandemdb.entry.Position;
import org.tandemdb.entry.StageId;
import org.tandemdb.entry.TableName;
import org.tandemdb.entry.TypeRef;
import org.tandemdb.entry.Value;
import org.tandemdb.log.schema.LogEntry;

class EntryCodecTest {
  static final TableName TABLE = new TableName("Sales", "or\"ders");
  static final StageId STAGE = new StageId(new UUID(-5, 77));
  static final List<Change> CHANGES =
      List.of(
          new Change.Statement(null, "CREATE TABLE t (a int)", List.of(), -1),
          new Change.Statement(
              TABLE,
              "INSERT INTO t VALUES ($1, $2, $3)",
              List.of(
                  Value.ofText(TypeRef.UNSPECIFIED, null),
                  Value.ofText(new TypeRef("text"), ""),
                  new Value(
                      new TypeRef("int4"),
                      Format.BINARY,
                      ByteBuffer.wrap(new byte[] {0, 0, 1, -1}))),
              1),
          new Change.Rows(
              Change.Kind.UPDATE,
              TABLE,
              List.of(new Change.Column("id", new TypeRef("int8"))),
              List.of(new Change.Column("n", new TypeRef("numeric"))),
              List.of(
                  new Change.Row(Arrays.asList("1", null)), new Change.Row(List.of("2", "ü€😀")))));

  static Entry inline(long number) {
    return new Entry(
        new Position(1, number),
        number,
        1_700_000_000_123L,
        Map.of("TimeZone", "Europe/Berlin"),
        new Entry.Inline(CHANGES));
  }

  static Entry staged(long number) {
    return new Entry(
        new Position(1, number), number, 5, Map.of(), new Entry.Staged(STAGE, 2, 6_000_000_000L));
  }

  @Test
  void aClientsTokenComesBackAsItWas() throws IOException {
    Entry plain = inline(3);
    Entry entry =
        new Entry(
            plain.position(),
            plain.batch(),
            plain.createdAtMillis(),
            plain.settings(),
            plain.body(),
            Optional.of(new UUID(-1, 5)));
    assertThat(EntryCodec.decode(ByteBuffer.wrap(EntryCodec.encode(entry)))).isEqualTo(entry);
    assertThat(EntryCodec.decode(ByteBuffer.wrap(EntryCodec.encode(plain)))).isEqualTo(plain);
  }

  @Test
  void finalRowsComeBackAsTheyWere() throws IOException {
    List<Change> changes =
        List.of(
            new Change.FinalRows(
                TABLE,
                List.of(new Change.Column("id", new TypeRef("bigint"))),
                List.of(
                    new Change.Column("id", new TypeRef("bigint")),
                    new Change.Column("m", new TypeRef("public.\"Mood\""))),
                List.of(new Change.Row(List.of("1")), new Change.Row(List.of("2"))),
                List.of(new Change.Row(Arrays.asList("2", null))),
                -1),
            new Change.FinalRows(TABLE, List.of(), List.of(), List.of(), List.of(), 7));

    assertThat(EntryCodec.decodeChanges(EntryCodec.encodeChanges(changes))).isEqualTo(changes);
  }

  @Test
  void entriesComeBackAsTheyWere() throws IOException {
    for (Entry entry : List.of(inline(Long.MAX_VALUE), staged(3))) {
      assertThat(EntryCodec.decode(ByteBuffer.wrap(EntryCodec.encode(entry)))).isEqualTo(entry);
    }
    assertThat(EntryCodec.decodeChanges(EntryCodec.encodeChanges(CHANGES))).isEqualTo(CHANGES);
  }

  @Test
  void peekingFindsPositionAndStage() throws IOException {
    assertThat(EntryCodec.peek(EntryCodec.encode(staged(3))))
        .isEqualTo(new EntryCodec.Peek(new Position(1, 3), (Entry.Staged) staged(3).body()));
    assertThat(EntryCodec.peek(EntryCodec.encode(inline(4))).position())
        .isEqualTo(new Position(1, 4));
  }

  @Test
  void encodingLeavesTheCallersBuffersAsTheyWere() {
    ByteBuffer bytes = ByteBuffer.wrap(new byte[] {9, 8, 7, 6}, 1, 2);
    Value value = new Value(new TypeRef("bytea"), Format.BINARY, bytes);
    EntryCodec.encodeChanges(List.of(new Change.Statement(null, "x", List.of(value), 0)));
    assertThat(bytes).isEqualTo(ByteBuffer.wrap(new byte[] {8, 7}));
  }

  @Test
  void aFieldOfALaterVersionIsTolerated() throws IOException {
    LogEntry later =
        LogEntry.parseFrom(EntryCodec.encode(inline(1))).toBuilder()
            .setUnknownFields(
                UnknownFieldSet.newBuilder()
                    .addField(
                        99,
                        UnknownFieldSet.Field.newBuilder()
                            .addLengthDelimited(ByteString.copyFromUtf8("new"))
                            .build())
                    .build())
            .build();
    assertThat(EntryCodec.decode(ByteBuffer.wrap(later.toByteArray()))).isEqualTo(inline(1));
  }

  /** An applier that skipped a change it does not know would lose data. */
  @Test
  void anEntryWithoutAKnownBodyIsRefused() {
    byte[] later = LogEntry.newBuilder().build().toByteArray();
    assertThatThrownBy(() -> EntryCodec.decode(ByteBuffer.wrap(later)))
        .isInstanceOf(IOException.class);
  }
}
