public import Models

/// What the files do not say, or say otherwise: the options of `evidence import keras`.
///
/// Layers are meant by their names, or by their paths where a name occurs in several models (`encoder/dense`).
public struct KerasImportOptions: Sendable, Equatable {
  /// The layer that computes the posterior's mean.
  public var mean: String?
  /// The layer that computes the logarithm of the posterior's variance.
  public var logVariance: String?
  /// The layer that computes the logarithm of the posterior's standard deviation.
  public var logScale: String?
  /// The layer that computes the posterior's standard deviation.
  public var scale: String?
  /// The layer whose output holds the mean in its first half and the log-variance in its second. Named in `logScale` or
  /// `scale` as well, its second half is that.
  public var splitHead: String?
  /// The model, or the file, that is the encoder.
  public var encoder: String?
  /// The model, or the file, that is the decoder.
  public var decoder: String?
  /// The distribution of the data given the decoder's output. Needed unless the decoder ends in a sigmoid.
  public var likelihood: KerasLikelihood?
  /// The shape of one example, where the configuration leaves it open.
  public var inputShape: [Int]?
  /// Stored values are divided by this before the model sees them.
  public var divideBy: Double?
  /// How grey values become binary ones.
  public var binarize: Binarization?
  /// Whether the model was trained on 1 − x.
  public var invert = false
  /// The model's name in the output.
  public var name: String?

  /// Nothing said.
  public init() {}
}

/// The distribution of the data given a decoder's output.
public enum KerasLikelihood: Sendable, Equatable {
  /// Independent coins. The output is a probability after a sigmoid, a logit without one.
  case bernoulli
  /// The continuous Bernoulli distribution; as `bernoulli`.
  case continuousBernoulli
  /// Independent coins; the output is a logit.
  case bernoulliLogits
  /// Normals around the output with the given standard deviation.
  case normal(scale: Float)
  /// Laplace distributions around the output with the given scale.
  case laplace(scale: Float)
  /// Discretized logistic distributions around the output, 256 bins over [0, 1], with the given scale.
  case discretizedLogistic(scale: Float)
  /// One of several classes for each element, the last axis of the output.
  case categorical

  /// The likelihood of a name: `bernoulli`, `bernoulli-logits`, `continuous-bernoulli`, `categorical`, `normal:0.1`,
  /// `laplace:0.1` or `discretized-logistic:0.1`; nil for any other text.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    let number = parts.count == 2 ? Float(parts[1]) : nil
    if let number, !(number > 0 && number.isFinite) { return nil }
    switch (parts.first, number) {
    case ("bernoulli", nil) where parts.count == 1: self = .bernoulli
    case ("bernoulli-logits", nil) where parts.count == 1: self = .bernoulliLogits
    case ("continuous-bernoulli", nil) where parts.count == 1: self = .continuousBernoulli
    case ("categorical", nil) where parts.count == 1: self = .categorical
    case ("normal", let scale?): self = .normal(scale: scale)
    case ("laplace", let scale?): self = .laplace(scale: scale)
    case ("discretized-logistic", let scale?): self = .discretizedLogistic(scale: scale)
    default: return nil
    }
  }

  /// The texts that `init` takes, for help and errors.
  public static let choices = [
    "bernoulli", "bernoulli-logits", "continuous-bernoulli", "categorical", "normal:SCALE", "laplace:SCALE",
    "discretized-logistic:SCALE",
  ]
}
