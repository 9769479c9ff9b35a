/** The commit pipeline: batches, markers as proof of life, append, COMMITs, confirmation. */
@NullMarked
package org.tandemdb.commit;

import org.jspecify.annotations.NullMarked;
