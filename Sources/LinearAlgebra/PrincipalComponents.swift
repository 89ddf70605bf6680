/// The principal components of the posterior means of a model's units: the eigendecomposition of their covariance over
/// examples.
///
/// A covariance has no negative eigenvalues, but its computed ones may fall below zero by rounding. Those no further below
/// than ``roundingFloor`` are set to zero and counted in ``roundedToZeroCount``; one further below is an error.
public struct PrincipalComponents: Sendable, Equatable {
  /// The number of units, D.
  public let dimension: Int
  /// The number of examples that the covariance is over.
  public let exampleCount: Int
  /// The D variances along the principal directions, largest first, none negative.
  public let eigenvalues: [Double]
  /// The D principal directions as the rows of a D × D matrix, signs as in ``SymmetricEigendecomposition``.
  public let eigenvectors: [Double]
  /// The sum of the diagonal of the covariance, Σ A_u: equal to the sum of the eigenvalues but for rounding.
  public let trace: Double
  /// The number of eigenvalues that came out negative, by rounding, and were set to zero.
  public let roundedToZeroCount: Int
  /// The magnitude up to which an eigenvalue is indistinguishable from zero, 10⁻¹² · D · the largest.
  public let roundingFloor: Double

  /// Finds the principal components.
  ///
  /// - Parameters:
  ///   - covariance: D × D elements by rows.
  ///   - dimension: D, at least 1.
  ///   - exampleCount: the number of examples, at least 2.
  /// - Throws: ``LinearAlgebraError``: as ``SymmetricEigendecomposition``; for fewer than two examples; and for an eigenvalue
  ///   that is negative by more than rounding.
  public init(covariance: [Double], dimension: Int, exampleCount: Int) throws(LinearAlgebraError) {
    guard exampleCount > 1 else {
      throw LinearAlgebraError(
        .tooFewExamples, "principal components need two examples or more, not \(exampleCount)")
    }
    let decomposition = try SymmetricEigendecomposition(matrix: covariance, dimension: dimension)
    let values = decomposition.eigenvalues
    let floor = 1e-12 * Double(dimension) * values.reduce(0) { max($0, $1.magnitude) }
    if let least = values.last, least < -floor {
      throw LinearAlgebraError(
        .notPositiveSemidefinite, "a covariance has no negative eigenvalue, but this one has \(least)")
    }
    self.dimension = dimension
    self.exampleCount = exampleCount
    eigenvalues = values.map { max(0, $0) }
    eigenvectors = decomposition.eigenvectors
    trace = (0..<dimension).reduce(0) { $0 + covariance[$1 * (dimension + 1)] }
    roundedToZeroCount = values.count { $0 < 0 }
    roundingFloor = floor
  }

  /// The principal direction at an index, D components, of length 1.
  public func eigenvector(_ index: Int) -> ArraySlice<Double> {
    eigenvectors[index * dimension..<(index + 1) * dimension]
  }

  /// The share of the variance along each direction, D long; zeros where there is no variance at all.
  public var explainedShares: [Double] {
    let total = eigenvalues.reduce(0, +)
    return eigenvalues.map { total > 0 ? $0 / total : 0 }
  }

  /// The share of the variance along each direction and those before it, D long; zeros where there is no variance.
  public var cumulativeShares: [Double] {
    let total = eigenvalues.reduce(0, +)
    var sum = 0.0
    return eigenvalues.map { value in
      sum += value
      return total > 0 ? sum / total : 0
    }
  }

  /// The number of directions whose variance exceeds (and does not only reach) a threshold.
  public func activeCount(threshold: Double) -> Int {
    eigenvalues.count { $0 > threshold }
  }

  /// The participation ratio (Σλ)² / Σλ², the effective number of directions: D for equal eigenvalues, 1 for a single one,
  /// 0 where there is no variance.
  public var participationRatio: Double {
    guard let largest = eigenvalues.first, largest > 0 else { return 0 }
    // In units of the largest, so that squares stay in range.
    let sum = eigenvalues.reduce(0) { $0 + $1 / largest }
    let squares = eigenvalues.reduce(0) { $0 + ($1 / largest) * ($1 / largest) }
    return sum * sum / squares
  }

  /// The number of eigenvalues above ``roundingFloor``.
  public var rank: Int { eigenvalues.count { $0 > roundingFloor } }

  /// Whether there are too few examples for all D directions: n examples about their mean span n − 1 at most.
  public var isLimitedByExamples: Bool { exampleCount - 1 < dimension }
}
