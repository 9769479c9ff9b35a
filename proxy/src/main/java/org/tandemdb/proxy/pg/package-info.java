/**
 * The servers' side: links that speak PostgreSQL's protocol 3.0 on an event loop, what is prepared
 * on them, and what they answer to a call ({@code proxy/DESIGN.md}).
 */
@NullMarked
package org.tandemdb.proxy.pg;

import org.jspecify.annotations.NullMarked;
