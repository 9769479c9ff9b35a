/**
 * Links that speak PostgreSQL's protocol 3.0 on an event loop. A throw-away: it proves that the
 * engine's joints carry a second transport, and says where they pinch ({@code proxy/DESIGN.md}).
 * The proxy's real links relay messages instead of collecting rows.
 */
@NullMarked
package org.tandemdb.proxy.pg;

import org.jspecify.annotations.NullMarked;
