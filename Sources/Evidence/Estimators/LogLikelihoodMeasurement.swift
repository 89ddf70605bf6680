import Statistics

/// What an estimator of the log-likelihood yields for one example. All values in nats where they have a unit.
public struct LogLikelihoodMeasurement: TimedMeasurement, Sendable, Equatable {
  /// The example's number in the dataset.
  public var index: Int
  /// The estimate: L_K for importance sampling, the bound for a bound.
  public var logLikelihood: Double
  /// The mean log-weight: an unbiased estimate of the evidence lower bound.
  public var elbo: Double
  /// Standard error of `logLikelihood` over other draws (delta method); NaN for a single draw.
  public var monteCarloStandardError: Double
  /// (Σw)² / Σw²; NaN where the estimator has no weights.
  public var effectiveSampleSize = Double.nan
  /// max w / Σw; NaN where the estimator has no weights.
  public var largestWeightShare = Double.nan
  /// The Pareto shape k̂ of the largest weights; NaN where it isn't defined.
  public var paretoK = Double.nan
  /// L_1, L_5, L_50, … at the samples of `BlockCurve.points`; empty where the estimator has no weights.
  public var curve: [Double] = []
  /// Estimate of KL(p(z|x) ‖ q(z|x)); it can't exceed log K.
  public var posteriorDivergence = Double.nan
  /// Draws whose weight is zero: log-weight −∞.
  public var zeroWeights = 0
  /// Draws whose log-weight is +∞ or NaN.
  public var nonFiniteWeights = 0
  /// How the example was measured: 0 importance sampling, 1 Laplace, 2 annealed (the rungs of the ladder).
  public var rung = 0
  /// Modes of the posterior that the proposal was built on; 0 where none was looked for or found.
  public var modes = 0
  /// The share of a chain's moves that were accepted, where it is least along the path; NaN without chains.
  public var acceptance = Double.nan
  /// Standard deviation of the log-weights of chains, in nats; NaN without chains.
  public var chainDeviation = Double.nan
  /// Seconds that a thread took to measure the example; NaN where nobody looked at a clock.
  public var seconds = Double.nan

  /// A measurement.
  public init(index: Int, logLikelihood: Double, elbo: Double, monteCarloStandardError: Double) {
    self.index = index
    self.logLikelihood = logLikelihood
    self.elbo = elbo
    self.monteCarloStandardError = monteCarloStandardError
  }

  /// An example that the model could not be evaluated on.
  init(unmeasured example: Example, samples: Int, hasWeights: Bool) {
    self.init(index: example.index, logLikelihood: .nan, elbo: .nan, monteCarloStandardError: .nan)
    nonFiniteWeights = samples
    if hasWeights { curve = BlockCurve.points(upTo: samples).map { _ in .nan } }
  }

  /// Equal to the last bit, whatever time either took; what is undefined (NaN) in both is equal.
  public static func == (a: LogLikelihoodMeasurement, b: LogLikelihoodMeasurement) -> Bool {
    a.index == b.index && a.rung == b.rung && a.modes == b.modes && a.zeroWeights == b.zeroWeights
      && a.nonFiniteWeights == b.nonFiniteWeights && a.numbers.map(\.bitPattern) == b.numbers.map(\.bitPattern)
  }

  private var numbers: [Double] {
    [
      logLikelihood, elbo, monteCarloStandardError, effectiveSampleSize, largestWeightShare, paretoK,
      posteriorDivergence, acceptance, chainDeviation,
    ] + curve
  }
}
