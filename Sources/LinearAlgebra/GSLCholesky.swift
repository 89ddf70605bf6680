import CGSL
import Glibc

/// GSL's Cholesky factor of a symmetric positive definite matrix.
enum GSLCholesky {
  /// L with H = L Lᵀ.
  struct Factor {
    /// Lᵀ, by rows.
    let transposed: [Double]
    /// L⁻¹, by rows.
    let inverse: [Double]
    /// log det L.
    let logDeterminant: Double
  }

  /// Factors a matrix whose eigenvalues are all above `floor`; nil for any other.
  static func factor(
    _ matrix: [Double], dimension: Int, above floor: Double
  ) throws(LinearAlgebraError) -> Factor? {
    guard dimension > 0, matrix.count == dimension * dimension, matrix.allSatisfy(\.isFinite) else { return nil }
    GSLErrors.silence()
    guard let triangle = gsl_matrix_alloc(dimension, dimension) else {
      throw LinearAlgebraError(.solver, "no memory for the factor of a \(dimension) × \(dimension) matrix")
    }
    defer { gsl_matrix_free(triangle) }
    // H − floor · I is positive definite exactly when every eigenvalue of H is above the floor.
    for shift in [floor, 0] {
      for row in 0..<dimension {
        for column in 0..<dimension {
          gsl_matrix_set(triangle, row, column, matrix[row * dimension + column] - (row == column ? shift : 0))
        }
      }
      guard gsl_linalg_cholesky_decomp1(triangle) == 0 else { return nil }
    }
    var transposed = Array(repeating: 0.0, count: dimension * dimension)
    var logDeterminant = 0.0
    for row in 0..<dimension {
      for column in 0...row { transposed[column * dimension + row] = gsl_matrix_get(triangle, row, column) }
      logDeterminant += log(gsl_matrix_get(triangle, row, row))
    }
    guard gsl_linalg_tri_invert(CblasLower, CblasNonUnit, triangle) == 0 else { return nil }
    var inverse = Array(repeating: 0.0, count: dimension * dimension)
    for row in 0..<dimension {
      for column in 0...row { inverse[row * dimension + column] = gsl_matrix_get(triangle, row, column) }
    }
    guard logDeterminant.isFinite, inverse.allSatisfy(\.isFinite) else { return nil }
    return Factor(transposed: transposed, inverse: inverse, logDeterminant: logDeterminant)
  }
}
