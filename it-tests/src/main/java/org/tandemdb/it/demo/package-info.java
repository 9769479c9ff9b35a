/** The demonstration: two servers, a load, failures, and what became of it. */
@NullMarked
package org.tandemdb.it.demo;

import org.jspecify.annotations.NullMarked;
