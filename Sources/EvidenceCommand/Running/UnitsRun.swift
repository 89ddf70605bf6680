import Evidence
import Foundation

/// One run of `evidence units`: opens, evaluates, and collects what there is to report.
struct UnitsRun {
  private let command: UnitsCommand
  private let inputs: Inputs
  private let evaluation: Evaluation
  private let labels: ExampleLabels?

  /// Opens model and data.
  init(_ command: UnitsCommand) throws {
    self.command = command
    inputs = try Inputs(command.inputs)
    evaluation = command.running.evaluation(of: inputs.examples, events: inputs.events)
    let (file, count) = (inputs.source.file, inputs.source.count)
    labels = try command.labels.map { try ExampleLabels(file: file, path: $0, count: count) }
    guard 2 * command.draws <= inputs.model.drawsAtOnce else {
      throw CommandError(
        .usage, "--draws: expected 1 to \(inputs.model.drawsAtOnce / 2) for this model, found \(command.draws)")
    }
    guard inputs.examples.count > 1 else {
      throw CommandError(
        .usage, "active units are variances over examples: expected two or more, found 1; take a wider range")
    }
  }

  /// Evaluates.
  func run() throws -> UnitsOutcome {
    try Interruption.shared.whileEvaluating {
      let started = ContinuousClock.now
      let units = try inputs.locatingErrors { try measure() }
      let seconds = started.duration(to: .now) / .seconds(1)
      let ablation = try command.ablate ? inputs.locatingErrors { try ablate(units) } : nil
      return UnitsOutcome(
        inputs: inputs, seed: evaluation.seed, units: units, ablation: ablation,
        labels: try scatterLabels(units), labelsPath: labels?.path, latents: command.latents, seconds: seconds,
        threads: evaluation.threads, showsAllUnits: command.allUnits)
    }
  }

  private func measure() throws -> UnitsSummary {
    let file = try command.latents.map(createLatents)
    let estimator = try ActiveUnits(threshold: command.threshold, draws: command.draws)
      .probing(inputs.model, on: inputs.data, options: evaluation, count: command.probes)
    let progress = ProgressBar(total: inputs.examples.count, hasMean: false)
    defer { progress.end() }
    let units = try evaluation.run(estimator, under: inputs.model, on: inputs.data) { _, measurement in
      try file?.append(measurement)
      progress.advance(by: 0)
    }
    try file?.finish(labels: labels, examples: inputs.examples)
    return units
  }

  private func createLatents(_ path: String) throws -> LatentsFile {
    // A mistyped path must not cost somebody a dataset.
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    if let size = attributes?[.size] as? Int, attributes?[.type] as? FileAttributeType == .typeRegular, size > 0 {
      throw CommandError(
        .cannotCreateOutput, "\(path): there is a file already; remove it, or give another name to --latents")
    }
    return try LatentsFile(
      creating: path, latentCounts: inputs.model.latentCounts,
      attributes: [
        "model": inputs.modelPath, "model_sha256": try inputs.modelDigest.hex(), "data": inputs.source.file,
        "dataset": inputs.source.path, "data_sha256": try inputs.dataDigest.hex(), "seed": String(evaluation.seed),
        "binarize": inputs.data.preprocessing.binarize.rawValue,
        "divide_by": Text.plain(inputs.data.preprocessing.divideBy), "evidence_version": RootCommand.version,
      ])
  }

  private func ablate(_ units: UnitsSummary) throws -> AblationSummary {
    var ablation = Ablation(
      inputs.model, units: units, samples: command.sampling.samples, options: evaluation)
    ablation.sweepExamples = command.sweepExamples
    let progress = ProgressBar(total: ablation.evaluations(examples: inputs.examples.count), hasMean: false)
    defer { progress.end() }
    return try ablation.run(on: inputs.data) { progress.advance(by: 0) }
  }

  /// The label of every example of the scatters.
  private func scatterLabels(_ units: UnitsSummary) throws -> [Int: ExampleLabels.Label] {
    guard let labels else { return [:] }
    var result: [Int: ExampleLabels.Label] = [:]
    for point in units.layers.flatMap(\.scatter) where result[point.index] == nil {
      result[point.index] = try labels.label(of: point.index)
    }
    return result
  }
}
