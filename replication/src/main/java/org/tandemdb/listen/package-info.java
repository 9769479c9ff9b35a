/**
 * What is notified in a database, for all clients of an engine: one link of Tandem's own listens on
 * the primary. How a link does that is its front end's.
 */
@NullMarked
package org.tandemdb.listen;

import org.jspecify.annotations.NullMarked;
