import Foundation
import JSON
import Runs

/// How far an evaluation is, on standard error: a bar on a terminal, or what `--progress` asks for.
///
///     ━━━━━━━━━━━━────────  350/599  48.1 examples/s  5.2 s left  mean −16.80
final class ProgressBar: RunProgress {
  private let total: Int
  private var restored = 0
  private let hasMean: Bool
  private let form: ProgressForm
  private let started = ContinuousClock.now
  private var shown: ContinuousClock.Instant?
  private var finished = 0
  private var sum = 0.0

  /// A bar for `total` examples.
  ///
  /// - Parameter hasMean: Whether the mean of the values is shown.
  init(total: Int, hasMean: Bool) {
    self.total = total
    self.hasMean = hasMean
    form = Console.shared.progress
    show()
  }

  /// One more example, which an earlier run had finished.
  func restore(_ value: Double) {
    restored += 1
    advance(by: value)
  }

  /// One more example.
  func advance(by value: Double) {
    finished += 1
    sum += value
    // The last is always said to whoever counts.
    if let shown, shown.duration(to: .now) < interval, form != .json || finished < total { return }
    show()
  }

  /// Takes the line away.
  func end() { Console.shared.clearProgress() }

  /// Between one look at it and the next.
  private var interval: Duration { form == .lines ? .seconds(10) : .milliseconds(100) }

  private func show() {
    guard form != .none else { return }
    shown = .now
    let elapsed = started.duration(to: .now) / .seconds(1)
    let rate = Double(finished - restored) / max(elapsed, 1e-9)
    let mean = hasMean && finished > 0 ? sum / Double(finished) : nil
    switch form {
    case .none: break
    case .bar:
      Console.shared.showProgress(
        ProgressWords.line(finished: finished, total: total, rate: rate, mean: mean, width: Console.shared.width))
    case .lines:
      Console.shared.error([ProgressWords.words(finished: finished, total: total, rate: rate, mean: mean)])
    case .json:
      Console.shared.event([
        "event": "progress", "finished": .integer(finished), "total": .integer(total), "restored": .integer(restored),
        "mean": JSONValue(mean), "seconds": .number(elapsed),
      ])
    }
  }
}
