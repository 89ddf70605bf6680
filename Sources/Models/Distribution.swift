/// The families of distributions of the model format.
public enum Distribution: String, Sendable, CaseIterable {
  /// Independent normals: mean and scale.
  case normal
  /// A multivariate normal: mean and the lower triangle of the Cholesky factor of its covariance.
  case fullNormal = "full-normal"
  /// Independent Laplace distributions: mean and scale.
  case laplace
  /// Independent coins; a cross-entropy when the data are grey.
  case bernoulli
  /// The continuous Bernoulli on [0, 1] (Loaiza-Ganem, Cunningham 2019).
  case continuousBernoulli = "continuous-bernoulli"
  /// One of several classes for each element.
  case categorical
  /// A logistic distribution integrated over the bins of quantized data (PixelCNN++).
  case discretizedLogistic = "discretized-logistic"
  /// A mixture of those (Salimans et al. 2017).
  case logisticMixture = "logistic-mixture"
  /// The beta distribution on (0, 1).
  case beta
  /// Counts with one rate.
  case poisson
  /// Counts with variance mean + mean² / dispersion.
  case negativeBinomial = "negative-binomial"
  /// The same with extra zeros (scVI).
  case zeroInflatedNegativeBinomial = "zero-inflated-negative-binomial"
}

/// How a stored parameter becomes the quantity that the density is written in.
public enum ParameterForm: Sendable, Equatable {
  /// The quantity itself.
  case direct
  /// Its logarithm.
  case logarithm
  /// Its square (a variance for a scale).
  case square
  /// The logarithm of its square (a log-variance for a scale).
  case logarithmOfSquare
}

/// The parameter names of the model format.
public enum ParameterName: String, Sendable, CaseIterable {
  case mean, scale, variance, logits, probabilities, alpha, beta, rate, dispersion
  case logVariance = "log_variance"
  case logScale = "log_scale"
  case scaleTril = "scale_tril"
  case logAlpha = "log_alpha"
  case logBeta = "log_beta"
  case logRate = "log_rate"
  case logMean = "log_mean"
  case logDispersion = "log_dispersion"
  case dropoutLogits = "dropout_logits"

  /// How the stored numbers become the quantity.
  public var form: ParameterForm {
    switch self {
    case .logVariance: .logarithmOfSquare
    case .variance: .square
    case .logScale, .logAlpha, .logBeta, .logRate, .logMean, .logDispersion: .logarithm
    case .mean, .scale, .logits, .probabilities, .alpha, .beta, .rate, .dispersion, .scaleTril, .dropoutLogits: .direct
    }
  }
}

extension Distribution {
  /// The parameters, in the order in which densities take them; each may be given under exactly one of its names.
  public var parameters: [[ParameterName]] {
    let scale: [ParameterName] = [.logVariance, .logScale, .scale, .variance]
    switch self {
    case .normal: return [[.mean], scale]
    case .fullNormal: return [[.mean], [.scaleTril]]
    case .laplace, .discretizedLogistic: return [[.mean], [.logScale, .scale]]
    case .bernoulli, .continuousBernoulli: return [[.logits, .probabilities]]
    case .categorical: return [[.logits]]
    case .logisticMixture: return [[.logits], [.mean], [.logScale]]
    case .beta: return [[.logAlpha, .alpha], [.logBeta, .beta]]
    case .poisson: return [[.logRate, .rate]]
    case .negativeBinomial: return [[.mean, .logMean], [.dispersion, .logDispersion]]
    case .zeroInflatedNegativeBinomial:
      return [[.mean, .logMean], [.dispersion, .logDispersion], [.dropoutLogits]]
    }
  }

  /// Whether the distribution may be a posterior or a latent's conditional.
  public var isLatent: Bool { self == .normal || self == .fullNormal || self == .laplace }
}
