import Foundation

/// The log-likelihood of a dataset: its mean over examples, with two errors that answer two questions and are never added
/// up silently, and how far it can be trusted. In nats.
public struct LogLikelihoodSummary: Sendable {
  /// Examples measured.
  public internal(set) var examples = 0
  /// Draws for each.
  public let samples: Int
  /// Whether the estimator reweights draws, so that effective sample sizes and k̂ exist.
  public let hasWeights: Bool
  /// What the evaluation saw of model and data; nil where rows were summarised that were made before.
  public internal(set) var profile: EvaluationProfile?
  /// Mean of the estimates over examples. Not finite when any estimate isn't.
  public internal(set) var mean = Double.nan
  /// sd(L) / √N: how much another test set would change the mean.
  public internal(set) var dataStandardError = Double.nan
  /// √(Σ se²) / N: how much other draws would change the mean. Not to be trusted where any k̂ is past its threshold.
  public internal(set) var monteCarloStandardError = Double.nan
  /// What the finite number of draws takes off the mean on average, by the delta method; at most zero.
  public internal(set) var biasEstimate = Double.nan
  /// Mean of the evidence lower bounds.
  public internal(set) var elbo = Double.nan
  /// Mean over examples of L_1, L_5, L_50, … out of the same draws.
  public internal(set) var curve: [CurvePoint] = []
  /// Distribution of the estimates over examples.
  public internal(set) var logLikelihood = Quantiles()
  /// Effective sample size over examples.
  public internal(set) var effectiveSampleSize = Quantiles()
  /// Largest weight share over examples.
  public internal(set) var largestWeightShare = Quantiles()
  /// Pareto k̂ over the examples where it is defined.
  public internal(set) var paretoK = Quantiles()
  /// The threshold of k̂ for this number of draws.
  public internal(set) var paretoThreshold: Double
  /// Examples whose k̂ is past the threshold.
  public internal(set) var unreliableExamples = 0
  /// Examples with an effective sample size below `DiagnosticThresholds.effectiveSampleSizeLow`.
  public internal(set) var lowSampleSizeExamples = 0
  /// Estimated KL(p(z|x) ‖ q(z|x)) over examples; about e^KL draws are needed, at the least (Chatterjee, Diaconis 2018).
  public internal(set) var posteriorDivergence = Quantiles()
  /// Examples whose estimated KL(p‖q) is near log K: more draws are needed than were taken.
  public internal(set) var saturatedExamples = 0
  /// Examples by rung (`Rung`): how they were measured.
  public internal(set) var rungs: [Int: Int] = [:]
  /// Effective number of chains over the examples that were annealed.
  public internal(set) var chainEffectiveSampleSize = Quantiles()
  /// Standard deviation of the chains' log-weights over the examples that were annealed, in nats.
  public internal(set) var chainDeviation = Quantiles()
  /// Least acceptance along the path over the examples that were annealed.
  public internal(set) var acceptance = Quantiles()
  /// Annealed examples whose effective number of chains is below `DiagnosticThresholds.effectiveChainShareLow` of the chains.
  public internal(set) var lowChainExamples = 0
  /// Draws with weight zero.
  public internal(set) var zeroWeights = 0
  /// Draws whose log-weight is +∞ or NaN.
  public internal(set) var nonFiniteWeights = 0
  /// How many estimates are not finite.
  public internal(set) var nonFiniteExamples = 0
  /// The first of those, by number in the dataset.
  public internal(set) var firstNonFiniteExamples: [Int] = []

  init(samples: Int, hasWeights: Bool, paretoThreshold: Double) {
    self.samples = samples
    self.hasWeights = hasWeights
    self.paretoThreshold = paretoThreshold
  }

  /// A point of the curve L_k.
  public struct CurvePoint: Sendable, Equatable {
    /// k.
    public let samples: Int
    /// Mean of L_k over examples.
    public let mean: Double
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

  /// A number that the mean log-likelihood of these examples is above with this probability over the draws, whatever k̂
  /// says; for estimates that are unbiased for p(x) and independent between examples.
  ///
  /// Markov's inequality for the product of the estimates: mean + log(1 − level) / examples (Gogate, Bidyuk, Dechter 2007).
  /// It does not hold after choosing among several runs by looking at them.
  public func lowerConfidenceBound(level: Double = 0.95) -> Double { mean + log(1 - level) / Double(examples) }

  /// Negative log-likelihood: minus the mean.
  public var nll: Double { -mean }

  /// Negative log-likelihood in bits for each element of an example. Where uniform noise was added to stored integers which
  /// were then divided by `quantizedBy`, it is that of the integers: log₂ of the divisor is added.
  public func bitsPerDimension(elements: Int, quantizedBy divisor: Double = 1) -> Double {
    nll / (Double(elements) * log(2.0)) + log2(divisor)
  }
}
