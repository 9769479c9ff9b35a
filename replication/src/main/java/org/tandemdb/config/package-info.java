/**
 * What an operator can say, declared once in {@link org.tandemdb.config.Setting}: read from a YAML
 * file, a JDBC URL and connect properties, checked here, and sealed in records that the engine
 * trusts.
 */
@NullMarked
package org.tandemdb.config;

import org.jspecify.annotations.NullMarked;
