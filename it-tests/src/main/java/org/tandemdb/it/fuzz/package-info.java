/**
 * The equivalence fuzzer: random schemas and statements through Tandem on two servers, from several
 * threads and across crashes; afterwards both servers must hold the same, and every statement must
 * have had a clean outcome. Statements are made from a seed; how they interleave is not.
 */
@NullMarked
package org.tandemdb.it.fuzz;

import org.jspecify.annotations.NullMarked;
