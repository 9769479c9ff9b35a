package org.tandemdb.catalog;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tandemdb.entry.TableName;
import org.tandemdb.entry.TypeRef;

/**
 * An immutable snapshot of the schema facts that planning needs.
 *
 * @param version grows with every change; plans of another version are made again
 * @param tables by resolved name
 * @param deferrableConstraints true if any constraint may be deferred, so that COMMIT could fail
 *     late
 * @param userFunctions names of functions outside the system schemas: a call by such a name may
 *     reach one of them, whatever built-in function has the name too
 * @param rowFunctions those of them that take a row as their only argument: {@code t.f} calls them
 * @param userOperators operators outside the system schemas that could be chosen for built-in
 *     types, or that may write; {@code ::} stands for casts between built-in types
 * @param descendingSequences sequences with a negative increment
 * @param userTypes types outside the system schemas by their name alone; where schemas disagree,
 *     the least that is known
 * @param references the foreign keys between two tables
 * @param serverMajor the major version of the server that it was read from
 * @param routines the functions that {@code userFunctions} names
 * @param traced tables with the triggers that TRACED transactions need
 * @param looseColumns names of columns whose collation takes different texts for equal
 */
public record Catalog(
    long version,
    String database,
    Map<TableName, Table> tables,
    boolean deferrableConstraints,
    Set<String> userFunctions,
    Set<String> rowFunctions,
    Set<String> userOperators,
    Set<TableName> descendingSequences,
    Map<String, UserType> userTypes,
    int serverMajor,
    Set<Reference> references,
    Routines routines,
    Set<TableName> traced,
    Set<String> looseColumns) {

  /** A foreign key: rows of {@code child} need rows of {@code parent}. */
  public record Reference(TableName child, TableName parent) {}

  /** The oldest version that is served. */
  public static final int OLDEST_MAJOR = 15;

  /** A catalog of a database without functions, operators, types and sequences of its own. */
  public Catalog(
      long version, String database, Map<TableName, Table> tables, boolean deferrableConstraints) {
    this(
        version,
        database,
        tables,
        deferrableConstraints,
        Set.of(),
        Set.of(),
        Set.of(),
        Set.of(),
        Map.of(),
        OLDEST_MAJOR,
        Set.of(),
        Routines.NONE,
        Set.of(),
        Set.of());
  }

  /** What is known of a type outside the system schemas. */
  public enum UserType {
    /** Its texts mean the same on every copy. */
    ENUM,
    /**
     * Reading a text may evaluate something (a domain's check, a date in it), and writes nothing.
     */
    OTHER,
    /** Reading a text may run a function that is not known. */
    UNKNOWN
  }

  /**
   * What is known of a type by its name.
   *
   * @param written as a statement or {@link TypeRef} has it: perhaps quoted, with a schema, an
   *     array
   */
  public UserType userType(String written) {
    return userTypes.getOrDefault(bareName(written), UserType.UNKNOWN);
  }

  /** A type's name, or its elements', without schema and quotes. */
  static String bareName(String written) {
    String name = written.endsWith("[]") ? written.substring(0, written.indexOf('[')) : written;
    return name.substring(name.lastIndexOf('.') + 1).replace("\"", "");
  }

  /** True if values of the type can be captured as text and put back. */
  public boolean isUserType(String written) {
    return userType(written) != UserType.UNKNOWN;
  }

  /** Resolves a name the way the server does: the first schema of the path that has it. */
  public Optional<Table> resolve(Optional<String> schema, String name, List<String> searchPath) {
    if (schema.isPresent()) {
      return Optional.ofNullable(tables.get(new TableName(schema.get(), name)));
    }
    return searchPath.stream()
        .map(s -> tables.get(new TableName(s, name)))
        .filter(t -> t != null)
        .findFirst();
  }

  /**
   * @param kind ordinary table, view, partitioned ...
   * @param primaryKey column names, empty if there is none
   * @param uniqueKeys full, non-deferrable, non-expression unique keys over NOT NULL columns or not
   *     (equality excludes NULL), the primary one included
   * @param hazards why statements on this table cannot be VERBATIM or CAPTURED yet: triggers,
   *     rules, row security, inheritance ...; empty if none
   * @param deleteHazards why a DELETE cannot be: foreign keys with actions that point here
   * @param updateHazards why an UPDATE cannot be
   * @param readHazards why reading it may have side effects, or differ from copy to copy: row
   *     security, foreign tables
   * @param viewDefinition the query of a view, with schemas
   * @param ordered in which order one statement changes its rows may decide whether it fails,
   *     beyond what {@code uniqueKeys} tell: unique indexes over expressions or parts, exclusion
   *     constraints
   * @param traceHazards why not even a TRACED transaction may write it: the rows could not be put
   *     in on another copy as they are
   */
  public record Table(
      TableName name,
      Kind kind,
      List<Column> columns,
      List<String> primaryKey,
      List<List<String>> uniqueKeys,
      List<String> hazards,
      List<String> deleteHazards,
      List<String> updateHazards,
      List<String> readHazards,
      Optional<String> viewDefinition,
      boolean ordered,
      List<String> traceHazards) {

    /**
     * A trace hazard of UPDATE and DELETE only: rows that are inserted can be logged without a key.
     */
    public static final String NO_KEY =
        "it has neither a primary key nor a unique key over NOT NULL columns";

    /** How a hazard ends that is a trigger which fires for TRUNCATE. */
    public static final String ON_TRUNCATE = " on TRUNCATE";

    /** A hazard of whatever may have rows in common with other tables. */
    public static final String FAMILY = "inheritance or partitions";

    /** A relation that is no view and no foreign key with an action points at. */
    public Table(
        TableName name,
        Kind kind,
        List<Column> columns,
        List<String> primaryKey,
        List<List<String>> uniqueKeys,
        List<String> hazards) {
      this(
          name,
          kind,
          columns,
          primaryKey,
          uniqueKeys,
          hazards,
          List.of(),
          List.of(),
          List.of(),
          Optional.empty(),
          false,
          List.of());
    }

    public Optional<Column> column(String column) {
      return columns.stream().filter(c -> c.name().equals(column)).findFirst();
    }
  }

  /** What sort of relation. */
  public enum Kind {
    TABLE,
    PARTITIONED,
    VIEW,
    MATERIALIZED_VIEW,
    OTHER
  }

  /**
   * @param defaultKind what fills the column when a statement does not
   * @param sequence the sequence that the default advances, if it does
   */
  public record Column(
      String name,
      TypeRef type,
      boolean notNull,
      DefaultKind defaultKind,
      Optional<TableName> sequence) {}

  /** How an omitted column gets its value. */
  public enum DefaultKind {
    /** NULL, or an expression of constants and IMMUTABLE built-ins. */
    DETERMINISTIC,
    /** Anything the primary must evaluate: nextval, now(), random(), user functions. */
    EVALUATED,
    /** The next value of its sequence, and nothing else. */
    NEXTVAL,
    IDENTITY_ALWAYS,
    IDENTITY_BY_DEFAULT,
    /** GENERATED ALWAYS AS (...) STORED. */
    GENERATED
  }
}
