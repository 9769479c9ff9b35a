/**
 * The benchmark: Tandem against a direct connection, in one run, arm by arm in turns, as ratios.
 * See docs/performance.md.
 */
@NullMarked
package org.tandemdb.it.bench;

import org.jspecify.annotations.NullMarked;
