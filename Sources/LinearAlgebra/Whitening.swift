import Glibc

/// A matrix A with A Aᵀ = H⁻¹ for a symmetric matrix H: it makes H the identity, Aᵀ H A = I.
///
/// H is meant to be a curvature, minus the Hessian of a log-density at its mode; then N(0, I) mapped by A is the normal
/// approximation. A curvature that is not positive is no such thing: eigenvalues below a floor are raised to it.
///
/// By Cholesky's factor, H = L Lᵀ and A = L⁻ᵀ, where all eigenvalues are above the floor; otherwise by the
/// eigen-decomposition, H = V diag(λ) Vᵀ and A = V diag(λ^−½).
public struct Whitening: Sendable, Equatable {
  /// The number of rows and of columns, D.
  public let dimension: Int
  /// A, by rows.
  public let matrix: [Double]
  /// A⁻¹, by rows.
  public let inverse: [Double]
  /// log |det A|.
  public let logDeterminant: Double
  /// How many eigenvalues were raised to the floor.
  public let raised: Int

  /// The identity: nothing is known of the curvature.
  public init(identity dimension: Int) {
    var matrix = Array(repeating: 0.0, count: dimension * dimension)
    for index in 0..<dimension { matrix[index * (dimension + 1)] = 1 }
    self.init(dimension: dimension, matrix: matrix, inverse: matrix, logDeterminant: 0, raised: 0)
  }

  /// Whitens a curvature.
  ///
  /// - Parameters:
  ///   - curvature: H, D × D finite elements by rows, symmetric up to rounding.
  ///   - dimension: D, at least 1.
  ///   - floor: The least eigenvalue that is believed, above 0.
  /// - Throws: ``LinearAlgebraError`` as for ``SymmetricEigendecomposition``.
  public init(of curvature: [Double], dimension: Int, floor: Double) throws(LinearAlgebraError) {
    if let factor = try GSLCholesky.factor(curvature, dimension: dimension, above: floor) {
      var transposed = factor.inverse
      for row in 0..<dimension {
        for column in 0..<row { transposed.swapAt(row * dimension + column, column * dimension + row) }
      }
      self.init(
        dimension: dimension, matrix: transposed, inverse: factor.transposed, logDeterminant: -factor.logDeterminant,
        raised: 0)
      return
    }
    let parts = try SymmetricEigendecomposition(matrix: curvature, dimension: dimension)
    let values = parts.eigenvalues.map { max($0, floor) }
    var (matrix, inverse) = (Array(repeating: 0.0, count: dimension * dimension), parts.eigenvectors)
    for vector in 0..<dimension {
      let root = values[vector].squareRoot()
      for component in 0..<dimension {
        matrix[component * dimension + vector] = parts.eigenvectors[vector * dimension + component] / root
        inverse[vector * dimension + component] *= root
      }
    }
    self.init(
      dimension: dimension, matrix: matrix, inverse: inverse,
      logDeterminant: -values.reduce(0) { $0 + log($1) } / 2,
      raised: parts.eigenvalues.count { $0 < floor })
  }

  private init(dimension: Int, matrix: [Double], inverse: [Double], logDeterminant: Double, raised: Int) {
    self.dimension = dimension
    self.matrix = matrix
    self.inverse = inverse
    self.logDeterminant = logDeterminant
    self.raised = raised
  }
}
