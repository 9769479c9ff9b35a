/** Tandem's commands for operators and developers. */
@NullMarked
package org.tandemdb.proxy.cli;

import org.jspecify.annotations.NullMarked;
