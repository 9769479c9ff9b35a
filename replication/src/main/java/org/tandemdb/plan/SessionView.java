package org.tandemdb.plan;

import java.util.List;
import java.util.Set;

/**
 * What planning must know about the session.
 *
 * @param searchPath schemas that hold unqualified names, in order, as the server resolved it
 * @param inTransaction a read-write transaction is open
 * @param readOnly the transaction (or session) is declared READ ONLY
 * @param snapshotFixed isolation is REPEATABLE READ or above and a statement has run
 * @param temporaryTables names of temporary relations of this session, which shadow others
 */
public record SessionView(
    List<String> searchPath,
    boolean inTransaction,
    boolean readOnly,
    boolean snapshotFixed,
    Set<String> temporaryTables) {}
