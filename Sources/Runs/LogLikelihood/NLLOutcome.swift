package import Evidence
import Foundation
import Wording

/// What an evaluation of the log-likelihood has to report.
package struct NLLOutcome: RunOutcome {
  package let inputs: Inputs
  let entry: EstimatorCatalog.Entry
  let samples: Int
  /// What annealing was tuned to.
  let tuned: TunedAnnealing?
  let seed: UInt64
  let threads: Int
  /// Whether the Monte Carlo error is reported even where it can't be trusted.
  let reportsAllErrors: Bool
  /// Whether the text ends with a sentence to cite.
  let cites: Bool
  package let summary: LogLikelihoodSummary
  let replicates: Replicates?
  /// Of the evaluation with the first seed.
  let seconds: Double
  /// The same on a machine with nothing else to do, as far as processor time says: what other runs would take is told from it.
  let undisturbedSeconds: Double
  /// Examples evaluated in that time; the others were restored from an earlier run.
  let evaluated: Int
  /// The results file.
  let output: String?
  /// What its rows depend on.
  let settings: ResultsSettings
  /// Its examples, where they were kept.
  let scores: ExampleScores?

  /// The dataset's mean by other seeds of the draws, the first included.
  struct Replicates {
    var seeds: [UInt64]
    var means: [Double]

    /// The mean of the means.
    var mean: Double { means.reduce(0, +) / Double(means.count) }
    /// How far one mean is from another: their standard deviation.
    var standardDeviation: Double {
      let mean = mean
      return (means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(means.count - 1)).squareRoot()
    }
  }

  /// Grey data under a Bernoulli likelihood.
  var isCrossEntropy: Bool { summary.isCrossEntropy }

  /// The Monte Carlo error of the mean; nil where it can't be trusted and was not asked for all the same.
  var monteCarloStandardError: Double? {
    let error = summary.monteCarloStandardError
    guard error.isFinite, reportsAllErrors || !hasUnreliableError else { return nil }
    return error
  }

  /// What the finite number of draws takes off the mean; nil where its error can't be trusted, as it comes from the same
  /// sums, and was not asked for all the same.
  var biasEstimate: Double? {
    guard entry.hasBias, summary.biasEstimate.isFinite, reportsAllErrors || !hasUnreliableError else { return nil }
    return summary.biasEstimate
  }

  /// Whether the weights of some example have too heavy a tail for an analytic error.
  var hasUnreliableError: Bool { entry.hasWeights && summary.unreliableExamples > 0 }

  /// A number that the mean is above with probability 0.95 over the draws; nil where the estimator is not unbiased.
  var lowerConfidenceBound: Double? {
    let bound = summary.lowerConfidenceBound(level: NLLOutcome.level)
    return entry.isUnbiased && !isCrossEntropy && bound.isFinite ? bound : nil
  }

  static let level = 0.95

  /// Bits for each element of an example.
  var bitsPerDimension: Double {
    let preprocessing = inputs.data.preprocessing
    return summary.bitsPerDimension(
      elements: inputs.model.inputCount, quantizedBy: preprocessing.dequantize ? preprocessing.divideBy : 1)
  }

  /// What may be said of it.
  package var verdict: Verdict {
    let cost = RunCost(
      secondsPerDraw: undisturbedSeconds / Double(max(1, evaluated)) / Double(samples), seconds: undisturbedSeconds,
      layers: inputs.model.latentCounts.count)
    return Verdict(
      summary, by: entry, of: "\(Text.fileName(inputs.source.file)):\(inputs.source.path)",
      isCrossEntropy: isCrossEntropy,
      tuned: tuned, replicates: replicates?.means ?? [], cost: cost, reportsAllErrors: reportsAllErrors)
  }

  package var warnings: [RunWarning] {
    summary.concerns.map { .concern($0, samples: samples, output: output) } + inputs.events.warnings
  }
}
