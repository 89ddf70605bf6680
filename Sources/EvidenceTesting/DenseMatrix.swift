import Foundation

/// A small matrix in Double, for exact answers: no blocking, no tricks.
struct DenseMatrix: Sendable {
  let rows: Int
  let columns: Int
  var values: [Double]

  init(rows: Int, columns: Int, _ values: [Double]? = nil) {
    self.rows = rows
    self.columns = columns
    self.values = values ?? Array(repeating: 0, count: rows * columns)
  }

  static func identity(_ size: Int) -> DenseMatrix {
    var result = DenseMatrix(rows: size, columns: size)
    for i in 0..<size { result[i, i] = 1 }
    return result
  }

  subscript(row: Int, column: Int) -> Double {
    get { values[row * columns + column] }
    set { values[row * columns + column] = newValue }
  }

  var transposed: DenseMatrix {
    var result = DenseMatrix(rows: columns, columns: rows)
    for i in 0..<rows { for j in 0..<columns { result[j, i] = self[i, j] } }
    return result
  }

  static func * (a: DenseMatrix, b: DenseMatrix) -> DenseMatrix {
    var result = DenseMatrix(rows: a.rows, columns: b.columns)
    for i in 0..<a.rows {
      for k in 0..<a.columns { for j in 0..<b.columns { result[i, j] += a[i, k] * b[k, j] } }
    }
    return result
  }

  static func * (a: DenseMatrix, x: [Double]) -> [Double] {
    (0..<a.rows).map { i in (0..<a.columns).reduce(0) { $0 + a[i, $1] * x[$1] } }
  }

  static func - (a: DenseMatrix, b: DenseMatrix) -> DenseMatrix {
    DenseMatrix(rows: a.rows, columns: a.columns, zip(a.values, b.values).map(-))
  }

  /// The block of the given rows and columns.
  func block(_ rowIndices: [Int], _ columnIndices: [Int]) -> DenseMatrix {
    DenseMatrix(
      rows: rowIndices.count, columns: columnIndices.count,
      rowIndices.flatMap { i in columnIndices.map { self[i, $0] } })
  }

  /// The lower triangle T with T Tᵀ equal to this symmetric positive definite matrix.
  var cholesky: DenseMatrix {
    var t = DenseMatrix(rows: rows, columns: rows)
    for i in 0..<rows {
      for j in 0...i {
        let rest = self[i, j] - (0..<j).reduce(0) { $0 + t[i, $1] * t[j, $1] }
        t[i, j] = i == j ? rest.squareRoot() : rest / t[j, j]
      }
    }
    return t
  }

  /// Solves T y = b for this lower triangle.
  func solveLower(_ b: [Double]) -> [Double] {
    var y = b
    for i in 0..<rows {
      for j in 0..<i { y[i] -= self[i, j] * y[j] }
      y[i] /= self[i, i]
    }
    return y
  }

  /// The inverse of this symmetric positive definite matrix.
  var inverse: DenseMatrix {
    let t = cholesky
    var inverseT = DenseMatrix(rows: rows, columns: rows)
    for j in 0..<rows {
      var unit = [Double](repeating: 0, count: rows)
      unit[j] = 1
      for (i, value) in t.solveLower(unit).enumerated() { inverseT[i, j] = value }
    }
    return inverseT.transposed * inverseT
  }
}
