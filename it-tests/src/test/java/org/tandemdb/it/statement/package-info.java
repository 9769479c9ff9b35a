/** Statements through the driver, on real servers. */
@NullMarked
package org.tandemdb.it.statement;

import org.jspecify.annotations.NullMarked;
