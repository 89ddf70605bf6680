/// The covariance of two streams of vectors, component by component.
///
/// With two independent chains of draws through a model's layers for each example, the covariance over examples of
/// the two posterior means of a unit is Cov_x(E_q[u]), free of the noise that one draw adds to it.
///
/// A pair of vectors with an infinite or NaN component is left out whole, and counted in ``nonFiniteCount``, which whoever
/// reports the result must report, too.
public struct RunningCrossCovariance: Sendable, Equatable {
  /// The length D of the vectors.
  public let dimension: Int
  /// The number of pairs in the result.
  public private(set) var count = 0
  /// The number of pairs left out because a component was infinite or NaN.
  public private(set) var nonFiniteCount = 0
  private var firstMean: [Double]
  private var secondMean: [Double]
  /// Σ (a − mean a)(b − mean b) of each component.
  private var scatter: [Double]

  /// An accumulator of no pairs of vectors of length `dimension`, at least 1.
  public init(dimension: Int) {
    precondition(dimension > 0, "a vector has one component or more")
    self.dimension = dimension
    firstMean = [Double](repeating: 0, count: dimension)
    secondMean = firstMean
    scatter = firstMean
  }

  /// The population covariance (divided by n) of each component of the one with the same of the other, D long.
  ///
  /// Sampling can make it negative where the truth is near 0. NaN without pairs.
  public var covariances: [Double] {
    count > 0 ? scatter.map { $0 / Double(count) } : [Double](repeating: .nan, count: dimension)
  }

  /// The mean of each component over both streams, D long; NaN without pairs.
  public var mean: [Double] {
    guard count > 0 else { return [Double](repeating: .nan, count: dimension) }
    return zip(firstMean, secondMean).map { ($0 + $1) / 2 }
  }

  /// Adds the two vectors of one example, each of length D.
  public mutating func add(_ first: Span<Double>, _ second: Span<Double>) {
    precondition(first.count == dimension && second.count == dimension, "vectors of length \(dimension) were expected")
    for index in 0..<dimension where !(first[index].isFinite && second[index].isFinite) {
      nonFiniteCount += 1
      return
    }
    count += 1
    let share = 1 / Double(count)
    for index in 0..<dimension {
      let deviation = first[index] - firstMean[index]
      firstMean[index] += deviation * share
      secondMean[index] += (second[index] - secondMean[index]) * share
      scatter[index] += deviation * (second[index] - secondMean[index])
    }
  }

  /// Adds the two vectors of one example, each of length D.
  public mutating func add(_ first: [Double], _ second: [Double]) {
    add(first.span, second.span)
  }

  /// Adds the pairs of another accumulator of the same dimension.
  public mutating func merge(_ other: RunningCrossCovariance) {
    precondition(dimension == other.dimension, "covariances of different dimensions do not add up")
    nonFiniteCount += other.nonFiniteCount
    guard other.count > 0 else { return }
    let total = Double(count + other.count)
    let share = Double(other.count) / total
    for index in 0..<dimension {
      let first = other.firstMean[index] - firstMean[index]
      let second = other.secondMean[index] - secondMean[index]
      scatter[index] += other.scatter[index] + first * second * Double(count) * share
      firstMean[index] += first * share
      secondMean[index] += second * share
    }
    count += other.count
  }
}
