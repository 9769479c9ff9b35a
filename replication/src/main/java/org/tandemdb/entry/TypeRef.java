package org.tandemdb.entry;

/**
 * A database type by the name the dialect gives it ({@code int4}, {@code timestamptz}, {@code
 * "app"."mood"}). {@link #UNSPECIFIED} leaves the type to the server's own inference, as a driver
 * does that sends an untyped parameter.
 *
 * @param name never empty; quoted and schema-qualified where it is not a built-in
 */
public record TypeRef(String name) {

  public static final TypeRef UNSPECIFIED = new TypeRef("unknown");

  public TypeRef {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("a type needs a name");
    }
  }
}
