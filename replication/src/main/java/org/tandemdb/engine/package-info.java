/** The engine as front ends open it: one cluster, its sessions and their routing. */
@NullMarked
package org.tandemdb.engine;

import org.jspecify.annotations.NullMarked;
