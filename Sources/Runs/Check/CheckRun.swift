import Evidence
import ModelFile
import Statistics

/// One check of an estimator: simulates, brackets, and compares with real data.
package struct CheckRun {
  private let request: CheckRequest
  private let host: any RunHost
  private let model: NetworkModel
  private let digest: String
  private let inputs: Inputs?
  private let events: RunEvents
  private let evaluation: Evaluation
  /// Of the simulated examples.
  private let part: RunPart

  /// Opens the model, and the data where there are some.
  package init(_ request: CheckRequest, host: any RunHost) throws {
    self.request = request
    self.host = host
    if request.data == nil { try FileRole.model.check(request.model) }
    inputs = try request.data.map { try Inputs($0, host: host) }
    model = try inputs?.model ?? NetworkModel(ModelFile.read(request.model))
    digest = try FileDigest(request.model).hex()
    events = inputs?.events ?? RunEvents()
    part = try RunPart(
      request.shard, of: 0..<request.simulated, count: request.simulated, results: request.results, host: host)
    var evaluation = request.evaluation.evaluation(of: part.examples, events: events, host: host)
    evaluation.dataOfCovariates = inputs?.data
    self.evaluation = evaluation
  }

  /// Brackets.
  package func run() throws -> CheckOutcome {
    // A file that is there is opened before the evaluation, which has no limit of time.
    let resumed = part.results?.isResumed == true ? try sink() : nil
    let started = ContinuousClock.now
    return try host.evaluate {
      do {
        let (summary, tuned) = try bracket(request.estimator.make(request.options), resumed)
        let real = try inputs.map { try compare($0) }
        return CheckOutcome(
          modelPath: request.model, model: model, digest: digest, inputs: inputs, entry: request.estimator,
          samples: request.estimator.samples(request.options), seed: evaluation.seed, tuned: tuned,
          checked: summary.checked, plain: summary.plain, real: real, output: part.results?.path,
          eventWarnings: events.warnings, seconds: started.duration(to: .now) / .seconds(1))
      } catch let error as EvidenceError where error.code == .unsupported {
        throw EvidenceError(error.code, "\(request.model): \(error.description)")
      }
    }
  }

  private typealias Sink = ResultsSink<CheckRow>

  private func sink(_ tuned: TunedAnnealing? = nil) throws -> Sink {
    try Sink(part.results, settings: try settings(tuned), watch: evaluation.watch, events: events, host: host)
  }

  /// What the rows depend on.
  private func settings(_ tuned: TunedAnnealing?) throws -> ResultsSettings {
    let options = request.options
    // What simulated examples are given is the data's.
    let given = model.covariates.width > 0 ? inputs : nil
    var settings = ResultsSettings(
      command: "check", estimator: request.estimator.name,
      options: request.estimator.options(options).merging(given?.dataOptions ?? [:]) { $1 },
      samples: options.samples, seed: evaluation.seed, modelSHA256: digest,
      dataSHA256: try given?.dataDigest.hex() ?? "",
      dataset: "simulated",
      preprocessing: Preprocessing(), examples: part.examples, evidenceVersion: PackageVersion.current,
      modelPath: request.model)
    settings.labels["plain_curve"] = BlockCurve.points(upTo: options.samples)
    if request.estimator.hasCurve { settings.labels["curve"] = BlockCurve.points(upTo: options.samples) }
    settings.facts = ResultsSettings.Facts(of: model)
    settings.facts.tuned = tuned
    settings.facts.wholeRange = part.whole
    return settings
  }

  private func bracket(
    _ estimator: LogLikelihoodEstimator, _ resumed: Sink?
  ) throws -> (summary: CheckSummary, tuned: TunedAnnealing?) {
    guard let bracketing = estimator as? any BracketingEstimator<LogLikelihoodMeasurement, LogLikelihoodAccumulator>
    else { throw RunError.noBracket(estimator: request.estimator.name) }
    return try run(bracketing, resumed)
  }

  private func run<E: BracketingEstimator<LogLikelihoodMeasurement, LogLikelihoodAccumulator>>(
    _ estimator: E, _ resumed: Sink?
  ) throws -> (summary: CheckSummary, tuned: TunedAnnealing?) {
    let ready = try estimator.prepared(for: model, options: evaluation)
    let tuned = (ready as? any TunedEstimator)?.tuned
    let sink = try resumed ?? sink(tuned)
    let progress = host.progress(total: part.examples.count, hasMean: true)
    defer { progress.end() }
    let restored = RestoredMeasurements(count: sink.restored.count) {
      let row = try sink.restored.next()
      progress.restore(row.checked.lower.logLikelihood)
      return row
    }
    let check = ModelCheck(simulated: request.simulated, plainSamples: request.options.samples)
    let summary = try sink.saving(of: part.examples.count) {
      try check.run(ready, under: model, options: evaluation, restored: restored) { row in
        try sink.append(row)
        progress.advance(by: row.checked.lower.logLikelihood)
      }
    }
    return (summary, tuned)
  }

  /// Plain importance sampling on real data, at most as many as were simulated.
  private func compare(_ inputs: Inputs) throws -> LogLikelihoodSummary {
    var options = evaluation
    let count = min(inputs.examples.count, part.examples.count)
    options.examples = inputs.examples.lowerBound..<inputs.examples.lowerBound + count
    let progress = host.progress(total: count, hasMean: true)
    defer { progress.end() }
    return try inputs.locatingErrors {
      try options.run(ImportanceSampling(samples: request.options.samples), under: model, on: inputs.data) {
        progress.advance(by: $1.logLikelihood)
      }
    }
  }
}
