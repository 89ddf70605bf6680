/// Principal components: the eigendecomposition of a covariance over examples.
///
/// A covariance has no negative eigenvalues, but its computed ones may fall below zero by rounding: those are set to zero,
/// and one further below is an error. An unbiased estimate of a covariance out of noisy values, such as the symmetric part
/// of that of two independent measurements, has the right trace but need not be positive semidefinite: eigenvalues near zero
/// scatter on both sides of it, and are kept as they come, for they show how large the noise is. (The covariance of the
/// measurements' average would have no negative eigenvalue, but would count the noise along every direction.)
public struct PrincipalComponents: Sendable, Equatable {
  /// The number of examples that the covariance is over.
  public let exampleCount: Int
  /// Variances along the directions, largest first.
  public let eigenvalues: [Double]
  /// The directions as the rows of a D × D matrix, each of length 1, its largest component positive.
  public let eigenvectors: [Double]
  /// The sum of the diagonal of the covariance, which the eigenvalues add up to but for rounding.
  public let trace: Double
  /// The magnitude up to which an eigenvalue is nothing but rounding, 10⁻¹² · D · the largest; of a noisy covariance, or
  /// noise as the most negative one shows it.
  public let floor: Double
  /// How many eigenvalues are above ``floor``.
  public let rank: Int
  /// Whether the covariance is an unbiased estimate out of noisy values.
  public let isNoisy: Bool

  /// Finds the principal components.
  ///
  /// - Parameters:
  ///   - covariance: D × D elements by rows.
  ///   - dimension: D, at least 1.
  ///   - exampleCount: The number of examples, at least 2.
  ///   - isNoisy: Whether the covariance is an unbiased estimate that may have negative eigenvalues.
  /// - Throws: ``LinearAlgebraError``: as ``SymmetricEigendecomposition``; for fewer than two examples; and, unless it is
  ///   noisy, for an eigenvalue that is negative by more than rounding.
  public init(
    covariance: [Double], dimension: Int, exampleCount: Int, isNoisy: Bool = false
  ) throws(LinearAlgebraError) {
    guard exampleCount > 1 else {
      throw LinearAlgebraError(
        .tooFewExamples, "principal components need two examples or more, not \(exampleCount)")
    }
    let decomposition = try SymmetricEigendecomposition(matrix: covariance, dimension: dimension)
    let values = decomposition.eigenvalues
    let rounding = 1e-12 * Double(dimension) * values.reduce(0) { max($0, $1.magnitude) }
    let least = values.last ?? 0
    guard isNoisy || least >= -rounding else {
      throw LinearAlgebraError(
        .notPositiveSemidefinite, "a covariance has no negative eigenvalue, but this one has \(least)")
    }
    let floor = isNoisy ? max(rounding, -least) : rounding
    self.exampleCount = exampleCount
    self.isNoisy = isNoisy
    self.floor = floor
    eigenvalues = isNoisy ? values : values.map { max(0, $0) }
    eigenvectors = decomposition.eigenvectors
    trace = (0..<dimension).reduce(0) { $0 + covariance[$1 * (dimension + 1)] }
    rank = values.count { $0 > floor }
  }

  /// The number of components, D.
  public var dimension: Int { eigenvalues.count }

  /// The direction at an index, D components, of length 1.
  public func direction(_ index: Int) -> ArraySlice<Double> {
    eigenvectors[index * dimension..<(index + 1) * dimension]
  }

  /// How many directions' variance exceeds (and does not only reach) a threshold.
  public func activeCount(threshold: Double) -> Int { eigenvalues.count { $0 > threshold } }

  /// The share of the variance along each direction and those before it, D long; zeros where there is no variance.
  public var cumulativeShares: [Double] {
    let total = eigenvalues.reduce(0) { $0 + max(0, $1) }
    var sum = 0.0
    return eigenvalues.map { value in
      sum += max(0, value)
      return total > 0 ? sum / total : 0
    }
  }

  /// The participation ratio (Σλ)² / Σλ², the effective number of directions: D for equal eigenvalues, 1 for a single one,
  /// 0 where there is no variance.
  public var participationRatio: Double {
    guard let largest = eigenvalues.first, largest > 0 else { return 0 }
    // In units of the largest, so that squares stay in range.
    let shares = eigenvalues.map { max(0, $0) / largest }
    let sum = shares.reduce(0, +)
    return sum * sum / shares.reduce(0) { $0 + $1 * $1 }
  }

  /// Whether there are too few examples for all directions: n examples about their mean span n − 1 at most.
  public var isLimitedByExamples: Bool { exampleCount - 1 < dimension }

  /// The share of the first `count` directions that lies along some coordinates: 1 where they span the same space, NaN
  /// without directions.
  public func share(ofFirst count: Int, along coordinates: [Int]) -> Double {
    guard count > 0 else { return .nan }
    var sum = 0.0
    for index in 0..<count {
      for coordinate in coordinates {
        sum += eigenvectors[index * dimension + coordinate] * eigenvectors[index * dimension + coordinate]
      }
    }
    return sum / Double(count)
  }

  /// The coordinate of a point along a direction, from a center; 0 where there is no such direction.
  public func coordinate(of point: [Double], along index: Int, from center: [Double]) -> Double {
    guard index < dimension else { return 0 }
    return (0..<dimension).reduce(0) { $0 + (point[$1] - center[$1]) * eigenvectors[index * dimension + $1] }
  }
}
