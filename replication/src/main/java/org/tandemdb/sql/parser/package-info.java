/** The SQL parser's statements and nodes that Calcite does not have. */
@NullMarked
package org.tandemdb.sql.parser;

import org.jspecify.annotations.NullMarked;
