/** Backends, links, a log and a clock by hand: what the tests of the rules script. */
@NullMarked
package org.tandemdb.fake;

import org.jspecify.annotations.NullMarked;
