/**
 * PostgreSQL behind the engine's verbs: Tandem's schema, links and control over JDBC, appliers.
 * Everything that is PostgreSQL's own about a backend is here.
 */
@NullMarked
package org.tandemdb.backend.pg;

import org.jspecify.annotations.NullMarked;
