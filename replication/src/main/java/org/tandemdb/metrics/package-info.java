/**
 * What a running cluster shows to those who watch: JMX beans, and meters for Micrometer that are
 * read from them. Micrometer is needed by {@link org.tandemdb.metrics.TandemMetrics} alone.
 */
@NullMarked
package org.tandemdb.metrics;

import org.jspecify.annotations.NullMarked;
