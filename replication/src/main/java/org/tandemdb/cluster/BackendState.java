package org.tandemdb.cluster;

import java.util.EnumSet;
import java.util.Set;

/**
 * What a backend may be used for. Every change is checked against this table:
 *
 * <pre>
 *                 ┌──────────── probe answered ───────────┐
 *                 ▼                                       │
 *  OFFLINE ─▶ CATCHING_UP ─▶ ONLINE ──── link failed ──▶ SUSPECT ── no answer ──▶ OFFLINE
 *     ▲           │            │  │                       │
 *     └── failed ─┘            │  └── lost for good ──────┼──▶ OFFLINE
 *                              ▼                          ▼
 *                           DIVERGED ──── operator ──▶ RESYNCING ─▶ CATCHING_UP
 *
 *  every state ── operator ──▶ DISABLED ── operator ──▶ OFFLINE
 * </pre>
 */
public enum BackendState {
  /** Holds everything it must; serves. */
  ONLINE,
  /** Reachable and recovered, still behind. */
  CATCHING_UP,
  /** A link failed; being probed. Serves nothing new. */
  SUSPECT,
  /** Not reachable, or in another incarnation than the engine knows. Tried again. */
  OFFLINE,
  /** Does not hold what the log says. Not used until it has been made anew. */
  DIVERGED,
  /** Being made anew from a copy. */
  RESYNCING,
  /** Taken out by the operator. */
  DISABLED;

  private Set<BackendState> next() {
    return switch (this) {
      case ONLINE -> EnumSet.of(SUSPECT, OFFLINE, DIVERGED, CATCHING_UP, DISABLED);
      case CATCHING_UP -> EnumSet.of(ONLINE, SUSPECT, OFFLINE, DIVERGED, DISABLED);
      case SUSPECT -> EnumSet.of(ONLINE, OFFLINE, DIVERGED, CATCHING_UP, DISABLED);
      case OFFLINE -> EnumSet.of(CATCHING_UP, DIVERGED, RESYNCING, DISABLED);
      case DIVERGED -> EnumSet.of(RESYNCING, DISABLED);
      case RESYNCING -> EnumSet.of(CATCHING_UP, OFFLINE, DIVERGED, DISABLED);
      case DISABLED -> EnumSet.of(OFFLINE);
    };
  }

  /** True if a backend may go from here to {@code target}. */
  public boolean mayBecome(BackendState target) {
    return next().contains(target);
  }
}
