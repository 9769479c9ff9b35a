/** Configurations, and what they are applied to, as they should not be. */
@NullMarked
package org.tandemdb.it.config;

import org.jspecify.annotations.NullMarked;
