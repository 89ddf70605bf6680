/// Adds Σ x xᵀ over the vectors in `rows` to the part on and above the diagonal of a matrix.
///
/// This is where streamed covariance spends its time. Four vectors at a time, so that each element of the matrix is
/// loaded and stored once for four products; the inner loop has no reduction, so it is compiled to vectors without
/// leave to reorder sums.
///
/// - Parameters:
///   - rows: vectors of length `dimension`, one after another.
///   - matrix: `dimension` × `dimension` elements by rows.
func addOuterProducts(of rows: [Double], to matrix: inout [Double], dimension: Int) {
  let count = rows.count / dimension
  precondition(rows.count == count * dimension && matrix.count == dimension * dimension)
  rows.withUnsafeBufferPointer { rows in
    matrix.withUnsafeMutableBufferPointer { matrix in
      guard let x = rows.baseAddress, let sums = matrix.baseAddress else { return }
      var first = 0
      while first + 4 <= count {
        let (x0, x1) = (x + first * dimension, x + (first + 1) * dimension)
        let (x2, x3) = (x + (first + 2) * dimension, x + (first + 3) * dimension)
        for row in 0..<dimension {
          let target = sums + row * dimension
          let (f0, f1, f2, f3) = (x0[row], x1[row], x2[row], x3[row])
          for column in row..<dimension {
            target[column] += (f0 * x0[column] + f1 * x1[column]) + (f2 * x2[column] + f3 * x3[column])
          }
        }
        first += 4
      }
      while first < count {
        let vector = x + first * dimension
        for row in 0..<dimension {
          let target = sums + row * dimension
          let factor = vector[row]
          for column in row..<dimension { target[column] += factor * vector[column] }
        }
        first += 1
      }
    }
  }
}

/// Adds Σ_e f_re · y_e to row r of a matrix, for every r: a small matrix product, four examples at a time.
///
/// - Parameters:
///   - rows: the vectors y_e of length `width`, one after another.
///   - factors: f_re with e running fastest, as many of each r as there are vectors.
///   - matrix: one row of `width` elements for each r.
func addWeightedRows(_ rows: [Double], factors: [Double], to matrix: inout [Double], width: Int) {
  let count = rows.count / width
  let targets = matrix.count / width
  precondition(rows.count == count * width && factors.count == count * targets && matrix.count == targets * width)
  rows.withUnsafeBufferPointer { rows in
    factors.withUnsafeBufferPointer { factors in
      matrix.withUnsafeMutableBufferPointer { matrix in
        guard let y = rows.baseAddress, let f = factors.baseAddress, let sums = matrix.baseAddress else { return }
        for target in 0..<targets {
          let sum = sums + target * width
          let factor = f + target * count
          var first = 0
          while first + 4 <= count {
            let (y0, y1) = (y + first * width, y + (first + 1) * width)
            let (y2, y3) = (y + (first + 2) * width, y + (first + 3) * width)
            let (f0, f1, f2, f3) = (factor[first], factor[first + 1], factor[first + 2], factor[first + 3])
            for column in 0..<width {
              sum[column] += (f0 * y0[column] + f1 * y1[column]) + (f2 * y2[column] + f3 * y3[column])
            }
            first += 4
          }
          while first < count {
            for column in 0..<width { sum[column] += factor[first] * y[first * width + column] }
            first += 1
          }
        }
      }
    }
  }
}
