/** A simulated machine: what fails on real ones fails here, from a seed. */
@NullMarked
package org.tandemdb.sim;

import org.jspecify.annotations.NullMarked;
