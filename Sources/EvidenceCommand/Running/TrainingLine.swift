import Evidence
import Foundation
import JSON
import Runs
import Training

/// How a training run goes, on standard error: a line that changes on a terminal, or what `--progress` asks for.
///
///     epoch 3/40  1200/3000  L_5 −98.21  rate 0.00072  1.5 min left
final class TrainingLine: TrainingWatch {
  private let options: TrainingOptions
  private let form: ProgressForm
  private let started = ContinuousClock.now
  private var steps = 0
  private var shown = ContinuousClock.now

  init(_ options: TrainingOptions) {
    self.options = options
    form = Console.shared.progress
  }

  private func line(_ progress: TrainingProgress) -> String {
    ProgressWords.line(progress, of: options, secondsPerStep: seconds / Double(steps))
  }

  private var seconds: Double { started.duration(to: .now) / .seconds(1) }

  /// Takes the line away.
  func end() { Console.shared.clearProgress() }

  /// One more step.
  func advance(_ progress: TrainingProgress) {
    steps += 1
    let isDue = shown.duration(to: .now) >= (form == .lines ? .seconds(10) : .milliseconds(200))
    guard isDue || progress.endsEpoch else { return }
    switch form {
    case .none: return
    case .bar: Console.shared.showProgress(String(line(progress).prefix(max(0, Console.shared.width - 1))))
    case .lines:
      guard progress.endsEpoch, isDue || progress.validation != nil else { return }
      Console.shared.error([line(progress)])
    case .json:
      Console.shared.event([
        "event": "training", "epoch": .integer(progress.epoch + 1), "epochs": .integer(progress.epochs),
        "step": .integer(progress.step), "steps": .integer(progress.stepsPerEpoch), "bound": JSONValue(progress.bound),
        "rate": .number(progress.rate), "validation": JSONValue(progress.validation), "seconds": .number(seconds),
      ])
    }
    shown = .now
  }
}
