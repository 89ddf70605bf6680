import Foundation
import Runs
import Wording

/// How far an evaluation is: a line on standard error, on a terminal only.
///
///     ━━━━━━━━━━━━────────  350/599  48.1 examples/s  5.2 s left  mean −16.80
final class ProgressBar: RunProgress {
  private let total: Int
  private var restored = 0
  private let hasMean: Bool
  private let isShown: Bool
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
    isShown = Console.shared.showsProgress
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
    if let shown, shown.duration(to: .now) < .milliseconds(100) { return }
    show()
  }

  /// Takes the line away.
  func end() { Console.shared.clearProgress() }

  private func show() {
    guard isShown else { return }
    shown = .now
    let elapsed = started.duration(to: .now) / .seconds(1)
    Console.shared.showProgress(
      ProgressBar.line(
        finished: finished, total: total, rate: Double(finished - restored) / max(elapsed, 1e-9),
        mean: hasMean ? sum / Double(finished) : nil,
        width: Console.shared.width))
  }

  /// The line, in at most `width` − 1 columns so that it never wraps.
  static func line(finished: Int, total: Int, rate: Double, mean: Double?, width: Int) -> String {
    var parts = ["\(finished)/\(total)"]
    if rate > 0 {
      parts.append(Text.significant(rate, 3) + " examples/s")
      parts.append(Text.duration(Double(total - finished) / rate) + " left")
    }
    if let mean, finished > 0 { parts.append("mean " + Text.fixed(mean, 2)) }
    let words = parts.joined(separator: "  ")
    let length = min(30, width - 3 - words.count)
    guard length >= 5 else { return String(words.prefix(max(0, width - 1))) }
    let filled = total > 0 ? length * finished / total : 0
    return String(repeating: "━", count: filled) + String(repeating: "─", count: length - filled) + "  " + words
  }
}
