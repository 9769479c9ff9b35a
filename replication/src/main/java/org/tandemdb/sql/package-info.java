/**
 * What a text of SQL says: lexer, fingerprint, parser and analysis. Knows no catalog and no
 * session; what a statement does to them is decided in {@code plan}.
 */
@NullMarked
package org.tandemdb.sql;

import org.jspecify.annotations.NullMarked;
