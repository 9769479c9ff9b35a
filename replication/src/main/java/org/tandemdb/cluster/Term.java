package org.tandemdb.cluster;

import org.tandemdb.backend.BackendLink;
import org.tandemdb.commit.CommitPipeline;

/** One primary's time in office. Immutable; over when another stands in {@code Cluster.term}. */
public record Term<L extends BackendLink>(long epoch, Member<L> primary, CommitPipeline pipeline) {}
