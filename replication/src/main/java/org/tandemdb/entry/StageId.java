package org.tandemdb.entry;

import java.util.UUID;

/** Names the staged body of one large transaction. Never used twice. */
public record StageId(UUID value) {}
