/// The estimate of log p(x) and its error.
extension LogWeightMoments {
  /// Whether shares of the weights mean anything: there are draws, and none is +∞ or NaN.
  var hasShares: Bool { count > 0 && infiniteCount == 0 && nanCount == 0 }

  /// The log mean weight L_k = log (1/k) Σ w in nats, the importance-sampling estimate of log p(x) (Burda, Grosse,
  /// Salakhutdinov 2015); its expectation is a lower bound.
  ///
  /// k is the number counted. −∞ when every weight is zero, +∞ with an infinite weight, NaN with a NaN or no draws.
  public var logMeanWeight: Double {
    if nanCount > 0 || count == 0 { return .nan }
    if infiniteCount > 0 { return .infinity }
    return sum > 0 ? maximum + log(sum / Double(count)) : -.infinity
  }

  /// The effective sample size (Σw)² / Σw² (Kong 1992), from 1 to k draws.
  ///
  /// 1 for one draw; 0 when every weight is zero; NaN with an infinite or NaN weight or without draws.
  public var effectiveSampleSize: Double {
    guard hasShares else { return .nan }
    return sum > 0 ? sum * sum / sumOfSquares : 0
  }

  /// The largest weight's share of the sum, max w / Σ w, from 1/k to 1; NaN where the sum is zero, infinite or NaN.
  public var largestWeightShare: Double {
    hasShares && sum > 0 ? 1 / sum : .nan
  }

  /// The Monte Carlo variance of L_k in nats², v = (1/ESS − 1/k) · k/(k − 1), by the delta method.
  ///
  /// It is the sample variance of the weights over k times their squared mean. NaN for one draw, which says
  /// nothing about the spread, and wherever L_k is not finite.
  public var monteCarloVariance: Double {
    guard hasShares, sum > 0, count > 1 else { return .nan }
    let draws = Double(count)
    // Rounding can take equal weights a little below zero.
    return max(0, (sumOfSquares / (sum * sum) - 1 / draws) * draws / (draws - 1))
  }

  /// The Monte Carlo standard error of L_k in nats, √v; NaN where ``monteCarloVariance`` is.
  ///
  /// It is honest where the weights have a finite variance and the effective sample size is not small: see
  /// ``ParetoTail`` and ``DiagnosticThresholds``.
  public var monteCarloStandardError: Double { monteCarloVariance.squareRoot() }
}
