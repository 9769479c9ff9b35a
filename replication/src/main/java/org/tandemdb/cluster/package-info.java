/** Epochs, health, recovery, failover: which backend is primary, and which may be used at all. */
@NullMarked
package org.tandemdb.cluster;

import org.jspecify.annotations.NullMarked;
