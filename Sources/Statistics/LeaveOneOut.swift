/// The jackknife estimate of log p(x), by a second pass over the draws of the first.
///
/// JVI-1 (Nowozin 2018) is k·L_k − (k − 1)·mean of L_{k−1} over all ways to leave one draw out. That mean needs
/// Σ log(Σw − w_i), which no fixed number of moments gives; but draws are pure functions of their index, so they can be
/// made again, and with the total of the first pass known each adds one term:
///
///     JVI-1 = L_k − (k − 1) [log(k / (k − 1)) + (1/k) Σ log(1 − w̃_i)].
///
/// Its bias is of order 1/k² where that of L_k is of order 1/k. It is not a bound.
///
/// A single largest draw may hold nearly all the weight; then 1 − w̃ would cancel, so the other draws' sum is kept
/// beside it and the result is exact there too.
public struct LeaveOneOut: Sendable, Equatable {
  /// The moments of the first pass.
  public let total: LogWeightMoments
  /// The number of draws seen in the second pass.
  public private(set) var count = 0
  /// Σ log(1 − w̃) over the draws below the maximum.
  private var logShares = 0.0
  private var maximumCount = 0
  private var rest = LogSumExp()

  /// Prepares the second pass over the draws that `total` was made of.
  public init(total: LogWeightMoments) {
    self.total = total
  }

  /// Adds the log-weight of one draw, in nats.
  public mutating func add(_ logWeight: Double) {
    count += 1
    guard logWeight != total.maximum else {
      maximumCount += 1
      return
    }
    rest.add(logWeight)
    logShares += log1p(-exp(logWeight - total.maximum) / total.sum)
  }

  /// Adds the log-weights of successive draws, in nats.
  public mutating func add(_ logWeights: Span<Double>) {
    for index in logWeights.indices { add(logWeights[index]) }
  }

  /// Adds the draws of another accumulator with the same total.
  public mutating func merge(_ other: LeaveOneOut) {
    precondition(total == other.total, "leave-one-out sums of different totals do not add up")
    count += other.count
    logShares += other.logShares
    maximumCount += other.maximumCount
    rest.merge(other.rest)
  }

  /// The jackknife estimate JVI-1 of log p(x) in nats.
  ///
  /// −∞ when every weight is zero. +∞ when exactly one is not: leaving that draw out leaves nothing. NaN for one draw,
  /// with an infinite or NaN weight, or when the second pass did not see as many draws as the first.
  public var jackknife: Double {
    let draws = Double(total.count)
    guard count == total.count, count > 1, total.hasShares else { return .nan }
    guard total.sum > 0 else { return -.infinity }
    let largest =
      maximumCount == 1
      ? rest.value - total.maximum - log(total.sum)
      : Double(maximumCount) * log1p(-1 / total.sum)
    return total.logMeanWeight - (draws - 1) * ((logShares + largest) / draws - log1p(-1 / draws))
  }
}
