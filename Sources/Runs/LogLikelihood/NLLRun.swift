import Evidence
import Statistics

/// One evaluation of the log-likelihood: opens, evaluates, saves, and collects what there is to report.
package struct NLLRun {
  private let request: NLLRequest
  private let host: any RunHost
  private let inputs: Inputs
  private let estimator: LogLikelihoodEstimator
  private let evaluation: Evaluation
  private let part: RunPart

  /// The model's file.
  var modelPath: String { inputs.modelPath }

  private typealias Sink = ResultsSink<LogLikelihoodMeasurement>
  private var entry: EstimatorCatalog.Entry { request.estimator }

  /// Opens model and data.
  package init(_ request: NLLRequest, host: any RunHost) throws {
    self.request = request
    self.host = host
    var inputs = try Inputs(request.inputs, host: host)
    part = try RunPart(
      request.shard, of: inputs.examples, count: inputs.source.count, results: request.results, host: host)
    inputs.examples = part.examples
    self.inputs = inputs
    estimator = try request.estimator.make(request.options)
    var evaluation = request.evaluation.evaluation(of: inputs.examples, events: inputs.events, host: host)
    evaluation.firstOfRun = part.whole?.lowerBound
    self.evaluation = evaluation
  }

  /// Evaluates.
  package func run() throws -> NLLOutcome {
    func open(_ tuned: TunedAnnealing? = nil) throws -> Sink {
      try Sink(part.results, settings: try settings(tuned), watch: evaluation.watch, events: inputs.events, host: host)
    }
    // A file that is there is opened before the evaluation, which has no limit of time: libhdf5 may go in circles on it.
    let resumed = part.results?.isResumed == true ? try open() : nil
    return try host.evaluate {
      let (started, worked) = (ContinuousClock.now, ProcessorTime.ofProcess)
      // Before anything is saved: what was tuned is kept in the file.
      let estimator = try inputs.locatingErrors(ready)
      let tuned = (estimator as? any TunedEstimator)?.tuned
      let sink = try resumed ?? open(tuned)
      let kept = request.keepsScores ? KeptScores(samples: entry.samples(request.options)) : nil
      let summary = try evaluate(estimator, evaluation, sink, keeping: kept)
      let seconds = started.duration(to: .now) / .seconds(1)
      let undisturbed = ProcessorTime.undisturbed(
        elapsed: seconds, worked: ProcessorTime.ofProcess - worked, threads: inputs.events.threads ?? evaluation.threads
      )
      return NLLOutcome(
        inputs: inputs, entry: entry, samples: entry.samples(request.options), tuned: tuned,
        seed: evaluation.seed, threads: evaluation.threads, reportsAllErrors: request.reportsAllErrors,
        cites: request.cites,
        summary: summary, replicates: try replicate(estimator, first: summary), seconds: seconds,
        undisturbedSeconds: undisturbed,
        evaluated: inputs.examples.count - sink.restored.count, output: part.results?.path,
        settings: try settings(tuned), scores: kept?.scores)
    }
  }

  /// What the rows of a results file depend on, and what its readers want to know besides.
  func settings(_ tuned: TunedAnnealing? = nil) throws -> ResultsSettings {
    let options = request.options
    var settings = try inputs.settings(
      command: "nll", estimator: entry.name, options: entry.options(options), samples: entry.samples(options),
      curveSamples: entry.hasCurve ? BlockCurve.points(upTo: options.samples) : [], seed: evaluation.seed)
    settings.facts.tuned = tuned
    settings.facts.wholeRange = part.whole
    // Names grow with the dataset, and only a file of results has a place for them.
    if part.results != nil { settings.facts.exampleNames = try inputs.source.exampleNames }
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
    _ estimator: E, _ evaluation: Evaluation, _ sink: Sink, keeping kept: KeptScores? = nil
  ) throws -> LogLikelihoodSummary {
    let progress = host.progress(total: inputs.examples.count, hasMean: true)
    defer { progress.end() }
    let restored = RestoredMeasurements(count: sink.restored.count) {
      let measurement = try sink.restored.next()
      progress.restore(measurement.logLikelihood)
      kept?.scores.add(measurement)
      return measurement
    }
    return try sink.saving(of: inputs.examples.count) {
      try inputs.locatingErrors {
        try evaluation.run(estimator, under: inputs.model, on: inputs.data, restored: restored) { _, measurement in
          try sink.append(measurement)
          progress.advance(by: measurement.logLikelihood)
          kept?.scores.add(measurement)
        }
      }
    }
  }

  /// The run again with other seeds for the draws, and the same data.
  private func replicate(
    _ estimator: LogLikelihoodEstimator, first: LogLikelihoodSummary
  ) throws -> NLLOutcome.Replicates? {
    guard request.replicates > 1 else { return nil }
    var replicates = NLLOutcome.Replicates(seeds: [evaluation.seed], means: [first.mean])
    for offset in 1..<UInt64(request.replicates) {
      host.log("replicate", ["seed": "\(evaluation.seed + offset)"])
      var again = evaluation
      again.seed = evaluation.seed + offset
      again.dataSeed = evaluation.seed
      // Only the first run is kept in a file.
      let summary = try evaluate(estimator, again, Sink(host: host))
      replicates.seeds.append(again.seed)
      replicates.means.append(summary.mean)
    }
    return replicates
  }
}

/// The examples of a run, for a comparison.
private final class KeptScores {
  var scores: ExampleScores

  init(samples: Int) { scores = ExampleScores(samples: samples) }
}
