package org.tandemdb.proxy.pg;

/**
 * How a call ended that did not fail.
 *
 * @param tag of CommandComplete; empty for an empty statement or a suspended portal
 * @param suspended there are more rows to fetch
 * @param description what is known of the statement
 */
public record CallResult(String tag, boolean suspended, Description description) {}
