package org.tandemdb.backend;

/**
 * Something that was notified in the database.
 *
 * @param payload empty where none was given
 * @param process number of the server process that notified
 */
public record Notification(String channel, String payload, int process) {}
