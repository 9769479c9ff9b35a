package org.tandemdb.config;

/**
 * What a client asks for when it connects: a cluster, and who it is there.
 *
 * @param user the client's database user; empty means Tandem's own role
 * @param password empty for none
 */
public record ConnectSpec(ClusterConfig cluster, String user, String password) {

  /** Without the password. */
  @Override
  public String toString() {
    return "ConnectSpec[" + cluster + " user=" + user + "]";
  }
}
