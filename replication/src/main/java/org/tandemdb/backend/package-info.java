/**
 * Backends, links and pools: the verbs the engine knows, and JDBC as the first thing behind them.
 */
@NullMarked
package org.tandemdb.backend;

import org.jspecify.annotations.NullMarked;
