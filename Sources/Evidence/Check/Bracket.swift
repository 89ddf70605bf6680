import Foundation
import Statistics

/// What a bracket says of one simulated example.
public struct Bracket: Sendable {
  /// The estimate as it is: its expectation is not above log p(x).
  public var lower: LogLikelihoodMeasurement
  /// The same with the latents that x was made with planted among the draws: its expectation is not below.
  public var upper: Double

  init(lower: LogLikelihoodMeasurement, upper: Double) {
    (self.lower, self.upper) = (lower, upper)
  }

  /// Of an example of which nothing is known.
  init(index: Int) { self.init(lower: LogLikelihoodMeasurement(index: index), upper: .nan) }
}

/// The bracket of a dataset of simulated examples, in nats.
public struct BracketSummary: Sendable {
  /// Simulated examples.
  public var examples = 0
  /// Means of the lower and of the upper ends.
  public var lower = Double.nan, upper = Double.nan
  /// Distribution of the distance between the two over examples.
  public var gap = LogLikelihoodSummary.Quantiles()
  /// Simulated examples, by their numbers from 0, whose two ends are more than `wideGap` apart.
  public var wide: [Int] = []
  /// The share of examples whose ends are within 1.96 Monte Carlo standard errors of each other: where the errors that are
  /// reported cover the truth, it is at least 0.95. NaN where no example has an error.
  public var covered = Double.nan
  /// The summary of the estimates themselves.
  public var estimates: LogLikelihoodSummary

  /// A distance of the ends, in nats, that haste does not explain: a mode that no search found, or chains that don't travel.
  public static let wideGap = 1.0

  /// The probability that the mean log-likelihood of these examples is inside the interval.
  public static let level = 0.95

  /// The interval's ends: lower − log(2/δ)/N and upper + log(2/δ)/N with δ = 1 − `level`, by Markov's inequality at
  /// either end.
  public var interval: (lower: Double, upper: Double) {
    let margin = log(2 / (1 - BracketSummary.level)) / Double(examples)
    return (lower - margin, upper + margin)
  }
}

/// Gathers brackets.
public struct BracketAccumulator: MeasurementAccumulator {
  private var lower = RunningMoments()
  private var upper = RunningMoments()
  private var gap = RunningMoments()
  private var gaps = QuantileSketch()
  private var covered = 0, judged = 0
  private var wide: [Int] = []
  private var estimates: LogLikelihoodAccumulator

  init(_ estimates: LogLikelihoodAccumulator) { self.estimates = estimates }

  /// Adds the bracket of the next example.
  public mutating func add(_ bracket: Bracket) {
    estimates.add(bracket.lower)
    lower.add(bracket.lower.logLikelihood)
    upper.add(bracket.upper)
    let distance = bracket.upper - bracket.lower.logLikelihood
    gap.add(distance)
    if !distance.isNaN { gaps.add(distance) }
    if distance > BracketSummary.wideGap { wide.append(bracket.lower.index) }
    guard bracket.lower.monteCarloStandardError.isFinite else { return }
    judged += 1
    if abs(distance) <= DiagnosticThresholds.undecidedStandardErrors * bracket.lower.monteCarloStandardError {
      covered += 1
    }
  }

  /// Adds the brackets of later examples.
  public mutating func merge(_ other: BracketAccumulator) {
    estimates.merge(other.estimates)
    wide += other.wide
    lower.merge(other.lower)
    upper.merge(other.upper)
    gap.merge(other.gap)
    gaps.merge(other.gaps)
    covered += other.covered
    judged += other.judged
  }

  /// The means of both ends, and the gap between them.
  ///
  /// - Throws: `EvidenceError` (`invalidData`) without brackets.
  public func summary() throws -> BracketSummary {
    var result = BracketSummary(estimates: try estimates.summary())
    result.examples = lower.count
    (result.lower, result.upper) = (lower.mean, upper.mean)
    result.gap = .init(
      minimum: gaps.quantile(0), median: gaps.quantile(0.5), maximum: gaps.quantile(1), mean: gap.mean,
      fifth: gaps.quantile(0.05), ninetyFifth: gaps.quantile(0.95))
    result.wide = wide
    result.covered = judged > 0 ? Double(covered) / Double(judged) : .nan
    return result
  }
}
