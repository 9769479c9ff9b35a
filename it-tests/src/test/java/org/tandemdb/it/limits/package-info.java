/** What is bounded stays bounded, and goes on where it should. */
@NullMarked
package org.tandemdb.it.limits;

import org.jspecify.annotations.NullMarked;
