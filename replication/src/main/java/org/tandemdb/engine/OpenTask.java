package org.tandemdb.engine;

import org.tandemdb.backend.BackendLink;
import org.tandemdb.backend.Lease;
import org.tandemdb.cluster.Term;
import org.tandemdb.commit.Gate;
import org.tandemdb.plan.Plan;

/**
 * A statement that commits on its own, from its note on the primary to its entry. It has a share of
 * the gate all the time: DDL that changes its table must not come between.
 *
 * @param note see {@link BackendLink#beginTask}; 0 if nothing is to be logged
 */
record OpenTask<L extends BackendLink>(
    Term<L> term, Lease<L> lease, Gate.Permit permit, Plan.Task plan, long note) {}
