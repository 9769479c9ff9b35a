/**
 * {@code ./tandem pgjdbc-tests}: the test suite of PostgreSQL's own driver, once directly and once
 * through Tandem, its driver or the proxy. Its sources are fetched, patched in two places and
 * compiled; nothing of them is kept here. {@code docs/pgjdbc-tests.md} says how to run it and what
 * it shows.
 */
@NullMarked
package org.tandemdb.it.pgjdbc;

import org.jspecify.annotations.NullMarked;
