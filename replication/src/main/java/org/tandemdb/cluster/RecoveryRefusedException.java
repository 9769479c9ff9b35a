package org.tandemdb.cluster;

import java.util.Optional;
import org.tandemdb.entry.Position;

/** The backend's contents do not fit the log: trying again does not help. */
final class RecoveryRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final transient Optional<Position> position;

  RecoveryRefusedException(String message) {
    super(message);
    this.position = Optional.empty();
  }

  RecoveryRefusedException(Position position, String message) {
    super(message);
    this.position = Optional.of(position);
  }

  /** The entry that could not be applied, if it was one. */
  Optional<Position> position() {
    return position;
  }
}
