package org.tandemdb.config;

/**
 * Where a backend is.
 *
 * @param host a name or an address, without brackets
 * @param database its name on that server
 */
public record ServerAddress(String host, int port, String database) {}
