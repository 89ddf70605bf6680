import Evidence
import Foundation
import Statistics

/// One run of `evidence nll`: opens, evaluates, saves, and collects what there is to report.
struct NLLRun {
  private let command: NLLCommand
  private let inputs: Inputs
  private let entry: EstimatorCatalog.Entry
  private let estimator: LogLikelihoodEstimator
  private let evaluation: Evaluation
  private let results: ResultsOptions
  /// The examples of all shards.
  private let whole: Range<Int>?

  /// Opens model and data.
  init(_ command: NLLCommand) throws {
    self.command = command
    var inputs = try Inputs(command.inputs)
    var results = command.results
    whole = command.shard == nil ? nil : inputs.examples
    if let choice = command.shard {
      let (shard, source) = try choice.resolved(in: ProcessInfo.processInfo.environment)
      inputs.examples = try shard.part(of: inputs.examples)
      results.output = results.output.map { Shard.path($0, range: inputs.examples, of: inputs.source.count) }
      Console.shared.say(
        "shard \(shard.index) of \(shard.count), as \(source) says: examples "
          + "\(inputs.examples.lowerBound)..\(inputs.examples.upperBound)" + (results.output.map { ", in \($0)" } ?? "")
      )
    }
    self.inputs = inputs
    self.results = results
    entry = command.estimator.entry
    estimator = try entry.make(command.estimatorOptions)
    var evaluation = command.running.evaluation(of: inputs.examples, events: inputs.events)
    evaluation.firstOfRun = whole?.lowerBound
    self.evaluation = evaluation
  }

  /// Evaluates.
  func run() throws -> NLLOutcome {
    func open(_ tuned: TunedAnnealing? = nil) throws -> ResultsSink {
      try ResultsSink(results, settings: try settings(tuned), watch: evaluation.watch)
    }
    // A file that is there is opened before the evaluation, which has no limit of time: libhdf5 may go in circles on it.
    let resumed = try results.resumed.map { _ in try open() }
    return try Interruption.shared.whileEvaluating {
      let started = ContinuousClock.now
      // Before anything is saved: what was tuned is kept in the file.
      let estimator = try inputs.locatingErrors(ready)
      let tuned = (estimator as? any TunedEstimator)?.tuned
      let sink = try resumed ?? open(tuned)
      let summary = try evaluate(estimator, evaluation, sink)
      let seconds = started.duration(to: .now) / .seconds(1)
      return NLLOutcome(
        inputs: inputs, entry: entry, samples: entry.samples(command.estimatorOptions), tuned: tuned,
        seed: evaluation.seed, threads: evaluation.threads, reportsAllErrors: command.allErrors, summary: summary,
        replicates: try replicate(estimator, first: summary), seconds: seconds,
        evaluated: inputs.examples.count - sink.restored.count, output: results.output)
    }
  }

  /// What the rows of a results file depend on, and what its readers want to know besides.
  private func settings(_ tuned: TunedAnnealing? = nil) throws -> ResultsSettings {
    let options = command.estimatorOptions
    var settings = try inputs.settings(
      command: "nll", estimator: entry.name, options: entry.options(options), samples: entry.samples(options),
      curveSamples: entry.hasCurve ? BlockCurve.points(upTo: options.samples) : [], seed: evaluation.seed)
    settings.facts.tuned = tuned
    settings.facts.modelName = inputs.model.description.about.name
    settings.facts.likelihood = inputs.model.likelihood.rawValue
    settings.facts.elements = inputs.model.inputCount
    settings.facts.instructionSet = "\(inputs.model.instructionSet)"
    settings.facts.wholeRange = whole
    return settings
  }

  /// The estimator, tuned where it needs to be.
  private func ready() throws -> LogLikelihoodEstimator { try prepared(estimator) }

  private func prepared(
    _ estimator: some Estimator<LogLikelihoodMeasurement, LogLikelihoodAccumulator>
  ) throws -> LogLikelihoodEstimator {
    try estimator.prepared(for: inputs.model, options: evaluation)
  }

  private func evaluate<E: Estimator<LogLikelihoodMeasurement, LogLikelihoodAccumulator>>(
    _ estimator: E, _ evaluation: Evaluation, _ sink: ResultsSink
  ) throws -> LogLikelihoodSummary {
    let progress = ProgressBar(total: inputs.examples.count)
    defer { progress.end() }
    let restored = RestoredMeasurements(count: sink.restored.count) {
      let measurement = try sink.restored.next()
      progress.restore(measurement.logLikelihood)
      return measurement
    }
    return try sink.saving(of: inputs.examples.count) {
      try inputs.locatingErrors {
        try evaluation.run(estimator, under: inputs.model, on: inputs.data, restored: restored) { _, measurement in
          try sink.append(measurement)
          progress.advance(by: measurement.logLikelihood)
        }
      }
    }
  }

  /// The run again with other seeds for the draws, and the same data.
  private func replicate(
    _ estimator: LogLikelihoodEstimator, first: LogLikelihoodSummary
  ) throws -> NLLOutcome.Replicates? {
    guard command.replicates > 1 else { return nil }
    var replicates = NLLOutcome.Replicates(seeds: [evaluation.seed], means: [first.mean])
    for offset in 1..<UInt64(command.replicates) {
      Log.debug("replicate", ["seed": "\(evaluation.seed + offset)"])
      var again = evaluation
      again.seed = evaluation.seed + offset
      again.dataSeed = evaluation.seed
      // Only the first run is kept in a file.
      let summary = try evaluate(estimator, again, ResultsSink())
      replicates.seeds.append(again.seed)
      replicates.means.append(summary.mean)
    }
    return replicates
  }
}
