/** The proxy in front of real servers, with the clients that people use. */
@NullMarked
package org.tandemdb.it.proxy;

import org.jspecify.annotations.NullMarked;
