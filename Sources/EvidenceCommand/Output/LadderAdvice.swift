import Evidence
import Foundation

/// The remedy where importance sampling can't be believed: the command line to run, about how long it takes, and what it would
/// settle.
struct LadderAdvice {
  private let outcome: NLLOutcome

  /// Nil where no example is past its threshold, or the estimator is not importance sampling.
  init?(_ outcome: NLLOutcome) {
    guard ["importance-sampling", "laplace"].contains(outcome.entry.name), outcome.hasUnreliableError,
      !outcome.isCrossEntropy
    else { return nil }
    self.outcome = outcome
  }

  var words: String {
    let count = outcome.summary.unreliableExamples
    return "to settle how much too low the \(Text.counted(count, "estimate")) past the threshold may be (about "
      + "\(Text.duration(seconds))): \(commandLine)"
  }

  private var commandLine: String {
    let inputs = outcome.inputs
    return [
      "evidence", "nll", inputs.modelPath, inputs.source.file, "--dataset", inputs.source.path, "--examples",
      "\(inputs.examples.lowerBound)..\(inputs.examples.upperBound)", "--estimator", "ladder",
    ].map(ResultsSink.quoted).joined(separator: " ")
  }

  /// From the time of this run: a gradient is the work of some three draws in chunks of sixteen.
  private var seconds: Double {
    let draw = outcome.seconds / Double(max(1, outcome.evaluated)) / Double(outcome.samples)
    let chains = 16.0 * 4 * 50
    let perExample = 2000 + 3 * 16 * 45 + Double(outcome.samples)
    let annealed = Double(outcome.summary.unreliableExamples) * 3 * chains
    let tuning = 32 * 3 * 2 * chains + 96 * 3 * 16 * 140
    return draw * (Double(outcome.summary.examples) * perExample + annealed + tuning)
  }
}
