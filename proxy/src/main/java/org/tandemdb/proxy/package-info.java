/** The server that speaks the PostgreSQL protocol. */
@NullMarked
package org.tandemdb.proxy;

import org.jspecify.annotations.NullMarked;
