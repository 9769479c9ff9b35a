/** The replication log: the joint, and the local implementation in segment files. */
@NullMarked
package org.tandemdb.log;

import org.jspecify.annotations.NullMarked;
