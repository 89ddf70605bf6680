import Evidence
import Synchronization

/// What an evaluation says while it runs, for the warnings that come with its result.
package final class RunEvents: Sendable {
  private struct State {
    var threads: (started: Int, reason: String)?
    var firstRounded: (example: Int, value: RoundedValue)?
    var unlocked: String?
  }
  private let state = Mutex(State())

  /// The threads that evaluated, where they were fewer than asked for.
  package var threads: Int? { state.withLock { $0.threads?.started } }

  /// Listens to an evaluation.
  func observe(_ evaluation: inout Evaluation) {
    evaluation.onFewerThreads = { [self] started, reason in state.withLock { $0.threads = (started, reason) } }
    evaluation.onRoundedCount = { [self] example, value in
      state.withLock { state in
        if example <= state.firstRounded?.example ?? example { state.firstRounded = (example, value) }
      }
    }
  }

  /// Nothing keeps another run from writing to this results file.
  func noteUnlocked(_ path: String) { state.withLock { $0.unlocked = path } }

  /// What it said.
  package var warnings: [RunWarning] {
    state.withLock { state in
      var warnings: [RunWarning] = []
      if let rounded = state.firstRounded {
        warnings.append(.roundedCounts(first: rounded.example, rounded.value))
      }
      if let threads = state.threads {
        warnings.append(.fewerThreads(threads.started, reason: threads.reason))
      }
      if let path = state.unlocked { warnings.append(.unlocked(path: path)) }
      return warnings
    }
  }
}
