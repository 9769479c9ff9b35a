/** Assembles an engine over PostgreSQL and this machine: the one place that names both. */
@NullMarked
package org.tandemdb.engine.pg;

import org.jspecify.annotations.NullMarked;
