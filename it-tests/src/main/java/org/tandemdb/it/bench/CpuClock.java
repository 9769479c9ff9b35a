package org.tandemdb.it.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** CPU time of processes, from {@code /proc}; 0 where there is none. */
final class CpuClock {
  /** USER_HZ, which is 100 on all common architectures. */
  private static final double TICKS_PER_SECOND = 100;

  /** Fields of /proc/PID/stat after the command's name: state is the first. */
  private static final int UTIME = 11;

  private static final int CUTIME = 13;

  private CpuClock() {}

  /** Seconds used so far by this JVM and {@code servers}. */
  static double seconds(List<Long> servers) {
    double ticks = ticks(ProcessHandle.current().pid(), false);
    for (long pid : servers) {
      // The first is the postmaster: it knows what its ended children have used.
      ticks += ticks(pid, true);
    }
    return ticks / TICKS_PER_SECOND;
  }

  /** Seconds used so far by {@code processes} and their children that have ended. */
  static double secondsOf(List<Long> processes) {
    double ticks = 0;
    for (long pid : processes) {
      ticks += ticks(pid, true);
    }
    return ticks / TICKS_PER_SECOND;
  }

  private static long ticks(long pid, boolean withEndedChildren) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      long own = Long.parseLong(fields[UTIME]) + Long.parseLong(fields[UTIME + 1]);
      return withEndedChildren
          ? own + Long.parseLong(fields[CUTIME]) + Long.parseLong(fields[CUTIME + 1])
          : own;
    } catch (IOException gone) {
      return 0;
    }
  }
}
