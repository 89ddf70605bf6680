import CProcess
import Evidence
import Foundation
import Synchronization

/// A thread that waits for what comes from outside: Ctrl-C, SIGTERM, and the end of the supervisor.
///
/// Not libdispatch: where the system refuses it a thread, it asks again for ever.
final class Watch: Sendable {
  static let shared = Watch()

  private let isStarted = Mutex(false)

  /// Starts the thread, unless there is one; nothing is watched where there can be none.
  ///
  /// - Parameter supervisor: A pipe whose other end goes with the supervisor.
  func start(supervisor: Int32? = nil) {
    isStarted.withLock { isStarted in
      guard !isStarted else { return }
      var signals: [Int32] = [-1, -1]
      guard pipe(&signals) == 0 else { return }
      for descriptor in signals { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
      let received = signals[0]
      guard (try? WorkerThread.start { Watch.wait(received, supervisor) }) != nil else {
        for descriptor in signals { close(descriptor) }
        return
      }
      cp_signals_to(signals[1], SIGINT, SIGTERM)
      isStarted = true
    }
  }

  private static func wait(_ signals: Int32, _ supervisor: Int32?) {
    var watched = [pollfd(fd: signals, events: Int16(POLLIN), revents: 0)]
    if let supervisor { watched.append(pollfd(fd: supervisor, events: Int16(POLLIN), revents: 0)) }
    while true {
      guard poll(&watched, nfds_t(watched.count), -1) > 0 else { continue }
      if watched.count > 1, watched[1].revents != 0 { Interruption.shared.endAtOnce(128 + SIGKILL) }
      var number: UInt8 = 0
      if watched[0].revents != 0, read(signals, &number, 1) == 1 { Interruption.shared.handle(Int32(number)) }
    }
  }
}
