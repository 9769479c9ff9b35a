@NullMarked
package org.tandemdb.it.server;

import org.jspecify.annotations.NullMarked;
