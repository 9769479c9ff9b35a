/** Appliers: every replica gets every confirmed entry, in order, exactly once. */
@NullMarked
package org.tandemdb.apply;

import org.jspecify.annotations.NullMarked;
