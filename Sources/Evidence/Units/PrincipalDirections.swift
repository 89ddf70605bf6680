import LinearAlgebra

/// The principal directions of a layer's posterior means: eigenvectors of their covariance over examples, by GSL.
///
/// Where means are exact this is an ordinary principal component analysis. Where they are noisy (layers above the first) the
/// matrix is the symmetric part of the covariance of two independent chains: unbiased, with the trace Σ A_u, but not
/// positive semidefinite, so that eigenvalues near zero scatter on both sides of it. Those below zero are kept as they
/// come, for they show how large the noise is. (The covariance of the chains' average would have no negative eigenvalue, but
/// every one of its directions would count the noise of the draws as activity.)
public struct PrincipalDirections: Sendable, Equatable {
  /// Variances along the directions, largest first.
  public let eigenvalues: [Double]
  /// The directions as the rows of a D × D matrix, each of length 1, its largest component positive.
  public let eigenvectors: [Double]
  /// Σ A_u, which the eigenvalues add up to.
  public let trace: Double
  /// The number of examples that the covariance is over.
  public let exampleCount: Int
  /// How many eigenvalues are above rounding; with chains, above the noise as the most negative one shows it.
  public let rank: Int
  /// The magnitude up to which an eigenvalue is nothing but rounding or noise.
  public let floor: Double
  /// Whether the means were noisy: the covariance is that of two chains.
  public let isFromChains: Bool

  init(_ components: PrincipalComponents) {
    eigenvalues = components.eigenvalues
    eigenvectors = components.eigenvectors
    trace = components.trace
    exampleCount = components.exampleCount
    rank = components.rank
    floor = components.roundingFloor
    isFromChains = false
  }

  init(unbiased matrix: [Double], dimension: Int, exampleCount: Int) throws(LinearAlgebraError) {
    let decomposition = try SymmetricEigendecomposition(matrix: matrix, dimension: dimension)
    eigenvalues = decomposition.eigenvalues
    eigenvectors = decomposition.eigenvectors
    trace = (0..<dimension).reduce(0) { $0 + matrix[$1 * (dimension + 1)] }
    self.exampleCount = exampleCount
    let largest = eigenvalues.reduce(0) { max($0, $1.magnitude) }
    let floor = max(1e-12 * Double(dimension) * largest, -(eigenvalues.last ?? 0))
    self.floor = floor
    rank = eigenvalues.count { $0 > floor }
    isFromChains = true
  }

  /// The number of units, D.
  public var dimension: Int { eigenvalues.count }

  /// The direction at an index, D components.
  public func direction(_ index: Int) -> ArraySlice<Double> {
    eigenvectors[index * dimension..<(index + 1) * dimension]
  }

  /// How many directions' variance exceeds a threshold.
  public func activeCount(threshold: Double) -> Int { eigenvalues.count { $0 > threshold } }

  /// The share of the variance along each direction and those before it; zeros where there is no variance.
  public var cumulativeShares: [Double] {
    let total = eigenvalues.reduce(0) { $0 + max(0, $1) }
    var sum = 0.0
    return eigenvalues.map { value in
      sum += max(0, value)
      return total > 0 ? sum / total : 0
    }
  }

  /// (Σλ)² / Σλ², the effective number of directions; 0 where there is no variance.
  public var participationRatio: Double {
    guard let largest = eigenvalues.first, largest > 0 else { return 0 }
    let shares = eigenvalues.map { max(0, $0) / largest }
    let sum = shares.reduce(0, +)
    return sum * sum / shares.reduce(0) { $0 + $1 * $1 }
  }

  /// Whether there are too few examples for all directions: n examples about their mean span n − 1 at most.
  public var isLimitedByExamples: Bool { exampleCount - 1 < dimension }

  /// The share of the first `count` directions that lies in the given units: 1 where they span the same space.
  func share(ofFirst count: Int, in units: [Int]) -> Double {
    guard count > 0 else { return .nan }
    var sum = 0.0
    for index in 0..<count {
      for unit in units { sum += eigenvectors[index * dimension + unit] * eigenvectors[index * dimension + unit] }
    }
    return sum / Double(count)
  }

  /// An example's coordinates along the first two directions.
  func point(_ index: Int, _ means: [Double], about center: [Double]) -> ScatterPoint {
    func coordinate(_ component: Int) -> Double {
      guard component < dimension else { return 0 }
      return (0..<dimension).reduce(0) {
        $0 + (means[$1] - center[$1]) * eigenvectors[component * dimension + $1]
      }
    }
    return ScatterPoint(index: index, first: coordinate(0), second: coordinate(1))
  }
}

/// An example along the first two principal directions.
public struct ScatterPoint: Sendable, Equatable {
  /// The example's number in the dataset.
  public let index: Int
  /// Along the first direction, from the mean.
  public let first: Double
  /// Along the second; 0 where there is a single unit.
  public let second: Double
}
