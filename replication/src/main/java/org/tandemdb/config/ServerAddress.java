package org.tandemdb.config;

/**
 * Where a backend is.
 *
 * @param host a name or an address, without brackets
 * @param database its name on that server
 * @param sslMode the URL's own {@code sslmode}, empty where it has none
 */
public record ServerAddress(String host, int port, String database, String sslMode) {}
