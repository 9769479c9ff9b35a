/** Real PostgreSQL servers, and databases on them, for the tests of this module. */
@NullMarked
package org.tandemdb.postgres;

import org.jspecify.annotations.NullMarked;
