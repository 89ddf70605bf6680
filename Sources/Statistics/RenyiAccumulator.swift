/// The variational Rényi bound at one α (Li, Turner 2016), streamed over the log-weights of an example.
///
///     L_α = log((1/k) Σ e^{(1 − α) l}) / (1 − α)
///
/// α = 0 is the log mean weight L_k; α → 1 the evidence lower bound, which is what is computed at α = 1; α = 0.5 lies
/// between. The expectation over draws is a lower bound on log p(x) for α ≥ 0. For α < 0 the exact Rényi bound is an
/// upper one, but its estimate from k draws may lie on either side: it is no bound at all.
///
/// The state is the ``LogWeightMoments`` of the powers (and of the log-weights, for α = 1). A log-weight of −∞ lowers the result to −∞ for α ≥ 1; a
/// log-weight of +∞ raises it to +∞ for α ≤ 1; a NaN makes it NaN.
public struct RenyiAccumulator: Sendable, Equatable {
  /// The order α.
  public let alpha: Double
  private var powers = LogWeightMoments()
  private var mean = RunningMoments()

  /// An accumulator of no draws, at a finite order α.
  public init(alpha: Double) {
    precondition(alpha.isFinite, "the order of a Rényi bound is a finite number")
    self.alpha = alpha
  }

  /// The number of draws.
  public var count: Int { powers.count }

  /// L_α in nats; NaN without draws.
  public var value: Double {
    alpha == 1 ? mean.mean : powers.logMeanWeight / (1 - alpha)
  }

  /// Standard error of ``value`` over other draws, by the delta method; NaN for a single draw.
  public var standardError: Double {
    alpha == 1 ? mean.standardError : powers.monteCarloStandardError / abs(1 - alpha)
  }

  /// Adds the log-weight of one draw, in nats.
  public mutating func add(_ logWeight: Double) {
    // At α = 1 the powers are all 1, whatever the log-weight; 0 · ∞ must not make them NaN.
    powers.add(alpha == 1 ? 0 : (1 - alpha) * logWeight)
    if alpha == 1 { mean.add(logWeight) }
  }

  /// Adds the log-weights of successive draws, in nats.
  public mutating func add(_ logWeights: Span<Double>) {
    for index in logWeights.indices { add(logWeights[index]) }
  }

  /// Adds the draws of another accumulator of the same order.
  public mutating func merge(_ other: RenyiAccumulator) {
    precondition(alpha == other.alpha, "Rényi sums of different orders do not add up")
    powers.merge(other.powers)
    mean.merge(other.mean)
  }
}
