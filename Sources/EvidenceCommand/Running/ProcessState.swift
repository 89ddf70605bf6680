import Foundation

/// What a process may be started with, or without, that would be met later in odd places.
enum ProcessState {
  /// Makes good what can be.
  ///
  /// - Throws: `CommandError` where it can't.
  static func prepare() throws {
    Memory.endInWords()
    openStandardStreams()
    // Swift reads them from /proc/self/cmdline.
    guard CommandLine.argc > 0 else {
      throw CommandError(
        .noResources,
        "the arguments can't be read: /proc/self/cmdline can't be opened; mount /proc here, or allow more open files (ulimit -n)"
      )
    }
  }

  /// Where a standard stream is closed, the next file to be opened would take its number, and what is printed would go
  /// into it.
  private static func openStandardStreams() {
    for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) < 0 {
      // Nothing can be written to it, which is an error as before where it matters.
      _ = open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }
}
