package org.tandemdb.log;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;

/**
 * What the operating system had against a file: the platform's own exceptions say the reason by
 * their class, and no more than the path in their message.
 */
final class DiskReason {
  private DiskReason() {}

  /** The file and the reason, in words. */
  static String of(IOException e) {
    if (!(e instanceof FileSystemException failure)) {
      return String.valueOf(e.getMessage());
    }
    return failure.getFile() + ": " + reason(failure);
  }

  private static String reason(FileSystemException e) {
    if (e.getReason() != null) {
      return e.getReason();
    }
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof NoSuchFileException) {
      return "no such file or directory";
    }
    if (e instanceof FileAlreadyExistsException) {
      return "a file, not a directory";
    }
    if (e instanceof NotDirectoryException) {
      return "not a directory";
    }
    return "refused by the operating system";
  }

  /** The log's directory cannot be used at all. */
  static TandemException unusable(Path directory, String what, IOException e) {
    return new TandemException(
        ErrorCode.LOG_UNREADABLE,
        "the log's directory "
            + directory
            + " cannot be "
            + what
            + ": "
            + of(e)
            + ". Let 'log' name a directory that user "
            + System.getProperty("user.name")
            + " may create and write, on a disk that survives a crash.",
        e);
  }
}
