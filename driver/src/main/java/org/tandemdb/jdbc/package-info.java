/** The JDBC driver. */
@NullMarked
package org.tandemdb.jdbc;

import org.jspecify.annotations.NullMarked;
