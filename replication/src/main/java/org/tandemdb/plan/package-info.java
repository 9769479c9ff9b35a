/** Requests, plans, and the pure function between them. */
@NullMarked
package org.tandemdb.plan;

import org.jspecify.annotations.NullMarked;
