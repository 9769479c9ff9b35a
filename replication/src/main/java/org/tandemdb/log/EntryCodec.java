package org.tandemdb.log;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Format;
import org.tandemdb.entry.Position;
import org.tandemdb.entry.StageId;
import org.tandemdb.entry.TableName;
import org.tandemdb.entry.TypeRef;
import org.tandemdb.entry.Value;
import org.tandemdb.log.schema.ChangeList;
import org.tandemdb.log.schema.ColumnSpec;
import org.tandemdb.log.schema.FinalRowsChange;
import org.tandemdb.log.schema.LogChange;
import org.tandemdb.log.schema.LogEntry;
import org.tandemdb.log.schema.LogPosition;
import org.tandemdb.log.schema.QualifiedName;
import org.tandemdb.log.schema.RowTexts;
import org.tandemdb.log.schema.RowsChange;
import org.tandemdb.log.schema.RowsKind;
import org.tandemdb.log.schema.Setting;
import org.tandemdb.log.schema.SqlValue;
import org.tandemdb.log.schema.StageUuid;
import org.tandemdb.log.schema.StagedBody;
import org.tandemdb.log.schema.StatementChange;
import org.tandemdb.log.schema.ValueFormat;

/**
 * Entries and changes as bytes: the schema is {@code log.proto}. Unknown fields are tolerated; an
 * unknown <em>kind</em> of change or value is not, for an applier that skipped it would lose data.
 * Stateless, thread-safe.
 */
public final class EntryCodec {

  private EntryCodec() {}

  /** The bytes of one entry. Values' bytes are copied once, into the result. */
  public static byte[] encode(Entry entry) {
    LogEntry.Builder builder =
        LogEntry.newBuilder()
            .setPosition(toProto(entry.position()))
            .setBatch(entry.batch())
            .setCreatedAtMillis(entry.createdAtMillis());
    entry
        .settings()
        .forEach(
            (name, value) ->
                builder.addSettings(Setting.newBuilder().setName(name).setValue(value)));
    Entry.Body body = entry.body();
    if (body instanceof Entry.Inline inline) {
      builder.setInline(toProto(inline.changes()));
    } else if (body instanceof Entry.Staged staged) {
      builder.setStaged(
          StagedBody.newBuilder()
              .setStage(toProto(staged.stage()))
              .setChunks(staged.chunks())
              .setBytes(staged.bytes()));
    }
    entry.token().ifPresent(token -> builder.setToken(toProto(new StageId(token))));
    return builder.build().toByteArray();
  }

  /**
   * The entry in {@code bytes}; its values are views of them, so they must not change afterwards.
   *
   * @throws IOException when they are not an entry, or one that a later version wrote
   */
  public static Entry decode(ByteBuffer bytes) throws IOException {
    LogEntry proto = LogEntry.parseFrom(aliasing(bytes));
    Map<String, String> settings = Map.of();
    if (proto.getSettingsCount() > 0) {
      settings = new LinkedHashMap<>();
      for (Setting setting : proto.getSettingsList()) {
        settings.put(setting.getName(), setting.getValue());
      }
      settings = Collections.unmodifiableMap(settings);
    }
    Entry.Body body =
        switch (proto.getBodyCase()) {
          case INLINE -> new Entry.Inline(fromProto(proto.getInline()));
          case STAGED ->
              new Entry.Staged(
                  fromProto(proto.getStaged().getStage()),
                  proto.getStaged().getChunks(),
                  proto.getStaged().getBytes());
          case BODY_NOT_SET -> throw unknown("entry body");
        };
    return new Entry(
        fromProto(proto.getPosition()),
        proto.getBatch(),
        proto.getCreatedAtMillis(),
        settings,
        body,
        proto.hasToken() ? Optional.of(fromProto(proto.getToken()).value()) : Optional.empty());
  }

  /** Where an encoded entry stands and what it needs, without decoding its changes. */
  static Peek peek(byte[] bytes) throws IOException {
    CodedInputStream in = CodedInputStream.newInstance(bytes);
    Position position = Position.NONE;
    Entry.@Nullable Staged staged = null;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case LogEntry.POSITION_FIELD_NUMBER ->
            position = fromProto(LogPosition.parseFrom(in.readByteArray()));
        case LogEntry.STAGED_FIELD_NUMBER -> {
          StagedBody body = StagedBody.parseFrom(in.readByteArray());
          staged = new Entry.Staged(fromProto(body.getStage()), body.getChunks(), body.getBytes());
        }
        default -> in.skipField(tag);
      }
    }
    return new Peek(position, staged);
  }

  record Peek(Position position, Entry.@Nullable Staged staged) {}

  /** The bytes of a list of changes, as a stage chunk holds them. */
  public static ByteBuffer encodeChanges(List<Change> changes) {
    return ByteBuffer.wrap(toProto(changes).toByteArray());
  }

  /**
   * The changes in {@code bytes}; their values are views of them.
   *
   * @throws IOException when they are not changes, or ones that a later version wrote
   */
  public static List<Change> decodeChanges(ByteBuffer bytes) throws IOException {
    return fromProto(ChangeList.parseFrom(aliasing(bytes)));
  }

  private static CodedInputStream aliasing(ByteBuffer bytes) {
    CodedInputStream in = UnsafeByteOperations.unsafeWrap(bytes).newCodedInput();
    in.enableAliasing(true);
    return in;
  }

  static LogPosition toProto(Position position) {
    return LogPosition.newBuilder().setEpoch(position.epoch()).setNumber(position.number()).build();
  }

  static Position fromProto(LogPosition position) {
    return new Position(position.getEpoch(), position.getNumber());
  }

  static StageUuid toProto(StageId stage) {
    return StageUuid.newBuilder()
        .setMost(stage.value().getMostSignificantBits())
        .setLeast(stage.value().getLeastSignificantBits())
        .build();
  }

  static StageId fromProto(StageUuid stage) {
    return new StageId(new UUID(stage.getMost(), stage.getLeast()));
  }

  private static ChangeList toProto(List<Change> changes) {
    ChangeList.Builder builder = ChangeList.newBuilder();
    for (Change change : changes) {
      LogChange.Builder wrapped = LogChange.newBuilder();
      if (change instanceof Change.Statement statement) {
        wrapped.setStatement(toProto(statement));
      } else if (change instanceof Change.Rows rows) {
        wrapped.setRows(toProto(rows));
      } else if (change instanceof Change.FinalRows rows) {
        wrapped.setFinalRows(toProto(rows));
      }
      builder.addChanges(wrapped);
    }
    return builder.build();
  }

  private static StatementChange toProto(Change.Statement statement) {
    StatementChange.Builder builder =
        StatementChange.newBuilder().setSql(statement.sql()).setRows(statement.rows());
    TableName table = statement.table();
    if (table != null) {
      builder.setTable(toProto(table));
    }
    for (Value value : statement.parameters()) {
      SqlValue.Builder parameter =
          SqlValue.newBuilder()
              .setType(value.type().name())
              .setFormat(
                  switch (value.format()) {
                    case BINARY -> ValueFormat.VALUE_FORMAT_BINARY;
                    case PINNED_TEXT -> ValueFormat.VALUE_FORMAT_PINNED_TEXT;
                  });
      ByteBuffer data = value.bytes();
      if (data != null) {
        // Serialized before this method's caller returns, so no copy of its own is needed.
        parameter.setData(UnsafeByteOperations.unsafeWrap(data.duplicate()));
      }
      builder.addParameters(parameter);
    }
    return builder.build();
  }

  private static RowsChange toProto(Change.Rows rows) {
    RowsChange.Builder builder =
        RowsChange.newBuilder()
            .setKind(
                switch (rows.kind()) {
                  case INSERT -> RowsKind.ROWS_KIND_INSERT;
                  case UPDATE -> RowsKind.ROWS_KIND_UPDATE;
                  case DELETE -> RowsKind.ROWS_KIND_DELETE;
                  case UPSERT -> RowsKind.ROWS_KIND_UPSERT;
                })
            .setTable(toProto(rows.table()));
    rows.keyColumns().forEach(column -> builder.addKeyColumns(toProto(column)));
    rows.columns().forEach(column -> builder.addColumns(toProto(column)));
    rows.values().forEach(row -> builder.addValues(toProto(row)));
    return builder.build();
  }

  private static FinalRowsChange toProto(Change.FinalRows rows) {
    FinalRowsChange.Builder builder =
        FinalRowsChange.newBuilder().setTable(toProto(rows.table())).setFound(rows.found());
    rows.keyColumns().forEach(column -> builder.addKeyColumns(toProto(column)));
    rows.columns().forEach(column -> builder.addColumns(toProto(column)));
    rows.keys().forEach(row -> builder.addKeys(toProto(row)));
    rows.values().forEach(row -> builder.addValues(toProto(row)));
    return builder.build();
  }

  private static RowTexts toProto(Change.Row row) {
    RowTexts.Builder texts = RowTexts.newBuilder();
    for (int i = 0; i < row.texts().size(); i++) {
      String text = row.texts().get(i);
      if (text == null) {
        texts.addNulls(i);
      }
      texts.addTexts(text == null ? "" : text);
    }
    return texts.build();
  }

  private static QualifiedName toProto(TableName table) {
    return QualifiedName.newBuilder().setSchema(table.schema()).setName(table.name()).build();
  }

  private static ColumnSpec toProto(Change.Column column) {
    return ColumnSpec.newBuilder().setName(column.name()).setType(column.type().name()).build();
  }

  private static List<Change> fromProto(ChangeList list) throws IOException {
    List<Change> changes = new ArrayList<>(list.getChangesCount());
    for (LogChange change : list.getChangesList()) {
      changes.add(
          switch (change.getChangeCase()) {
            case STATEMENT -> fromProto(change.getStatement());
            case ROWS -> fromProto(change.getRows());
            case FINAL_ROWS -> fromProto(change.getFinalRows());
            case CHANGE_NOT_SET -> throw unknown("kind of change");
          });
    }
    return Collections.unmodifiableList(changes);
  }

  private static Change fromProto(StatementChange statement) throws IOException {
    List<Value> parameters = new ArrayList<>(statement.getParametersCount());
    for (SqlValue parameter : statement.getParametersList()) {
      parameters.add(fromProto(parameter));
    }
    return new Change.Statement(
        statement.hasTable() ? fromProto(statement.getTable()) : null,
        statement.getSql(),
        Collections.unmodifiableList(parameters),
        statement.getRows());
  }

  private static Value fromProto(SqlValue value) throws IOException {
    Format format =
        switch (value.getFormat()) {
          case VALUE_FORMAT_BINARY -> Format.BINARY;
          case VALUE_FORMAT_PINNED_TEXT -> Format.PINNED_TEXT;
          case VALUE_FORMAT_UNSPECIFIED, UNRECOGNIZED -> throw unknown("value format");
        };
    ByteString data = value.getData();
    return new Value(
        new TypeRef(value.getType()), format, value.hasData() ? data.asReadOnlyByteBuffer() : null);
  }

  private static Change fromProto(RowsChange rows) throws IOException {
    Change.Kind kind =
        switch (rows.getKind()) {
          case ROWS_KIND_INSERT -> Change.Kind.INSERT;
          case ROWS_KIND_UPDATE -> Change.Kind.UPDATE;
          case ROWS_KIND_DELETE -> Change.Kind.DELETE;
          case ROWS_KIND_UPSERT -> Change.Kind.UPSERT;
          case ROWS_KIND_UNSPECIFIED, UNRECOGNIZED -> throw unknown("kind of rows");
        };
    return new Change.Rows(
        kind,
        fromProto(rows.getTable()),
        columns(rows.getKeyColumnsList()),
        columns(rows.getColumnsList()),
        rows(rows.getValuesList()));
  }

  private static Change fromProto(FinalRowsChange rows) {
    return new Change.FinalRows(
        fromProto(rows.getTable()),
        columns(rows.getKeyColumnsList()),
        columns(rows.getColumnsList()),
        rows(rows.getKeysList()),
        rows(rows.getValuesList()),
        rows.getFound());
  }

  private static List<Change.Row> rows(List<RowTexts> rows) {
    List<Change.Row> values = new ArrayList<>(rows.size());
    for (RowTexts row : rows) {
      List<@Nullable String> texts = new ArrayList<>(row.getTextsList());
      for (int index : row.getNullsList()) {
        texts.set(index, null);
      }
      values.add(new Change.Row(Collections.unmodifiableList(texts)));
    }
    return Collections.unmodifiableList(values);
  }

  private static List<Change.Column> columns(List<ColumnSpec> specs) {
    return specs.stream()
        .map(spec -> new Change.Column(spec.getName(), new TypeRef(spec.getType())))
        .toList();
  }

  private static TableName fromProto(QualifiedName table) {
    return new TableName(table.getSchema(), table.getName());
  }

  private static IOException unknown(String what) {
    return new InvalidProtocolBufferException("unknown " + what + ": written by a later version?");
  }
}
