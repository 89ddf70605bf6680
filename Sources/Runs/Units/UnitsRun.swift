import Evidence
import Foundation
import Wording

/// One look at the latent units: opens, evaluates, and collects what there is to report.
package struct UnitsRun {
  private let request: UnitsRequest
  private let host: any RunHost
  private let inputs: Inputs
  private let evaluation: Evaluation
  private let labels: ExampleLabels?
  private let part: RunPart

  /// Opens model and data.
  package init(_ request: UnitsRequest, host: any RunHost) throws {
    self.request = request
    self.host = host
    var inputs = try Inputs(request.inputs, host: host)
    part = try RunPart(
      request.shard, of: inputs.examples, count: inputs.source.count, results: request.results, host: host)
    inputs.examples = part.examples
    self.inputs = inputs
    evaluation = request.evaluation.evaluation(of: inputs.examples, events: inputs.events, host: host)
    let (file, count) = (inputs.source.file, inputs.source.count)
    labels = try request.labels.map { try ExampleLabels(file: file, path: $0, count: count) }
    guard 2 * request.draws <= inputs.model.drawsAtOnce else {
      throw RunError.tooManyDraws(request.draws, most: inputs.model.drawsAtOnce / 2)
    }
    guard inputs.examples.count > 1 else { throw RunError.tooFewExamples }
  }

  /// Evaluates.
  package func run() throws -> UnitsOutcome {
    // A file that is there is opened before the evaluation, which has no limit of time.
    let resumed = part.results?.isResumed == true ? try inputs.locatingErrors { try kept() } : nil
    if request.ablates, let results = ablationResults, !results.resumes {
      try Self.requireVacant(results.path, .ablation)
    }
    return try host.evaluate {
      let started = ContinuousClock.now
      let units = try inputs.locatingErrors { try measure(resumed ?? kept()) }
      let seconds = started.duration(to: .now) / .seconds(1)
      var outcome = UnitsOutcome(
        inputs: inputs, seed: evaluation.seed, units: units, ablation: nil,
        labels: try scatterLabels(units), labelsPath: labels?.path, latents: request.latents,
        output: part.results?.path,
        seconds: seconds, threads: evaluation.threads, showsAllUnits: request.showsAllUnits)
      guard request.ablates else { return outcome }
      // Ablation takes far longer than all before it.
      outcome.isShown = try host.show { outcome.beginning(in: $0) }
      let ablating = ContinuousClock.now
      outcome.ablation = try inputs.locatingErrors { try ablate(units) }
      outcome.ablationSeconds = ablating.duration(to: .now) / .seconds(1)
      return outcome
    }
  }

  /// Where rows go, and how their numbers are laid out.
  private struct Kept {
    let sink: ResultsSink<UnitsRow>
    let layout: [LayerPosterior]
  }

  private func kept() throws -> Kept {
    guard part.results != nil else { return Kept(sink: ResultsSink(host: host), layout: []) }
    let layout = try ActiveUnits(draws: request.draws).layout(inputs.model, on: inputs.data, options: evaluation)
    let sink = try ResultsSink<UnitsRow>(
      part.results, settings: settings(layout), watch: evaluation.watch, events: inputs.events, host: host)
    return Kept(sink: sink, layout: layout)
  }

  private func measure(_ kept: Kept) throws -> UnitsSummary {
    let file = try request.latents.map(createLatents)
    let estimator = try ActiveUnits(threshold: request.threshold, draws: request.draws)
      .probing(inputs.model, on: inputs.data, options: evaluation, count: request.probes)
    let sink = kept.sink
    let progress = host.progress(total: inputs.examples.count, hasMean: false)
    defer { progress.end() }
    let restored = RestoredMeasurements(count: sink.restored.count) {
      let measurement = try sink.restored.next().measurement(like: kept.layout, probes: estimator.probes)
      try file?.append(measurement)
      progress.restore(0)
      return measurement
    }
    let units = try sink.saving(of: inputs.examples.count) {
      try evaluation.run(estimator, under: inputs.model, on: inputs.data, restored: restored) { _, measurement in
        if part.results != nil { try sink.append(UnitsRow(measurement)) }
        try file?.append(measurement)
        progress.advance(by: 0)
      }
    }
    try file?.finish(labels: labels, examples: inputs.examples)
    return units
  }

  /// What the rows depend on; neither the threshold nor the probes are in it, since they come in with the summary.
  private func settings(_ layout: [LayerPosterior]) throws -> ResultsSettings {
    var settings = try inputs.settings(
      command: "units", estimator: "active-units", samples: request.draws, curveSamples: [], seed: evaluation.seed)
    settings.labels = UnitsRow(UnitsMeasurement(index: 0, layers: layout)).labels
    settings.facts.wholeRange = part.whole
    return settings
  }

  private func createLatents(_ path: String) throws -> LatentsFile {
    try Self.requireVacant(path, .latents)
    return try LatentsFile(
      creating: path, latentCounts: inputs.model.latentCounts,
      attributes: [
        "model": inputs.modelPath, "model_sha256": try inputs.modelDigest.hex(), "data": inputs.source.file,
        "dataset": inputs.source.path, "data_sha256": try inputs.dataDigest.hex(), "seed": String(evaluation.seed),
        "binarize": inputs.data.preprocessing.binarize.rawValue,
        "divide_by": Text.plain(inputs.data.preprocessing.divideBy), "evidence_version": PackageVersion.current,
      ])
  }

  /// A mistyped path must not cost somebody a dataset.
  private static func requireVacant(_ path: String, _ output: RunError.Output) throws {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    if let size = attributes?[.size] as? Int, attributes?[.type] as? FileAttributeType == .typeRegular, size > 0 {
      throw RunError.outputExists(path: path, output)
    }
  }

  private func ablate(_ units: UnitsSummary) throws -> AblationSummary {
    var ablation = Ablation(
      inputs.model, units: units, samples: request.samples, options: evaluation)
    ablation.sweepExamples = request.sweepExamples
    let count = ablation.evaluations(examples: inputs.examples.count)
    let sink = try ResultsSink<AblationRow>(
      ablationResults, settings: ablationSettings(count), watch: evaluation.watch, events: inputs.events, host: host)
    let progress = host.progress(total: count, hasMean: false)
    defer { progress.end() }
    let restored = RestoredMeasurements(count: sink.restored.count) {
      progress.restore(0)
      return try sink.restored.next()
    }
    return try sink.saving(of: count, .evaluations) {
      try ablation.run(on: inputs.data, restored: restored) { row in
        try sink.append(row)
        progress.advance(by: 0)
      }
    }
  }

  /// Where the ablation's rows go: beside those of the units.
  private var ablationResults: ResultsRequest? {
    part.results.map { units in
      var results = ResultsRequest(path: UnitsOutcome.ablationPath(units.path))
      results.resumes = units.resumes
      return results
    }
  }

  /// What the ablation's rows depend on; which units are removed follows from the examples, the draws and the threshold.
  private func ablationSettings(_ count: Int) throws -> ResultsSettings {
    let examples = inputs.examples
    var settings = try inputs.settings(
      command: "ablation", estimator: "importance-sampling",
      options: [
        "draws": String(request.draws), "examples": "\(examples.lowerBound)..\(examples.upperBound)",
        "sweep_examples": String(request.sweepExamples), "threshold": "\(request.threshold)",
      ], samples: request.samples, curveSamples: [], seed: evaluation.seed)
    settings.examples = 0..<count
    return settings
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
