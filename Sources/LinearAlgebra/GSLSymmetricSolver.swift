import CGSL

/// GSL's solver for real symmetric matrices.
enum GSLSymmetricSolver {
  /// The eigenvalues in descending order, and the eigenvectors as rows in the same order.
  ///
  /// - Parameter matrix: `dimension` × `dimension` finite elements by rows, at least one; only the part on and below the
  ///   diagonal is read.
  static func solve(
    _ matrix: [Double], dimension: Int
  ) throws(LinearAlgebraError) -> (values: [Double], vectors: [Double]) {
    GSLErrors.silence()
    let workspace = gsl_eigen_symmv_alloc(dimension)
    let input = gsl_matrix_alloc(dimension, dimension)
    let values = gsl_vector_alloc(dimension)
    let vectors = gsl_matrix_alloc(dimension, dimension)
    // GSL's free functions accept null.
    defer {
      gsl_eigen_symmv_free(workspace)
      gsl_matrix_free(input)
      gsl_vector_free(values)
      gsl_matrix_free(vectors)
    }
    guard let workspace, let input, let values, let vectors else {
      throw LinearAlgebraError(.solver, "no memory for the eigenvectors of a \(dimension) × \(dimension) matrix")
    }
    for row in 0..<dimension {
      for column in 0..<dimension { gsl_matrix_set(input, row, column, matrix[row * dimension + column]) }
    }
    try GSLErrors.check(gsl_eigen_symmv(input, values, vectors, workspace))
    try GSLErrors.check(gsl_eigen_symmv_sort(values, vectors, GSL_EIGEN_SORT_VAL_DESC))
    var rows: [Double] = []
    rows.reserveCapacity(dimension * dimension)
    for vector in 0..<dimension {
      for component in 0..<dimension { rows.append(gsl_matrix_get(vectors, component, vector)) }
    }
    return ((0..<dimension).map { gsl_vector_get(values, $0) }, rows)
  }
}
