/** The one catalogue of errors: SQLState, fate of the transaction, remedy, safety of a retry. */
@NullMarked
package org.tandemdb.error;

import org.jspecify.annotations.NullMarked;
