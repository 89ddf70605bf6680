/// The distance between proposal and posterior, and the number of draws it asks for.
extension LogWeightMoments {
  /// KL(p(z|x) ‖ q(z|x)) in nats, estimated by Σ w̃ log(k w̃) with w̃ = w / Σ w.
  ///
  /// Importance sampling needs about e^{KL} draws (Chatterjee, Diaconis 2018); as the divergence is estimated from the same
  /// draws, that is a lower limit. It lies between 0 and log k, which it cannot exceed whatever the truth: see ``isSaturated``. 0 for one draw.
  /// NaN where the sum of the weights is zero, infinite or NaN.
  public var klTargetProposal: Double {
    guard hasShares, sum > 0 else { return .nan }
    return max(0, log(Double(count) / sum) + sumOfLogs / sum)
  }

  /// Whether ``klTargetProposal`` is so near its ceiling log k that it says only "at least this".
  ///
  /// That is, above both log k − ``DiagnosticThresholds/saturationMargin`` and
  /// ``DiagnosticThresholds/saturationFraction`` · log k. Always so for one draw; never where the divergence is NaN.
  public var isSaturated: Bool {
    DiagnosticThresholds.isSaturated(divergence: klTargetProposal, samples: count)
  }
}

extension DiagnosticThresholds {
  /// Whether an estimate of KL(p‖q) out of `samples` draws is so near its ceiling log k that it says only "at least this".
  public static func isSaturated(divergence: Double, samples: Int) -> Bool {
    let ceiling = log(Double(samples))
    return divergence >= ceiling - saturationMargin && divergence >= saturationFraction * ceiling
  }
}
