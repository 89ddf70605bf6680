import Evidence
import ModelFile

/// One check of an estimator: simulates, brackets, and compares with real data.
package struct CheckRun {
  private let request: CheckRequest
  private let host: any RunHost
  private let model: NetworkModel
  private let digest: String
  private let inputs: Inputs?
  private let events: RunEvents
  private let evaluation: Evaluation

  /// Opens the model, and the data where there are some.
  package init(_ request: CheckRequest, host: any RunHost) throws {
    self.request = request
    self.host = host
    inputs = try request.data.map { try Inputs($0, host: host) }
    model = try inputs?.model ?? NetworkModel(try ModelFile.read(request.model))
    digest = try FileDigest(request.model).hex()
    events = inputs?.events ?? RunEvents()
    evaluation = request.evaluation.evaluation(of: 0..<request.simulated, events: events, host: host)
  }

  /// Brackets.
  package func run() throws -> CheckOutcome {
    let started = ContinuousClock.now
    return try host.evaluate {
      do {
        let checked = try bracket(request.estimator.make(request.options))
        let plain = try bracket(ImportanceSampling(samples: request.options.samples))
        let real = try inputs.map { try compare($0) }
        return CheckOutcome(
          modelPath: request.model, model: model, digest: digest, inputs: inputs, entry: request.estimator,
          samples: request.estimator.samples(request.options), seed: evaluation.seed, tuned: checked.tuned,
          checked: checked.summary, plain: plain.summary, real: real,
          eventWarnings: events.warnings, seconds: started.duration(to: .now) / .seconds(1))
      } catch let error as EvidenceError where error.code == .unsupported {
        throw EvidenceError(error.code, "\(request.model): \(error.description)")
      }
    }
  }

  private func bracket(
    _ estimator: LogLikelihoodEstimator
  ) throws -> (summary: BracketSummary, tuned: TunedAnnealing?) {
    guard let bracketing = estimator as? any BracketingEstimator<LogLikelihoodMeasurement, LogLikelihoodAccumulator>
    else { throw RunError.noBracket(estimator: request.estimator.name) }
    return try run(bracketing)
  }

  private func run<E: BracketingEstimator<LogLikelihoodMeasurement, LogLikelihoodAccumulator>>(
    _ estimator: E
  ) throws -> (summary: BracketSummary, tuned: TunedAnnealing?) {
    let ready = try estimator.prepared(for: model, options: evaluation)
    let progress = host.progress(total: request.simulated, hasMean: true)
    defer { progress.end() }
    let summary = try ModelCheck(simulated: request.simulated).run(ready, under: model, options: evaluation) {
      progress.advance(by: $1.lower.logLikelihood)
    }
    return (summary, (ready as? any TunedEstimator)?.tuned)
  }

  /// Plain importance sampling on real data, at most as many as were simulated.
  private func compare(_ inputs: Inputs) throws -> LogLikelihoodSummary {
    var options = evaluation
    let count = min(inputs.examples.count, request.simulated)
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
