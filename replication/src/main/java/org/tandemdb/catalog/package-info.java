/** Immutable snapshots of the schema facts that planning needs. */
@NullMarked
package org.tandemdb.catalog;

import org.jspecify.annotations.NullMarked;
