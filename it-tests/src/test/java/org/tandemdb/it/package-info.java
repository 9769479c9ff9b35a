@NullMarked
package org.tandemdb.it;

import org.jspecify.annotations.NullMarked;
