/// The eigenvalues and eigenvectors of a real symmetric matrix.
///
/// By GSL's `gsl_eigen_symmv` (reduction to tridiagonal form and QR), sorted by descending eigenvalue. An eigenvector is
/// determined up to its sign, which is chosen so that its component of largest magnitude is positive (the first of them,
/// when several tie), so results repeat. Eigenvectors of equal eigenvalues are an arbitrary basis of their space.
public struct SymmetricEigendecomposition: Sendable, Equatable {
  /// The number of rows and of columns, D.
  public let dimension: Int
  /// The D eigenvalues, largest first.
  public let eigenvalues: [Double]
  /// The D eigenvectors, of length 1, as the rows of a D × D matrix, in the order of the eigenvalues.
  public let eigenvectors: [Double]

  /// Decomposes a matrix.
  ///
  /// - Parameters:
  ///   - matrix: D × D elements by rows. The matrix may differ from its transpose by rounding; the part on and below the
  ///     diagonal counts.
  ///   - dimension: D, at least 1.
  /// - Throws: ``LinearAlgebraError`` for an empty matrix, a wrong number of elements, an infinite or NaN element, a matrix
  ///   that is not symmetric, or a failure of GSL.
  public init(matrix: [Double], dimension: Int) throws(LinearAlgebraError) {
    let scale = try SymmetricEigendecomposition.validate(matrix, dimension: dimension)
    // By a power of two, which is exact: squares inside GSL then neither overflow nor underflow.
    let scaled = scale == 0 ? matrix : matrix.map { $0 / scale }
    let (values, vectors) = try GSLSymmetricSolver.solve(scaled, dimension: dimension)
    self.dimension = dimension
    eigenvalues = scale == 0 ? values : values.map { $0 * scale }
    eigenvectors = SymmetricEigendecomposition.withSignsFixed(vectors, dimension: dimension)
  }

  /// The eigenvector of the eigenvalue at an index, D components.
  public func eigenvector(_ index: Int) -> ArraySlice<Double> {
    eigenvectors[index * dimension..<(index + 1) * dimension]
  }

  /// The largest power of two not above the largest magnitude; 0 for a matrix of zeros.
  private static func validate(_ matrix: [Double], dimension: Int) throws(LinearAlgebraError) -> Double {
    guard dimension > 0 else {
      throw LinearAlgebraError(.shape, "a matrix of dimension \(dimension) has no eigenvalues")
    }
    let (expected, overflow) = dimension.multipliedReportingOverflow(by: dimension)
    guard !overflow, matrix.count == expected else {
      throw LinearAlgebraError(
        .shape, "\(matrix.count) elements where \(dimension) × \(dimension) were expected")
    }
    if let index = matrix.firstIndex(where: { !$0.isFinite }) {
      throw LinearAlgebraError(
        .notFinite, "element (\(index / dimension), \(index % dimension)) is \(matrix[index])")
    }
    let largest = matrix.reduce(0) { max($0, $1.magnitude) }
    for row in 0..<dimension {
      for column in 0..<row {
        let (below, above) = (matrix[row * dimension + column], matrix[column * dimension + row])
        guard (below / 2 - above / 2).magnitude > 1e-9 * largest else { continue }
        throw LinearAlgebraError(
          .notSymmetric, "element (\(row), \(column)) is \(below), element (\(column), \(row)) is \(above)")
      }
    }
    // Near the ends of the range of Double the quotient or the power itself would leave it.
    return largest == 0 ? 0 : max(largest.binade, .leastNormalMagnitude)
  }

  private static func withSignsFixed(_ vectors: [Double], dimension: Int) -> [Double] {
    var vectors = vectors
    for start in stride(from: 0, to: vectors.count, by: dimension) {
      var leading = start
      for index in start..<start + dimension where vectors[index].magnitude > vectors[leading].magnitude {
        leading = index
      }
      guard vectors[leading] < 0 else { continue }
      for index in start..<start + dimension { vectors[index] = -vectors[index] }
    }
    return vectors
  }
}
