/**
 * What the log stores: positions, entries and the changes in replication form. Depends on nothing
 * else.
 */
@NullMarked
package org.tandemdb.entry;

import org.jspecify.annotations.NullMarked;
