/// The fit of a generalized Pareto distribution to the excesses of a tail over its cutoff.
enum GeneralizedPareto {
  /// Log-weights in nats relative to the largest, those above a cutoff.
  struct Tail {
    private let descending: ArraySlice<Double>
    private let cutoff: Double

    /// The part of `descending` strictly above `cutoff` and above the logarithm of the smallest normal number.
    init(descending: ArraySlice<Double>, cutoff: Double) {
      let cutoff = max(cutoff, log(Double.leastNormalMagnitude))
      self.cutoff = cutoff
      self.descending = descending.prefix { $0 > cutoff }
    }

    var count: Int { descending.count }

    /// Whether the largest log-weight exceeds the cutoff by no more than a few roundings of one of size `largest`.
    ///
    /// When q is the posterior all weights are equal but for rounding, and a shape fitted to that is noise.
    func isRounding(ofSize largest: Double) -> Bool {
      -cutoff <= 64 * Double.ulpOfOne * max(1, largest.magnitude)
    }

    /// Whether the weights of the tail are all the same.
    var isConstant: Bool { descending.first == descending.last }

    /// w − w_cutoff relative to the largest weight, in ascending order.
    func exceedances() -> [Double] {
      let base = exp(cutoff)
      return descending.reversed().map { exp($0) - base }
    }
  }

  /// The posterior mean of the shape k by Zhang and Stephens (2009), drawn towards 1/2 with the weight of ten observations,
  /// k ← (kM + 5) / (M + 10) (Vehtari et al. 2024, appendix C).
  ///
  /// - Parameter exceedances: at least two non-negative numbers in ascending order.
  /// - Returns: nil when a quarter of them are zero, by rounding, so that the fit has no scale.
  static func shape(_ exceedances: [Double]) -> Double? {
    let count = Double(exceedances.count)
    guard let largest = exceedances.last else { return nil }
    let quartile = exceedances[max(0, Int(count / 4 + 0.5) - 1)]
    guard quartile > 0 else { return nil }

    let points = 30 + Int(count.squareRoot())
    let candidates = (1...points).map { index in
      (1 - (Double(points) / (Double(index) - 0.5)).squareRoot()) / (3 * quartile) + 1 / largest
    }
    let logLikelihoods = candidates.map { candidate in
      let shape = meanLog(candidate, exceedances)
      return count * (log(-candidate / shape) - shape - 1)
    }
    guard let best = logLikelihoods.max(), best.isFinite else { return nil }
    let weights = logLikelihoods.map { exp($0 - best) }
    let total = weights.reduce(0, +)

    // Candidates of next to no weight are left out, as the reference implementations do.
    var kept = 0.0
    var mean = 0.0
    for (candidate, weight) in zip(candidates, weights) where weight / total >= 10 * Double.ulpOfOne {
      kept += weight
      mean += weight * candidate
    }
    let shape = meanLog(mean / kept, exceedances)
    return shape.isFinite ? (count * shape + 5) / (count + 10) : nil
  }

  /// The mean of log(1 − b x).
  private static func meanLog(_ factor: Double, _ values: [Double]) -> Double {
    var sum = 0.0
    for value in values { sum += log1p(-factor * value) }
    return sum / Double(values.count)
  }
}
