public import Models

/// Something about a result that whoever reads it should know: a value, worded by whoever shows it.
///
/// `LogLikelihoodSummary.concerns` lists those of an evaluation.
public enum Concern: Sendable, Equatable {
  /// The data are stored as 0 and 1 already, so these steps that the model file asks for were left out.
  case dataTakenAsStored(leavingOut: Preprocessing)
  /// What was found out about how the data are stored, and was done about it.
  case storage(String)
  /// Whole numbers are taken as values of a density: the figures depend on their unit.
  case integersAsDensity(dividedBy: Double)
  /// Every bias and moving mean of the model is zero.
  case untrainedModel
  /// The decoder's logits end in an activation with values in [0, 1], so they look like probabilities.
  case logitsOfActivation(Activation)
  /// The mean, in nats, is far below that of a constant model, as where the data are inverted, or scaled or ordered
  /// otherwise than in training.
  case worseThanConstant(mean: Double, constant: ConstantModel)
  /// The data are grey and the likelihood is Bernoulli: the figures are a cross-entropy, not a log-likelihood.
  case crossEntropy
  /// Examples whose estimate is not finite, so that the mean isn't either; the first of them by number.
  case nonFiniteExamples(Int, of: Int, first: [Int])
  /// Draws whose log-weight is +∞ or NaN.
  case nonFiniteWeights(Int)
  /// Draws of weight zero: p(x, z) underflowed there, or excludes x.
  case zeroWeights(Int)
  /// Examples whose estimates their own draws show to be unsure.
  case unsure(UnsureEstimates)
  /// k̂ is not defined for so few draws, so nothing says whether the errors can be trusted.
  case undefinedShape
  /// The annealed chains of so many of the examples disagree about how much weight there is.
  case fewEffectiveChains(Int, of: Int)
}

extension Concern: CustomStringConvertible {
  /// The concern in a line.
  public var description: String {
    switch self {
    case .dataTakenAsStored: "the data are stored as 0 and 1, so they are taken as they are"
    case .storage(let words): words
    case .integersAsDensity: "whole numbers are taken as values of a density: the figures depend on their unit"
    case .untrainedModel: "every bias of the model is zero: it looks untrained"
    case .logitsOfActivation(let activation): "the logits end in a \(activation): they look like probabilities"
    case .worseThanConstant(let mean, let constant):
      "the model (\(mean) nats) is far worse than a constant one (\(constant.meanLogLikelihood)): is it fed as in training?"
    case .crossEntropy: "grey data under a Bernoulli likelihood: a cross-entropy, not a log-likelihood"
    case .nonFiniteExamples(let count, let examples, let first):
      "\(count) of \(examples) examples have an estimate that is not finite: \(first)"
    case .nonFiniteWeights(let draws): "\(draws) draws had an infinite or undefined weight"
    case .zeroWeights(let draws): "\(draws) draws had weight zero"
    case .unsure(let estimates):
      "k̂ is above \(estimates.threshold) on \(estimates.unreliable) of \(estimates.count) examples, the effective sample size "
        + "low on \(estimates.lowSampleSize), and \(estimates.saturated) need more draws: errors are too small there"
    case .undefinedShape: "k̂ is not defined for so few draws"
    case .fewEffectiveChains(let examples, let count):
      "the annealed chains of \(examples) of \(count) examples disagree: too few of them have all the weight"
    }
  }
}

/// Examples whose draws are too few or too unequal for their estimates to be sure. The counts overlap.
public struct UnsureEstimates: Sendable, Equatable {
  /// Examples in all.
  public let count: Int
  /// Those whose k̂ is past its threshold: their estimates may be off by more than their errors.
  public let unreliable: Int
  /// The threshold of k̂.
  public let threshold: Double
  /// The largest k̂; nil where it is nowhere defined.
  public let largestShape: Double?
  /// Those with an effective sample size below `DiagnosticThresholds.effectiveSampleSizeLow`.
  public let lowSampleSize: Int
  /// Those that need more draws than were taken, as far as these can tell.
  public let saturated: Int

  /// Counts of examples.
  public init(
    count: Int, unreliable: Int, threshold: Double, largestShape: Double?, lowSampleSize: Int, saturated: Int
  ) {
    (self.count, self.unreliable) = (count, unreliable)
    (self.threshold, self.largestShape) = (threshold, largestShape)
    (self.lowSampleSize, self.saturated) = (lowSampleSize, saturated)
  }
}
