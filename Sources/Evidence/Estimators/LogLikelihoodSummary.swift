import Foundation
import Statistics

/// The log-likelihood of a dataset: its mean over examples, with two errors that answer two questions and are never added
/// up silently, and how far it can be trusted. In nats.
public struct LogLikelihoodSummary: Sendable {
  /// Examples measured.
  public var examples = 0
  /// Draws for each.
  public let samples: Int
  /// Mean of the estimates over examples. Not finite when any estimate isn't.
  public var mean = Double.nan
  /// sd(L) / √N: how much another test set would change the mean.
  public var dataStandardError = Double.nan
  /// √(Σ se²) / N: how much other draws would change the mean. Not to be trusted where any k̂ is past its threshold.
  public var monteCarloStandardError = Double.nan
  /// What the finite number of draws takes off the mean on average, by the delta method; at most zero.
  public var biasEstimate = Double.nan
  /// Mean of the evidence lower bounds.
  public var elbo = Double.nan
  /// Mean over examples of L_1, L_5, L_50, … out of the same draws.
  public var curve: [CurvePoint] = []
  /// Distribution of the estimates over examples.
  public var logLikelihood = Quantiles()
  /// Effective sample size over examples.
  public var effectiveSampleSize = Quantiles()
  /// Largest weight share over examples.
  public var largestWeightShare = Quantiles()
  /// Pareto k̂ over the examples where it is defined.
  public var paretoK = Quantiles()
  /// The threshold of k̂ for this number of draws.
  public var paretoThreshold: Double
  /// Examples whose k̂ is past the threshold.
  public var unreliableExamples = 0
  /// Examples with an effective sample size below `DiagnosticThresholds.effectiveSampleSizeLow`.
  public var lowSampleSizeExamples = 0
  /// Estimated KL(p(z|x) ‖ q(z|x)) over examples; about e^KL draws are needed, at the least (Chatterjee, Diaconis 2018).
  public var posteriorDivergence = Quantiles()
  /// Examples whose estimated KL(p‖q) is near log K: more draws are needed than were taken.
  public var saturatedExamples = 0
  /// Draws with weight zero.
  public var zeroWeights = 0
  /// Draws whose log-weight is +∞ or NaN.
  public var nonFiniteWeights = 0
  /// How many estimates are not finite.
  public var nonFiniteExamples = 0
  /// The first of those, by number in the dataset.
  public var firstNonFiniteExamples: [Int] = []

  /// A point of the curve L_k.
  public struct CurvePoint: Sendable, Equatable {
    /// k.
    public var samples: Int
    /// Mean of L_k over examples.
    public var mean: Double
  }

  /// A distribution over examples; NaN where there is nothing to describe.
  public struct Quantiles: Sendable, Equatable {
    /// The smallest.
    public var minimum = Double.nan
    /// Of the sorted values, the one in the middle.
    public var median = Double.nan
    /// The largest.
    public var maximum = Double.nan
    /// The arithmetic mean.
    public var mean = Double.nan
    /// The 5th and the 95th percentile.
    public var fifth = Double.nan, ninetyFifth = Double.nan
  }

  /// Negative log-likelihood: minus the mean.
  public var nll: Double { -mean }

  /// Summarises measurements, in the order of the dataset.
  init(_ measurements: some Sequence<LogLikelihoodMeasurement>, samples: Int, hasWeights: Bool) throws {
    guard samples > 0 else { throw EvidenceError(.invalidSetting, "samples: expected at least 1, found \(samples)") }
    self.samples = samples
    paretoThreshold = DiagnosticThresholds.paretoShape(samples: samples)
    let points = hasWeights ? BlockCurve.points(upTo: samples) : []
    var values = Collector()
    var bounds = RunningMoments()
    var sizes = Collector()
    var shares = Collector()
    var shapes = Collector()
    var divergences = Collector()
    var curve = Array(repeating: RunningMoments(), count: points.count)
    var variance = 0.0
    for measurement in measurements {
      examples += 1
      values.add(measurement.logLikelihood)
      bounds.add(measurement.elbo)
      variance += measurement.monteCarloStandardError * measurement.monteCarloStandardError
      for (index, value) in measurement.curve.enumerated() where index < curve.count { curve[index].add(value) }
      zeroWeights += measurement.zeroWeights
      nonFiniteWeights += measurement.nonFiniteWeights
      if !measurement.logLikelihood.isFinite {
        nonFiniteExamples += 1
        if firstNonFiniteExamples.count < 10 { firstNonFiniteExamples.append(measurement.index) }
      }
      guard hasWeights else { continue }
      if measurement.effectiveSampleSize.isFinite { sizes.add(measurement.effectiveSampleSize) }
      if measurement.largestWeightShare.isFinite { shares.add(measurement.largestWeightShare) }
      if measurement.effectiveSampleSize < DiagnosticThresholds.effectiveSampleSizeLow { lowSampleSizeExamples += 1 }
      if measurement.posteriorDivergence.isFinite { divergences.add(measurement.posteriorDivergence) }
      if DiagnosticThresholds.isSaturated(divergence: measurement.posteriorDivergence, samples: samples) {
        saturatedExamples += 1
      }
      if !measurement.paretoK.isNaN {
        shapes.add(measurement.paretoK)
        if measurement.paretoK > paretoThreshold { unreliableExamples += 1 }
      }
    }
    guard examples > 0 else { throw EvidenceError(.invalidData, "no measurements to summarise") }
    mean = values.moments.mean
    dataStandardError = values.moments.standardError
    monteCarloStandardError = variance.squareRoot() / Double(examples)
    biasEstimate = hasWeights ? -variance / 2 / Double(examples) : 0
    elbo = bounds.mean
    self.curve = zip(points, curve).map { CurvePoint(samples: $0, mean: $1.mean) }
    logLikelihood = values.quantiles
    effectiveSampleSize = sizes.quantiles
    largestWeightShare = shares.quantiles
    paretoK = shapes.quantiles
    posteriorDivergence = divergences.quantiles
  }

  /// Negative log-likelihood in bits for each element of an example. Where uniform noise was added to stored integers which
  /// were then divided by `quantizedBy`, it is that of the integers: log₂ of the divisor is added.
  public func bitsPerDimension(elements: Int, quantizedBy divisor: Double = 1) -> Double {
    nll / (Double(elements) * log(2.0)) + log2(divisor)
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

  var quantiles: LogLikelihoodSummary.Quantiles {
    guard moments.count > 0 else { return .init() }
    return .init(
      minimum: sketch.quantile(0), median: sketch.quantile(0.5), maximum: sketch.quantile(1), mean: moments.mean,
      fifth: sketch.quantile(0.05), ninetyFifth: sketch.quantile(0.95))
  }
}
