import CProcess
import Foundation

/// What is said where the system refuses memory (the C part: `CProcess`).
enum Memory {
  /// While files are read.
  private static let readingAdvice =
    "raise the limit of this shell (ulimit -v, -d), or take a machine with more memory; the files are not at fault"

  /// From here on the process ends in plain words where memory is refused.
  static func endInWords() {
    cp_set_memory_advice(readingAdvice)
    cp_end_without_memory(CommandStatus.noResources.rawValue)
  }

  /// Says what to do for an evaluation with so many threads.
  static func advise(threads: Int) {
    cp_set_memory_advice(
      threads > 1
        ? "fewer threads take less: --threads, now \(threads); or raise the limit (ulimit -v, -d)" : readingAdvice)
  }

  /// What an error of libhdf5 comes to where memory was refused during the call; nil where none was, or where a damaged
  /// file asked for more than any has.
  static func refusal(_ description: String) -> (status: CommandStatus?, lines: [String])? {
    let bytes = cp_refused_bytes()
    guard bytes > 0, bytes < 1 << 30 else { return nil }
    return (
      .noResources, ["out of memory: libhdf5 was refused \(bytes) bytes; \(description)", readingAdvice]
    )
  }
}
