import Evidence
import Foundation
import ModelFile

/// One run of `evidence check`: simulates, brackets, and compares with real data.
struct CheckRun {
  private let command: CheckCommand
  private let model: NetworkModel
  private let digest: String
  private let inputs: Inputs?
  private let events: RunEvents
  private let settings: EstimatorOptions
  private let evaluation: Evaluation

  /// Opens the model, and the data where there are some.
  init(_ command: CheckCommand) throws {
    self.command = command
    if let data = command.data {
      var options = ModelAndDataOptions()
      options.model = command.model
      options.data = data
      options.preparation = command.preparation
      let opened = try Inputs(options)
      inputs = opened
      model = opened.model
    } else {
      inputs = nil
      model = try NetworkModel(try ModelFile.read(command.model))
    }
    digest = try FileDigest(command.model).hex()
    events = inputs?.events ?? RunEvents()
    settings = EstimatorOptions(samples: command.sampling.samples, annealing: command.annealing.annealing)
    evaluation = command.running.evaluation(of: 0..<command.simulated, events: events)
  }

  /// Brackets.
  func run() throws -> CheckOutcome {
    let started = ContinuousClock.now
    return try Interruption.shared.whileEvaluating {
      do {
        let checked = try bracket(command.estimator.entry.make(settings))
        let plain = try bracket(ImportanceSampling(samples: settings.samples))
        let real = try inputs.map { try compare($0) }
        return CheckOutcome(
          modelPath: command.model, model: model, digest: digest, inputs: inputs, entry: command.estimator.entry,
          samples: command.estimator.entry.samples(settings), seed: evaluation.seed, tuned: checked.tuned,
          checked: checked.summary, plain: plain.summary, real: real,
          eventWarnings: events.warnings, seconds: started.duration(to: .now) / .seconds(1))
      } catch let error as EvidenceError where error.code == .unsupported {
        throw EvidenceError(error.code, "\(command.model): \(error.description)")
      }
    }
  }

  private func bracket(
    _ estimator: LogLikelihoodEstimator
  ) throws -> (summary: BracketSummary, tuned: TunedAnnealing?) {
    guard let bracketing = estimator as? any BracketingEstimator<LogLikelihoodMeasurement, LogLikelihoodAccumulator>
    else { throw CommandError(.usage, "\(command.estimator.entry.name) has no bracket") }
    return try run(bracketing)
  }

  private func run<E: BracketingEstimator<LogLikelihoodMeasurement, LogLikelihoodAccumulator>>(
    _ estimator: E
  ) throws -> (summary: BracketSummary, tuned: TunedAnnealing?) {
    let ready = try estimator.prepared(for: model, options: evaluation)
    let progress = ProgressBar(total: command.simulated)
    defer { progress.end() }
    let summary = try ModelCheck(simulated: command.simulated).run(ready, under: model, options: evaluation) {
      progress.advance(by: $1.lower.logLikelihood)
    }
    return (summary, (ready as? any TunedEstimator)?.tuned)
  }

  /// Plain importance sampling on real data, at most as many as were simulated.
  private func compare(_ inputs: Inputs) throws -> LogLikelihoodSummary {
    var options = evaluation
    let count = min(inputs.examples.count, command.simulated)
    options.examples = inputs.examples.lowerBound..<inputs.examples.lowerBound + count
    let progress = ProgressBar(total: count)
    defer { progress.end() }
    return try inputs.locatingErrors {
      try options.run(ImportanceSampling(samples: settings.samples), under: model, on: inputs.data) {
        progress.advance(by: $1.logLikelihood)
      }
    }
  }
}
