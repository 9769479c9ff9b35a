/** The fuzzer itself, for a bounded time, and the parts that judge. */
@NullMarked
package org.tandemdb.it.fuzz;

import org.jspecify.annotations.NullMarked;
