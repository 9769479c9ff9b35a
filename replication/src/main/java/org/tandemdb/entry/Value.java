package org.tandemdb.entry;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * One SQL value, as the primary had it. Immutable: {@code bytes} is read through duplicates only.
 *
 * @param bytes null is the SQL NULL
 */
public record Value(TypeRef type, Format format, @Nullable ByteBuffer bytes) {

  /** A value in {@link Format#PINNED_TEXT}; null text is the SQL NULL. */
  public static Value ofText(TypeRef type, @Nullable String text) {
    return new Value(
        type,
        Format.PINNED_TEXT,
        text == null ? null : ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
  }

  public boolean isNull() {
    return bytes == null;
  }

  /** The text of a PINNED_TEXT value, null for the SQL NULL. */
  public @Nullable String text() {
    if (format != Format.PINNED_TEXT) {
      throw new IllegalStateException("value of type " + type.name() + " is binary");
    }
    return bytes == null ? null : StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
  }
}
