package import Evidence
import Foundation

extension Verdict {
  /// Judges a summary.
  ///
  /// - Parameters:
  ///   - replicates: Means of the same run by several seeds.
  ///   - cost: What it took; nil where that isn't known.
  ///   - reportsAllErrors: Whether the analytic error is taken where k̂ withholds it.
  package init(
    _ summary: LogLikelihoodSummary, by entry: EstimatorCatalog.Entry, of data: String, isCrossEntropy: Bool,
    tuned: TunedAnnealing? = nil, replicates: [Double] = [], cost: RunCost? = nil, reportsAllErrors: Bool = false
  ) {
    let level = NLLOutcome.level
    subject = Subject(symbol: entry.symbol, examples: summary.examples, data: data)
    nll = summary.nll
    dataStandardError = summary.dataStandardError
    let bound = -summary.lowerConfidenceBound(level: level)
    upperBound = entry.isUnbiased && !isCrossEntropy && bound.isFinite ? bound : nil
    let isTrusted = !(entry.hasWeights && summary.unreliableExamples > 0)
    drawError = Self.error(summary, isTrusted: isTrusted || reportsAllErrors, replicates: replicates)
    fallPerTenfold = Self.fall(summary.curve)
    isShapeDefined = !entry.hasWeights || !summary.paretoK.maximum.isNaN || summary.rungs[Rung.annealed.rawValue] != nil
    let hasTooFewChains = summary.lowChainExamples > 0
    doubtful =
      summary.nonFiniteExamples > 0
      ? summary.nonFiniteExamples : (entry.hasWeights ? summary.unreliableExamples : 0) + summary.lowChainExamples
    let error = drawError.map { 2 * $0.value } ?? .infinity
    let bias = summary.biasEstimate.isFinite ? abs(summary.biasEstimate) : 0
    let isSuspect = summary.concerns.contains(where: \.isOfInputs)
    status =
      if summary.nonFiniteExamples > 0 {
        .notFinite
      } else if isCrossEntropy {
        .crossEntropy
      } else if isSuspect {
        .suspect
      } else if entry.isBound {
        .bound
      } else if !isTrusted || hasTooFewChains || !isShapeDefined || !error.isFinite {
        .unsettled
      } else {
        error + bias <= TunedAnnealing.gapTarget ? .settled : .rough
      }
    isOfOneProcessor = cost?.ofOneProcessor ?? false
    (nextStep, nextSeconds) = Self.next(status, summary, entry, tuned, error: error + bias, cost)
  }

  /// What other draws would change: by the formula where it can be trusted, else by what they did.
  private static func error(
    _ summary: LogLikelihoodSummary, isTrusted: Bool, replicates: [Double]
  ) -> DrawError? {
    let analytic = summary.monteCarloStandardError
    if isTrusted, analytic.isFinite { return DrawError(value: analytic, source: .analytic, runs: 1) }
    guard replicates.count > 1 else { return nil }
    let spread = NLLOutcome.Replicates(seeds: [], means: replicates).standardDeviation
    return spread.isFinite ? DrawError(value: spread, source: .replicates, runs: replicates.count) : nil
  }

  /// The slope of the curve's last part, over a tenfold of draws.
  private static func fall(_ curve: [LogLikelihoodSummary.CurvePoint]) -> Double? {
    guard curve.count > 1, let last = curve.last else { return nil }
    let before = curve[curve.count - 2]
    let fall = (last.mean - before.mean) / log10(Double(last.samples) / Double(before.samples))
    return fall.isFinite ? fall : nil
  }

  /// What to run, and about how long it takes.
  private static func next(
    _ status: Status, _ summary: LogLikelihoodSummary, _ entry: EstimatorCatalog.Entry, _ tuned: TunedAnnealing?,
    error: Double, _ cost: RunCost?
  ) -> (NextStep?, Double?) {
    switch status {
    case .settled, .suspect: return (nil, nil)
    case .crossEntropy: return (.binarize, nil)
    case .notFinite: return (summary.firstNonFiniteExamples.first.map { .evaluateAlone(example: $0) }, nil)
    case .bound: return (.estimator(EstimatorCatalog.all[0].name), cost?.seconds)
    case .rough where entry.hasChains, .unsettled where entry.hasChains:
      // The draws of the ladder's first rungs are a small part of its time.
      guard let tuned else { return (nil, nil) }
      return (.temperatures(2 * tuned.schedule.temperatures), cost.map { 2 * $0.seconds })
    case .rough:
      let factor = min(100, max(2, (error / TunedAnnealing.gapTarget) * (error / TunedAnnealing.gapTarget)))
      let samples = Int((Double(summary.samples) * factor).rounded(.up))
      return (.samples(samples), cost.map { $0.seconds * factor })
    case .unsettled where summary.samples < EstimatorOptions.defaultSamples && summary.paretoK.maximum.isNaN:
      let samples = EstimatorOptions.defaultSamples
      return (.samples(samples), cost.map { $0.seconds * Double(samples) / Double(max(1, summary.samples)) })
    case .unsettled:
      return (.estimator(EstimatorCatalog.ladder.name), cost.map { ladderSeconds(summary, $0) })
    }
  }

  /// About how long the ladder takes, by what it took on six runs of models with one and two layers: within a factor of two. In
  /// a hierarchy its chains take more temperatures, and tuning them more examples.
  private static func ladderSeconds(_ summary: LogLikelihoodSummary, _ cost: RunCost) -> Double {
    let isHierarchical = cost.layers != 1
    let perExample = isHierarchical ? 35_000.0 : 20_000
    let tuning = isHierarchical ? 3_500_000.0 : 500_000
    return cost.secondsPerDraw * (Double(summary.examples) * perExample + tuning)
  }
}

extension Concern {
  /// Whether the model or the data look as if they were not those of the training.
  fileprivate var isOfInputs: Bool {
    switch self {
    case .untrainedModel, .logitsOfActivation, .worseThanConstant: true
    default: false
    }
  }
}
