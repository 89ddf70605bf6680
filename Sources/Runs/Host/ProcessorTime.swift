import Foundation

/// Time that processors have worked for this process: on a busy machine far less than has gone by.
enum ProcessorTime {
  /// Seconds, of all threads together.
  static var seconds: Double {
    var time = timespec()
    guard clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return .nan }
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// What a run would have taken with the machine to itself.
  ///
  /// - Parameters:
  ///   - elapsed: Seconds that went by.
  ///   - worked: Seconds that processors worked meanwhile.
  ///   - threads: Threads that shared the work.
  static func undisturbed(elapsed: Double, worked: Double, threads: Int) -> Double {
    guard worked.isFinite, worked > 0 else { return elapsed }
    return min(elapsed, worked / Double(max(1, min(threads, Processors.count))))
  }
}
