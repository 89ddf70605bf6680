/// Count, mean and variance of a stream of numbers, by Welford's recurrence; two of them merge by that of Chan,
/// Golub and LeVeque (1979).
///
/// Non-finite values are counted by kind and decide the results as arithmetic would: any NaN makes the mean NaN;
/// −∞ or +∞ alone makes it that infinity, both together NaN; and with any of them the variance is NaN. The
/// recurrence itself sees finite values only, so one infinity is not turned into a NaN by the next value.
public struct RunningMoments: Sendable, Equatable {
  /// The number of finite values.
  public private(set) var finiteCount = 0
  /// The number of values that were −∞.
  public private(set) var negativeInfinityCount = 0
  /// The number of values that were +∞.
  public private(set) var positiveInfinityCount = 0
  /// The number of values that were NaN.
  public private(set) var nanCount = 0
  /// The first finite value. The mean is kept as a distance from it, so that values of 10⁴ that differ by 1 lose no
  /// digits to their size.
  private var origin = 0.0
  /// The mean of x − origin over the finite values.
  private var offset = 0.0
  /// Σ (x − mean)² over the finite values.
  private var squaredDeviations = 0.0

  /// Moments of no values.
  public init() {}

  /// The number of values, of every kind.
  public var count: Int { finiteCount + nonFiniteCount }

  /// The number of values that were infinite or NaN.
  public var nonFiniteCount: Int { negativeInfinityCount + positiveInfinityCount + nanCount }

  /// The mean over all values; NaN when there is none.
  public var mean: Double {
    if nonFiniteCount == 0 { return finiteCount > 0 ? origin + offset : .nan }
    if nanCount > 0 || (negativeInfinityCount > 0 && positiveInfinityCount > 0) { return .nan }
    return negativeInfinityCount > 0 ? -.infinity : .infinity
  }

  /// The mean of the finite values less a reference: more precise than a difference when both are large.
  func finiteMean(above reference: Double) -> Double {
    finiteCount > 0 ? (origin - reference) + offset : .nan
  }

  /// The sample variance, divided by n − 1; NaN below two values or when any is not finite.
  public var variance: Double {
    finiteCount > 1 && nonFiniteCount == 0 ? squaredDeviations / Double(finiteCount - 1) : .nan
  }

  /// The population variance, divided by n; NaN without values or when any is not finite.
  public var populationVariance: Double {
    finiteCount > 0 && nonFiniteCount == 0 ? squaredDeviations / Double(finiteCount) : .nan
  }

  /// The square root of the sample variance.
  public var standardDeviation: Double { variance.squareRoot() }

  /// The standard error of the mean, sd / √n.
  public var standardError: Double { (variance / Double(count)).squareRoot() }

  /// Adds one value.
  public mutating func add(_ value: Double) {
    guard value.isFinite else {
      addNonFinite(value)
      return
    }
    if finiteCount == 0 { origin = value }
    finiteCount += 1
    let distance = value - origin
    let deviation = distance - offset
    offset += deviation / Double(finiteCount)
    squaredDeviations += deviation * (distance - offset)
  }

  /// Adds the values of another accumulator to those of this one.
  public mutating func merge(_ other: RunningMoments) {
    negativeInfinityCount += other.negativeInfinityCount
    positiveInfinityCount += other.positiveInfinityCount
    nanCount += other.nanCount
    guard other.finiteCount > 0 else { return }
    guard finiteCount > 0 else {
      finiteCount = other.finiteCount
      origin = other.origin
      offset = other.offset
      squaredDeviations = other.squaredDeviations
      return
    }
    let total = Double(finiteCount + other.finiteCount)
    let deviation = other.finiteMean(above: origin) - offset
    let share = Double(other.finiteCount) / total
    squaredDeviations += other.squaredDeviations + deviation * deviation * Double(finiteCount) * share
    offset += deviation * share
    finiteCount += other.finiteCount
  }

  private mutating func addNonFinite(_ value: Double) {
    if value.isNaN {
      nanCount += 1
    } else if value < 0 {
      negativeInfinityCount += 1
    } else {
      positiveInfinityCount += 1
    }
  }
}
