import Foundation

/// Time that a processor has worked for the calling thread: what an example costs, also where threads wait for one another.
enum WorkerTime {
  /// Seconds since some moment.
  static var seconds: Double {
    var time = timespec()
    guard clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0 else { return 0 }
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
