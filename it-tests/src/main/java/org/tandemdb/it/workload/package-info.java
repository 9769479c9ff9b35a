/**
 * An order-entry workload that knows what it was promised: every write carries a token or moves a
 * counter, so that afterwards each acknowledged one can be looked for, and each other one too.
 * Plain JDBC; runs through Tandem or straight against a server.
 */
@NullMarked
package org.tandemdb.it.workload;

import org.jspecify.annotations.NullMarked;
