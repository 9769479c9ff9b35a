package org.tandemdb.jdbc;

import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.sql.Blob;
import java.sql.Clob;
import java.sql.NClob;
import java.sql.SQLException;
import java.sql.SQLXML;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tandemdb.jdbc.Binding.Kind;

/**
 * The setters that take streams and large objects: read at once, into a {@link Spool}, and sent as
 * {@code bytea} or text. Large objects of PostgreSQL's kind, which live outside of tables, are not
 * made. Keeps the temporary files of its spools and closes those that nothing refers to.
 */
@SuppressWarnings("deprecation")
abstract class StreamedParameters extends RefusingPreparedStatement {
  private static final long ALL = -1;

  private final ParameterValues values;
  private final List<Spool> files = new ArrayList<>(0);

  StreamedParameters(TandemConnection connection, ResultKind kind) {
    super(connection, kind);
    this.values = new ParameterValues(connection.vendorSettings().unspecifiedStrings());
  }

  abstract void set(int index, Binding binding) throws SQLException;

  /** What {@code setObject} makes of values. */
  final ParameterValues values() {
    return values;
  }

  /** To be closed in time, where it has a file. */
  final Binding kept(Binding binding) {
    if (binding.kind() == Kind.BYTES || binding.kind() == Kind.CHARACTERS) {
      Object value = binding.value();
      if (value instanceof Spool spool && !spool.isInMemory()) {
        files.add(spool);
      }
    }
    return binding;
  }

  final boolean hasFiles() {
    return !files.isEmpty();
  }

  /** Closes all files but those of {@code used}. */
  final void closeFilesExcept(@Nullable Binding[] used) throws SQLException {
    for (Iterator<Spool> each = files.iterator(); each.hasNext(); ) {
      Spool spool = each.next();
      boolean isUsed = false;
      for (Binding binding : used) {
        isUsed |= binding != null && binding.value() == spool;
      }
      if (!isUsed) {
        each.remove();
        spool.close();
      }
    }
  }

  private void setBytes(int index, @Nullable InputStream stream, long length) throws SQLException {
    checkOpen();
    set(index, ParameterValues.bytes(stream == null ? null : Spool.of(stream, length)));
  }

  private void setText(int index, @Nullable Reader reader, long length) throws SQLException {
    checkOpen();
    set(index, values.characters(reader == null ? null : CharacterSpool.of(reader, length)));
  }

  private void setText(int index, @Nullable InputStream stream, Charset charset, long length)
      throws SQLException {
    checkOpen();
    set(
        index,
        values.characters(stream == null ? null : CharacterSpool.of(stream, charset, length)));
  }

  private static long given(long length) throws SQLException {
    if (length < 0) {
      throw Refusals.invalid("Invalid stream length " + length + ".");
    }
    return length;
  }

  @Override
  public void setAsciiStream(int parameterIndex, @Nullable InputStream value, int length)
      throws SQLException {
    setAsciiStream(parameterIndex, value, (long) length);
  }

  @Override
  public void setAsciiStream(int parameterIndex, @Nullable InputStream value, long length)
      throws SQLException {
    setText(parameterIndex, value, StandardCharsets.US_ASCII, given(length));
  }

  @Override
  public void setAsciiStream(int parameterIndex, @Nullable InputStream value) throws SQLException {
    setText(parameterIndex, value, StandardCharsets.US_ASCII, ALL);
  }

  @Deprecated
  @Override
  public void setUnicodeStream(int parameterIndex, @Nullable InputStream value, int length)
      throws SQLException {
    setText(parameterIndex, value, StandardCharsets.UTF_8, given(length));
  }

  @Override
  public void setBinaryStream(int parameterIndex, @Nullable InputStream value, int length)
      throws SQLException {
    setBytes(parameterIndex, value, given(length));
  }

  @Override
  public void setBinaryStream(int parameterIndex, @Nullable InputStream value, long length)
      throws SQLException {
    setBytes(parameterIndex, value, given(length));
  }

  @Override
  public void setBinaryStream(int parameterIndex, @Nullable InputStream value) throws SQLException {
    setBytes(parameterIndex, value, ALL);
  }

  @Override
  public void setBlob(int parameterIndex, @Nullable InputStream value, long length)
      throws SQLException {
    setBytes(parameterIndex, value, given(length));
  }

  @Override
  public void setBlob(int parameterIndex, @Nullable InputStream value) throws SQLException {
    setBytes(parameterIndex, value, ALL);
  }

  @Override
  public void setBlob(int parameterIndex, @Nullable Blob value) throws SQLException {
    if (value == null) {
      set(parameterIndex, ParameterValues.bytes(null));
      return;
    }
    try (InputStream stream = value.getBinaryStream()) {
      setBytes(parameterIndex, stream, ALL);
    } catch (IOException e) {
      throw Spool.unreadable(e);
    }
  }

  @Override
  public void setCharacterStream(int parameterIndex, @Nullable Reader value, int length)
      throws SQLException {
    setText(parameterIndex, value, given(length));
  }

  @Override
  public void setCharacterStream(int parameterIndex, @Nullable Reader value, long length)
      throws SQLException {
    setText(parameterIndex, value, given(length));
  }

  @Override
  public void setCharacterStream(int parameterIndex, @Nullable Reader value) throws SQLException {
    setText(parameterIndex, value, ALL);
  }

  @Override
  public void setNCharacterStream(int parameterIndex, @Nullable Reader value, long length)
      throws SQLException {
    setText(parameterIndex, value, given(length));
  }

  @Override
  public void setNCharacterStream(int parameterIndex, @Nullable Reader value) throws SQLException {
    setText(parameterIndex, value, ALL);
  }

  @Override
  public void setClob(int parameterIndex, @Nullable Reader value, long length) throws SQLException {
    setText(parameterIndex, value, given(length));
  }

  @Override
  public void setClob(int parameterIndex, @Nullable Reader value) throws SQLException {
    setText(parameterIndex, value, ALL);
  }

  @Override
  public void setClob(int parameterIndex, @Nullable Clob value) throws SQLException {
    if (value == null) {
      set(parameterIndex, values.string(null));
      return;
    }
    try (Reader reader = value.getCharacterStream()) {
      setText(parameterIndex, reader, ALL);
    } catch (IOException e) {
      throw Spool.unreadable(e);
    }
  }

  @Override
  public void setNClob(int parameterIndex, @Nullable Reader value, long length)
      throws SQLException {
    setText(parameterIndex, value, given(length));
  }

  @Override
  public void setNClob(int parameterIndex, @Nullable Reader value) throws SQLException {
    setText(parameterIndex, value, ALL);
  }

  @Override
  public void setNClob(int parameterIndex, @Nullable NClob value) throws SQLException {
    setClob(parameterIndex, value);
  }

  @Override
  public void setSQLXML(int parameterIndex, @Nullable SQLXML value) throws SQLException {
    checkOpen();
    set(parameterIndex, ParameterValues.xml(value == null ? null : value.getString()));
  }
}
