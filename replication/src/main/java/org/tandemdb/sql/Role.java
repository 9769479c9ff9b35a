package org.tandemdb.sql;

/** What a token stands for in its statement. A name without a role makes the statement unknown. */
enum Role {
  /** No name: literals, operators, punctuation. */
  NONE,
  KEYWORD,
  FUNCTION,
  /** The last part of a column's name. */
  COLUMN,
  /** A part before the last dot of any name. */
  QUALIFIER,
  RELATION,
  /** The table that is written. */
  TARGET,
  /** A column that is written. */
  TARGET_COLUMN,
  /** A name the statement itself gives. */
  ALIAS,
  TYPE,
  /** A function without parentheses, such as CURRENT_USER. */
  CONTEXT
}
