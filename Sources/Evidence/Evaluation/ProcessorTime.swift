import Foundation

/// Time that processors have worked: on a busy machine far less than has gone by.
package enum ProcessorTime {
  /// Seconds for the calling thread, since some moment: what an example costs, also where threads wait for one another.
  static var ofThread: Double { seconds(CLOCK_THREAD_CPUTIME_ID) }

  /// Seconds for all threads of this process together.
  package static var ofProcess: Double { seconds(CLOCK_PROCESS_CPUTIME_ID) }

  private static func seconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    guard clock_gettime(clock, &time) == 0 else { return .nan }
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
