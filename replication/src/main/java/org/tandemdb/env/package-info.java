/**
 * Time, randomness, scheduling and disk as the engine sees them, so that a simulator can replace
 * each.
 */
@NullMarked
package org.tandemdb.env;

import org.jspecify.annotations.NullMarked;
