/** The driver as it is handed out: its jar, what a pool sets, what can be seen of it. */
@NullMarked
package org.tandemdb.it.product;

import org.jspecify.annotations.NullMarked;
