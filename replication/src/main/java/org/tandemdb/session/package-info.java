/** One client's state: its transaction, what it recorded, its read token. */
@NullMarked
package org.tandemdb.session;

import org.jspecify.annotations.NullMarked;
