/**
 * The side of the proxy that clients see: log in, the protocol's messages, and the session that
 * runs them over the engine. Everything but what blocks is on one event loop ({@code
 * proxy/DESIGN.md}).
 */
@NullMarked
package org.tandemdb.proxy.front;

import org.jspecify.annotations.NullMarked;
