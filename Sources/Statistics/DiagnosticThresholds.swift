/// Every threshold that a diagnostic is compared with, each with where it comes from.
///
/// Help, documentation and warnings read these; no other file holds a copy.
public enum DiagnosticThresholds {
  /// The largest Pareto k̂ at which an estimate from `samples` draws is reliable, min(1 − 1/log₁₀ S, 0.7).
  ///
  /// Vehtari, Simpson, Gelman, Yao, Gabry 2024, section 3.2.4. For ten draws or fewer it is 0 or less; −∞ for one.
  public static func paretoShape(samples: Int) -> Double {
    guard samples > 1 else { return -.infinity }
    return min(1 - 1 / log10(Double(samples)), 0.7)
  }

  /// Pareto k̂ from which an estimate is very bad: the mean of such weights does not exist, and no number of draws
  /// helps. Vehtari et al. 2024, section 3.2.4.
  public static let paretoShapeVeryBad = 1.0

  /// Pareto k̂ above which the weights have no finite variance, so that √v is not a standard error in the usual
  /// sense. Vehtari et al. 2024, section 2.
  public static let paretoShapeFiniteVariance = 0.5

  /// The fewest weights above the cutoff that a Pareto tail is fitted to. R packages `loo` and `posterior`, ArviZ.
  public static let paretoTailMinimum = 5

  /// Effective sample size below which the delta method's error is not to be trusted.
  ///
  /// A convention of this package. The method drops terms of order 1/ESS²; at 20 the standard error is 0.22 nats and its
  /// own relative error is tens of per cent. (Stan's 400, of Vehtari et al. 2021, is for quantiles of Markov chains.)
  public static let effectiveSampleSizeLow = 20.0

  /// Largest weight share above which one draw decides the estimate. A convention of this package: more than half.
  /// Chatterjee and Diaconis (2018) build their own diagnostic on the mean of the same share.
  public static let largestWeightShareHigh = 0.5

  /// Share of an example's annealed chains that the effective number of them must reach: below, the chains disagree about
  /// how much weight there is. A convention of this package; that they agree is no proof that they found every mode.
  public static let effectiveChainShareLow = 0.3

  /// Distance in nats from log k within which an estimate of KL(p‖q) may be saturated: log 10, that is, fewer than ten
  /// draws' worth of entropy in the weights. A convention of this package, after Chatterjee and Diaconis 2018.
  public static let saturationMargin = 2.302585092994046

  /// Fraction of log k that an estimate of KL(p‖q) must reach, too, to be called saturated, so that a few equal weights
  /// are not. A convention of this package.
  public static let saturationFraction = 0.5

  /// Variance of a unit's posterior mean over examples above which (not at which) it is active.
  /// Burda, Grosse, Salakhutdinov 2015, section 5.2.
  public static let activeUnitVariance = 0.01

  /// ε of (ε, δ)-collapse in nats: a unit is collapsed on an example when its KL from the prior stays below it.
  /// The definition is that of Lucas, Tucker, Grosse, Norouzi 2019; they vary ε, and 0.01 is this package's default.
  public static let collapseDivergence = 0.01

  /// δ of (ε, δ)-collapse: a unit is collapsed when the share of examples it is collapsed on is at least 1 − δ.
  /// Lucas, Tucker, Grosse, Norouzi 2019.
  public static let collapseShare = 0.01

  /// The number of standard errors within which a unit's variance is undecided at ``activeUnitVariance``: 1.96, the
  /// two-sided 95 % point of a normal distribution.
  public static let undecidedStandardErrors = 1.96
}
