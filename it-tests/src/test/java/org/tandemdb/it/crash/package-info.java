/**
 * Crashes of real processes: servers, the JVM that holds the engine, both, at points that are
 * chosen. Afterwards nothing acknowledged may be missing, nothing may be there twice, and both
 * databases must be equal row by row.
 */
@NullMarked
package org.tandemdb.it.crash;

import org.jspecify.annotations.NullMarked;
