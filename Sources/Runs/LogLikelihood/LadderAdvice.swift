import Evidence

/// What would settle how much too low the estimates of importance sampling are, where they can't be believed: the ladder on
/// the same examples.
package struct LadderAdvice: Sendable {
  /// Estimates past the threshold of k̂.
  package let unreliable: Int
  /// About how long it takes.
  package let seconds: Double
  package let model: String
  package let data: String
  package let dataset: String
  package let examples: Range<Int>

  /// Nil where no example is past its threshold, or the estimator is not importance sampling.
  init?(_ outcome: NLLOutcome) {
    guard ["importance-sampling", "laplace"].contains(outcome.entry.name), outcome.hasUnreliableError,
      !outcome.isCrossEntropy
    else { return nil }
    unreliable = outcome.summary.unreliableExamples
    seconds = Self.seconds(outcome)
    let inputs = outcome.inputs
    (model, data, dataset) = (inputs.modelPath, inputs.source.file, inputs.source.path)
    examples = inputs.examples
  }

  /// From the time of this run: a gradient is the work of some three draws in chunks of sixteen.
  private static func seconds(_ outcome: NLLOutcome) -> Double {
    let draw = outcome.seconds / Double(max(1, outcome.evaluated)) / Double(outcome.samples)
    let chains = 16.0 * 4 * 50
    let perExample = 2000 + 3 * 16 * 45 + Double(outcome.samples)
    let annealed = Double(outcome.summary.unreliableExamples) * 3 * chains
    let tuning = 32 * 3 * 2 * chains + 96 * 3 * 16 * 140
    return draw * (Double(outcome.summary.examples) * perExample + annealed + tuning)
  }
}
