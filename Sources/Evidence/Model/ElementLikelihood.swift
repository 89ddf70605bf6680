public import Models

/// What p(x | z) is for each element of x: what a model without latents is compared by.
public struct ElementLikelihood: Sendable, Equatable {
  /// The distribution.
  public let distribution: Distribution
  /// Of a discretised one, how many bins [0, 1] has.
  public let bins: Int
  /// Of a categorical one, whether x is one-hot.
  public let isOneHot: Bool

  /// A likelihood.
  public init(_ distribution: Distribution, bins: Int = 256, isOneHot: Bool = false) {
    self.distribution = distribution
    self.bins = bins
    self.isOneHot = isOneHot
  }

  /// Whether it is a density, whose value depends on the unit of x.
  public var isDensity: Bool {
    switch distribution {
    case .normal, .fullNormal, .laplace, .beta, .continuousBernoulli: true
    default: false
    }
  }
}
