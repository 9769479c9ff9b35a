/** The demonstration. */
@NullMarked
package org.tandemdb.it.demo;

import org.jspecify.annotations.NullMarked;
