/**
 * The JDBC driver. {@link org.tandemdb.jdbc.ClientSession} asks the engine what to do with each
 * request and does it on a leased vendor connection; everything else here is JDBC's surface: thin
 * wrappers, mechanical delegation (Forwarding...) and refusals (Refusing...) in classes of their
 * own. Nothing that is reachable from a connection leads around the engine.
 */
@NullMarked
package org.tandemdb.jdbc;

import org.jspecify.annotations.NullMarked;
