/**
 * The port for operators: health, metrics, and what {@code SHOW TANDEM} says, as JSON over HTTP.
 * Looks, and changes nothing.
 */
@NullMarked
package org.tandemdb.proxy.admin;

import org.jspecify.annotations.NullMarked;
