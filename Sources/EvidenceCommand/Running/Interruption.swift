import CProcess
import Evidence
import Foundation
import Synchronization

/// Ctrl-C and SIGTERM. While examples are evaluated, the first asks for a clean stop and the second ends at once; before
/// and after, there is nothing to save and the first ends.
final class Interruption: Sendable {
  static let shared = Interruption()

  /// What the evaluation looks at.
  let cancellation = Cancellation()

  private struct State {
    var received: Int32?
    var firstReceived: ContinuousClock.Instant?
    var isEvaluating = false
    /// A file that is removed where a signal ends the process: it has not got its name yet.
    var unfinishedFile: String?
  }
  private let state = Mutex(State())

  /// The status to end with, once a signal came.
  var status: CommandStatus? {
    state.withLock { $0.received }.map { $0 == SIGTERM ? .terminated : .interrupted }
  }

  /// Starts to catch both signals. Where there can be no thread that waits for them, they end the process as they do.
  func install() {
    // Past a limit on the size of files, writing fails and is reported as on a full disk.
    signal(SIGXFSZ, SIG_IGN)
    Watch.shared.start()
  }

  /// Runs an evaluation, which a signal stops cleanly by `cancellation`.
  func whileEvaluating<Result>(_ body: () throws -> Result) throws -> Result {
    Isolation.liftReadingLimits()
    state.withLock { $0.isEvaluating = true }
    defer { state.withLock { $0.isEvaluating = false } }
    return try body()
  }

  /// Writes a file under a name that is not its own yet, and removes it however this ends.
  func whileWriting<Result>(_ path: String, _ body: () throws -> Result) rethrows -> Result {
    state.withLock { $0.unfinishedFile = path }
    cp_set_unfinished_file(path)
    defer {
      cp_set_unfinished_file(nil)
      state.withLock { $0.unfinishedFile = nil }
      unlink(path)
    }
    return try body()
  }

  /// Does what a signal asks for.
  func handle(_ number: Int32) {
    let now = ContinuousClock.now
    let (isFirst, isSame) = state.withLock { state in
      // A group of processes may be sent a signal, and each of them as well (`timeout`, a supervisor): that is one.
      if let first = state.firstReceived, first.duration(to: now) < .milliseconds(100) { return (false, true) }
      defer { (state.received, state.firstReceived) = (number, state.firstReceived ?? now) }
      return (state.received == nil && state.isEvaluating, false)
    }
    guard !isSame else { return }
    guard isFirst else { endAtOnce(128 + number) }
    cancellation.cancel()
    Console.shared.note("stopping (again to end at once)")
  }

  /// Ends the process as a kill would, but for a file that has not got its name yet.
  func endAtOnce(_ status: Int32) -> Never {
    Console.shared.abandonProgress()
    if let file = state.withLock({ $0.unfinishedFile }) { unlink(file) }
    _exit(status)
  }
}
