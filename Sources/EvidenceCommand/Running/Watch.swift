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
  /// - Parameter supervisor: The supervisor, by whose end this process ends.
  func start(supervisor: Supervisor? = nil) {
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

  private static func wait(_ signals: Int32, _ supervisor: Supervisor?) {
    var watched = [pollfd(fd: signals, events: Int16(POLLIN), revents: 0)]
    if let supervisor { watched.append(pollfd(fd: supervisor.pipe, events: Int16(POLLIN), revents: 0)) }
    while true {
      let changed = poll(&watched, nfds_t(watched.count), supervisor == nil ? -1 : 1000)
      if let supervisor, getppid() != supervisor.process { Interruption.shared.endAtOnce(128 + SIGKILL) }
      guard changed > 0 else { continue }
      if watched.count > 1, watched[1].revents != 0 { Interruption.shared.endAtOnce(128 + SIGKILL) }
      var number: UInt8 = 0
      if watched[0].revents != 0, read(signals, &number, 1) == 1 { Interruption.shared.handle(Int32(number)) }
    }
  }
}

/// Who started this process and reports how it ended.
struct Supervisor {
  /// Its process id, which is that of the parent while it lives.
  var process: pid_t
  /// A pipe whose other end goes with it; processes that it forked may hold that end too, so the parent is asked as well.
  var pipe: Int32
}
