import Evidence

extension ProcessorTime {
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
