/**
 * The frameworks that applications use, on {@code jdbc:tandem:}, with the primary killed in the
 * midst of their work. Each ends with equal copies, and with exactly what the framework was told.
 */
@NullMarked
package org.tandemdb.it.framework;

import org.jspecify.annotations.NullMarked;
