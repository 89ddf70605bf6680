import Statistics

/// Gathers log-likelihood measurements: their mean over examples, its two errors, and the distribution of the diagnostics.
///
/// Counts, extremes and the quantiles of up to 65,536 examples do not depend on how accumulators were merged; means and
/// errors do by rounding.
public struct LogLikelihoodAccumulator: MeasurementAccumulator {
  private let hasWeights: Bool
  private let chains: Int
  private let points: [Int]
  /// What is counted while measurements come; the rest is filled in at the end.
  private var counted: LogLikelihoodSummary
  private var values = Collector()
  private var bounds = RunningMoments()
  private var sizes = Collector()
  private var shares = Collector()
  private var shapes = Collector()
  private var divergences = Collector()
  private var chainSizes = Collector()
  private var chainDeviations = Collector()
  private var acceptances = Collector()
  private var curve: [RunningMoments]
  private var variance = 0.0

  /// An accumulator of no measurements by `samples` draws each.
  ///
  /// - Parameters:
  ///   - samples: Draws for each example.
  ///   - hasWeights: Whether the estimator reweights draws, so that effective sample sizes and k̂ exist.
  ///   - hasCurve: Whether every example has a curve L_1, L_5, …; by default where there are weights.
  ///   - chains: Chains of an annealed example; 0 where none is annealed.
  /// - Throws: `EvidenceError` (`invalidSetting`) for less than one draw.
  public init(samples: Int, hasWeights: Bool = true, hasCurve: Bool? = nil, chains: Int = 0) throws {
    guard samples > 0 else { throw EvidenceError(.invalidSetting, "samples: expected at least 1, found \(samples)") }
    self.hasWeights = hasWeights
    self.chains = chains
    points = hasCurve ?? hasWeights ? BlockCurve.points(upTo: samples) : []
    curve = Array(repeating: RunningMoments(), count: points.count)
    counted = LogLikelihoodSummary(
      samples: samples, hasWeights: hasWeights, paretoThreshold: DiagnosticThresholds.paretoShape(samples: samples))
  }

  /// Adds the measurement of the next example.
  public mutating func add(_ measurement: LogLikelihoodMeasurement) {
    counted.examples += 1
    values.add(measurement.logLikelihood)
    bounds.add(measurement.elbo)
    variance += measurement.monteCarloStandardError * measurement.monteCarloStandardError
    for (index, value) in measurement.curve.enumerated() where index < curve.count { curve[index].add(value) }
    counted.zeroWeights += measurement.zeroWeights
    counted.nonFiniteWeights += measurement.nonFiniteWeights
    if !measurement.logLikelihood.isFinite {
      counted.nonFiniteExamples += 1
      keepNonFinite([measurement.index])
    }
    counted.rungs[measurement.rung, default: 0] += 1
    if measurement.rung == Rung.annealed.rawValue {
      addChains(measurement)
    } else if hasWeights {
      addDiagnostics(measurement)
    }
  }

  private mutating func addChains(_ measurement: LogLikelihoodMeasurement) {
    if measurement.effectiveSampleSize.isFinite { chainSizes.add(measurement.effectiveSampleSize) }
    if measurement.chainDeviation.isFinite { chainDeviations.add(measurement.chainDeviation) }
    if measurement.acceptance.isFinite { acceptances.add(measurement.acceptance) }
    // Written so that an undefined size is low.
    let share = measurement.effectiveSampleSize / Double(chains)
    if !(share >= DiagnosticThresholds.effectiveChainShareLow) { counted.lowChainExamples += 1 }
  }

  private mutating func addDiagnostics(_ measurement: LogLikelihoodMeasurement) {
    if measurement.effectiveSampleSize.isFinite { sizes.add(measurement.effectiveSampleSize) }
    if measurement.largestWeightShare.isFinite { shares.add(measurement.largestWeightShare) }
    if measurement.effectiveSampleSize < DiagnosticThresholds.effectiveSampleSizeLow {
      counted.lowSampleSizeExamples += 1
    }
    if measurement.posteriorDivergence.isFinite { divergences.add(measurement.posteriorDivergence) }
    if DiagnosticThresholds.isSaturated(divergence: measurement.posteriorDivergence, samples: counted.samples) {
      counted.saturatedExamples += 1
    }
    if !measurement.paretoK.isNaN {
      shapes.add(measurement.paretoK)
      if measurement.paretoK > counted.paretoThreshold { counted.unreliableExamples += 1 }
    }
  }

  /// Adds the measurements of later examples, by as many draws.
  public mutating func merge(_ other: LogLikelihoodAccumulator) {
    counted.examples += other.counted.examples
    values.merge(other.values)
    bounds.merge(other.bounds)
    variance += other.variance
    for index in curve.indices { curve[index].merge(other.curve[index]) }
    counted.zeroWeights += other.counted.zeroWeights
    counted.nonFiniteWeights += other.counted.nonFiniteWeights
    counted.nonFiniteExamples += other.counted.nonFiniteExamples
    counted.rungs.merge(other.counted.rungs, uniquingKeysWith: +)
    counted.lowChainExamples += other.counted.lowChainExamples
    chainSizes.merge(other.chainSizes)
    chainDeviations.merge(other.chainDeviations)
    acceptances.merge(other.acceptances)
    keepNonFinite(other.counted.firstNonFiniteExamples)
    sizes.merge(other.sizes)
    shares.merge(other.shares)
    shapes.merge(other.shapes)
    divergences.merge(other.divergences)
    counted.lowSampleSizeExamples += other.counted.lowSampleSizeExamples
    counted.saturatedExamples += other.counted.saturatedExamples
    if let seen = other.counted.profile { counted.profile?.merge(seen) }
    counted.unreliableExamples += other.counted.unreliableExamples
  }

  /// Keeps what safeguards look at.
  public mutating func note(_ profile: EvaluationProfile) { counted.profile = profile }

  /// The mean over examples and everything that says how far to trust it.
  ///
  /// - Throws: `EvidenceError` (`invalidData`) without measurements.
  public func summary() throws -> LogLikelihoodSummary {
    guard counted.examples > 0 else { throw EvidenceError(.invalidData, "no measurements to summarise") }
    var result = counted
    let examples = Double(counted.examples)
    result.mean = values.moments.mean
    result.dataStandardError = values.moments.standardError
    result.monteCarloStandardError = variance.squareRoot() / examples
    let hasBias = hasWeights || counted.rungs[Rung.annealed.rawValue] != nil
    result.biasEstimate = hasBias ? -variance / 2 / examples : 0
    result.chainEffectiveSampleSize = chainSizes.quantiles
    result.chainDeviation = chainDeviations.quantiles
    result.acceptance = acceptances.quantiles
    result.elbo = bounds.mean
    result.curve = zip(points, curve).map { .init(samples: $0, mean: $1.mean) }
    result.logLikelihood = values.quantiles
    result.effectiveSampleSize = sizes.quantiles
    result.largestWeightShare = shares.quantiles
    result.paretoK = shapes.quantiles
    result.posteriorDivergence = divergences.quantiles
    return result
  }

  /// What stands for an example that the model can't be evaluated on: NaN throughout, with every draw counted as not finite.
  func unmeasured(_ example: Example) -> LogLikelihoodMeasurement {
    LogLikelihoodMeasurement(unmeasured: example, samples: counted.samples, hasWeights: !points.isEmpty)
  }

  private mutating func keepNonFinite(_ examples: [Int]) {
    counted.firstNonFiniteExamples += examples.prefix(10 - counted.firstNonFiniteExamples.count)
  }
}

extension Estimator where Accumulator == LogLikelihoodAccumulator {
  /// NaN throughout, with every draw counted as not finite.
  public func placeholder(for example: Example) -> LogLikelihoodMeasurement? {
    try? makeAccumulator().unmeasured(example)
  }
}

/// Moments and quantiles of one column.
private struct Collector {
  var moments = RunningMoments()
  var sketch = QuantileSketch()

  mutating func add(_ value: Double) {
    moments.add(value)
    if !value.isNaN { sketch.add(value) }
  }

  mutating func merge(_ other: Collector) {
    moments.merge(other.moments)
    sketch.merge(other.sketch)
  }

  var quantiles: LogLikelihoodSummary.Quantiles {
    guard moments.count > 0 else { return .init() }
    return .init(
      minimum: sketch.quantile(0), median: sketch.quantile(0.5), maximum: sketch.quantile(1), mean: moments.mean,
      fifth: sketch.quantile(0.05), ninetyFifth: sketch.quantile(0.95))
  }
}
