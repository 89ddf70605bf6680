import Evidence
import Foundation

/// One run of `evidence nll`: opens, evaluates, and collects what there is to report.
struct NLLRun {
  private let command: NLLCommand
  private let inputs: Inputs
  private let estimator: LogLikelihoodEstimator
  private let evaluation: Evaluation

  /// Opens model and data.
  init(_ command: NLLCommand) throws {
    self.command = command
    inputs = try Inputs(command.inputs)
    estimator = try command.estimator.entry.make(command.sampling.samples)
    evaluation = command.running.evaluation(of: inputs.examples)
  }

  /// Evaluates.
  func run() throws -> NLLOutcome {
    let isCrossEntropy = try inputs.isCrossEntropy(seed: evaluation.seed)
    return try Interruption.shared.whileEvaluating {
      let started = ContinuousClock.now
      let summary = try inputs.locatingErrors { try evaluate(estimator, evaluation) }
      let seconds = started.duration(to: .now) / .seconds(1)
      let replicates = try replicate(first: summary)
      return NLLOutcome(
        inputs: inputs, entry: command.estimator.entry, samples: command.sampling.samples, seed: evaluation.seed,
        threads: evaluation.threads, reportsAllErrors: command.allErrors, isCrossEntropy: isCrossEntropy,
        summary: summary, replicates: replicates, seconds: seconds, evaluated: inputs.examples.count,
        output: command.results.output)
    }
  }

  private func evaluate<E: Estimator<LogLikelihoodMeasurement, LogLikelihoodSummary>>(
    _ estimator: E, _ evaluation: Evaluation
  ) throws -> LogLikelihoodSummary {
    let progress = ProgressBar(total: inputs.examples.count)
    defer { progress.end() }
    return try evaluation.run(estimator, under: inputs.model, on: inputs.data) { _, measurement in
      progress.advance(by: measurement.logLikelihood)
    }
  }

  /// The run again with other seeds for the draws, and the same data.
  private func replicate(first: LogLikelihoodSummary) throws -> NLLOutcome.Replicates? {
    guard command.replicates > 1 else { return nil }
    var replicates = NLLOutcome.Replicates(seeds: [evaluation.seed], means: [first.mean])
    for offset in 1..<UInt64(command.replicates) {
      var again = evaluation
      again.seed = evaluation.seed + offset
      again.dataSeed = evaluation.seed
      let summary = try inputs.locatingErrors { try evaluate(estimator, again) }
      replicates.seeds.append(again.seed)
      replicates.means.append(summary.mean)
    }
    return replicates
  }
}
