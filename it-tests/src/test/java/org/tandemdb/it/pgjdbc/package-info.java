/** What judges two runs of the suite of PostgreSQL's driver; the suite itself takes too long. */
@NullMarked
package org.tandemdb.it.pgjdbc;

import org.jspecify.annotations.NullMarked;
