/// What one streaming pass over the log-weights of an example keeps of them.
///
/// A log-weight is l = log p(x, z) − log q(z | x) for a draw z from q(z | x), in nats. The state holds the largest
/// finite log-weight m, and over the finite ones Σ e^{l−m}, Σ e^{2(l−m)}, Σ (l−m) e^{l−m}, and the mean and squared
/// deviations of l; its size does not depend on the number of draws. Accumulators over disjoint draws merge.
/// Measuring l from m in the third sum leaves nothing to cancel when log-weights are of the size of 10⁴.
///
/// Every draw is counted, and the divisor of a mean is the number counted. The kinds of log-weight:
///
/// - finite: enters every sum;
/// - −∞, a *zero weight* (the draw is impossible under the model): adds nothing to the sums but counts as a draw;
///   if all are so, the log mean weight is −∞;
/// - +∞ (q has no density where it drew, or the density overflowed): the log mean weight is +∞, and what depends on
///   the shares of the weights is NaN;
/// - NaN: whatever depends on the weights is NaN.
///
/// Draws are added one by one in the order given; a span is only a faster way to say the same. So results are the
/// same bits however the draws are cut into chunks. Merging in another order changes them by rounding only.
public struct LogWeightMoments: Sendable, Equatable {
  /// The largest finite log-weight, in nats; −∞ when there is none.
  public private(set) var maximum = -Double.infinity
  /// Σ e^{l−m}: 0 without finite log-weights, otherwise at least 1.
  private(set) var sum = 0.0
  /// Σ e^{2(l−m)}.
  private(set) var sumOfSquares = 0.0
  /// Σ (l−m) e^{l−m}: never positive.
  private(set) var sumOfLogs = 0.0
  private(set) var logWeights = RunningMoments()

  /// Moments of no draws.
  public init() {}

  /// The number of draws, of every kind.
  public var count: Int { logWeights.count }

  /// The number of draws with a finite log-weight.
  public var finiteCount: Int { logWeights.finiteCount }

  /// The number of draws of weight zero, that is, with a log-weight of −∞.
  public var zeroCount: Int { logWeights.negativeInfinityCount }

  /// The number of draws with a log-weight of +∞.
  public var infiniteCount: Int { logWeights.positiveInfinityCount }

  /// The number of draws whose log-weight is NaN.
  public var nanCount: Int { logWeights.nanCount }

  /// The mean log-weight L₁ in nats, an estimate of the evidence lower bound.
  ///
  /// −∞ with any zero weight, +∞ with any infinite one, NaN with both, with any NaN, or without draws.
  public var meanLogWeight: Double { logWeights.mean }

  /// Adds the log-weight of one draw, in nats.
  public mutating func add(_ logWeight: Double) {
    logWeights.add(logWeight)
    if logWeight <= maximum {
      addBelow(logWeight - maximum)
    } else if logWeight < .infinity {
      rescale(to: logWeight)
      sum += 1
      sumOfSquares += 1
    }
  }

  /// Adds the log-weights of successive draws, in nats: the same, to the last bit, as adding them one by one.
  public mutating func add(_ logWeights: Span<Double>) {
    for index in logWeights.indices { add(logWeights[index]) }
  }

  /// Adds the draws of another accumulator to those of this one.
  public mutating func merge(_ other: LogWeightMoments) {
    logWeights.merge(other.logWeights)
    guard other.sum > 0 else { return }
    var other = other
    if other.maximum > maximum {
      rescale(to: other.maximum)
    } else {
      other.rescale(to: maximum)
    }
    sum += other.sum
    sumOfSquares += other.sumOfSquares
    sumOfLogs += other.sumOfLogs
  }

  /// Adds a weight e^{difference} times the largest.
  private mutating func addBelow(_ difference: Double) {
    let weight = exp(difference)
    // 0 · (−∞) is NaN: a weight that underflows, or of a log-weight of −∞, adds nothing.
    guard weight > 0 else { return }
    sum += weight
    sumOfSquares += weight * weight
    sumOfLogs += difference * weight
  }

  /// Measures the sums from a maximum that is not below the present one.
  private mutating func rescale(to newMaximum: Double) {
    let difference = maximum - newMaximum
    let factor = exp(difference)
    maximum = newMaximum
    guard factor > 0 else {
      (sum, sumOfSquares, sumOfLogs) = (0, 0, 0)
      return
    }
    sumOfLogs = factor * (sumOfLogs + difference * sum)
    sum *= factor
    sumOfSquares *= factor * factor
  }
}
