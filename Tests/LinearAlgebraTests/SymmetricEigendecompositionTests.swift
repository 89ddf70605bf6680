import LinearAlgebra
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct SymmetricEigendecompositionTests {
  @Test(arguments: [3.5, 0, -2])
  func dimensionOne(_ value: Double) throws {
    let found = try SymmetricEigendecomposition(matrix: [value], dimension: 1)
    #expect(found.eigenvalues == [value])
    #expect(found.eigenvectors == [1])
  }

  /// [[2, 1], [1, 2]]: 3 along (1, 1), 1 along (1, −1), whose first component is made positive.
  @Test func twoByTwo() throws {
    let found = try SymmetricEigendecomposition(matrix: [2, 1, 1, 2], dimension: 2)
    let half = 0.5.squareRoot()
    for (value, expected) in zip(found.eigenvalues + found.eigenvectors, [3, 1, half, half, half, -half]) {
      #expect(abs(value - expected) < 1e-15)
    }
  }

  @Test func diagonalIsSorted() throws {
    let found = try SymmetricEigendecomposition(matrix: [1, 0, 0, 0, 5, 0, 0, 0, -3], dimension: 3)
    #expect(found.eigenvalues == [5, 1, -3])
    #expect(found.eigenvectors == [0, 1, 0, 1, 0, 0, 0, 0, 1])
  }

  @Test func zeros() throws {
    let found = try SymmetricEigendecomposition(matrix: [Double](repeating: 0, count: 9), dimension: 3)
    #expect(found.eigenvalues == [0, 0, 0])
  }

  /// The second difference matrix has the eigenvalues 2 − 2 cos(jπ / (D + 1)).
  @Test(arguments: [5, 64, 512])
  func secondDifferences(_ dimension: Int) throws {
    var matrix = [Double](repeating: 0, count: dimension * dimension)
    for row in 0..<dimension {
      matrix[row * (dimension + 1)] = 2
      if row > 0 {
        matrix[row * dimension + row - 1] = -1
        matrix[(row - 1) * dimension + row] = -1
      }
    }
    let found = try SymmetricEigendecomposition(matrix: matrix, dimension: dimension)
    for (index, value) in found.eigenvalues.enumerated() {
      let expected = 2 - 2 * cos(Double(dimension - index) * Double.pi / Double(dimension + 1))
      #expect(abs(value - expected) < 1e-13)
    }
    let first = found.eigenvector(0)
    #expect(abs(first.reduce(0) { $0 + $1 * $1 } - 1) < 1e-13)
    let leading = first.reduce(0) { $1.magnitude > $0.magnitude ? $1 : $0 }
    #expect(leading > 0)
  }

  /// Squares of such elements would overflow or vanish; the scale is a power of two, so nothing is rounded.
  @Test(arguments: [0x1p1000, 0x1p-1000, 0x1p-1060])
  func extremeScales(_ scale: Double) throws {
    let matrix: [Double] = [4, 1, 0, 1, 3, 1, 0, 1, 2]
    let plain = try SymmetricEigendecomposition(matrix: matrix, dimension: 3)
    let scaled = try SymmetricEigendecomposition(matrix: matrix.map { $0 * scale }, dimension: 3)
    for (value, expected) in zip(scaled.eigenvalues, plain.eigenvalues) {
      #expect(abs(value / scale - expected) < 1e-3 * (scale < 0x1p-1022 ? 1 : 1e-9))
    }
  }

  struct Refused: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let matrix: [Double]
    let dimension: Int
    let code: LinearAlgebraError.Code
  }

  @Test(arguments: [
    Refused(testDescription: "empty", matrix: [], dimension: 0, code: .shape),
    Refused(testDescription: "negative dimension", matrix: [1], dimension: -1, code: .shape),
    Refused(testDescription: "overflow", matrix: [1], dimension: .max, code: .shape),
    Refused(testDescription: "too few", matrix: [1, 2, 3], dimension: 2, code: .shape),
    Refused(testDescription: "NaN", matrix: [1, .nan, .nan, 1], dimension: 2, code: .notFinite),
    Refused(testDescription: "infinite", matrix: [.infinity], dimension: 1, code: .notFinite),
    Refused(testDescription: "not symmetric", matrix: [1, 2, 3, 4], dimension: 2, code: .notSymmetric),
  ])
  func refuses(_ example: Refused) {
    let error = #expect(throws: LinearAlgebraError.self) {
      try SymmetricEigendecomposition(matrix: example.matrix, dimension: example.dimension)
    }
    #expect(error?.code == example.code)
  }

  @Test func saysWhereTheNaNIs() {
    let error = #expect(throws: LinearAlgebraError.self) {
      try SymmetricEigendecomposition(matrix: [1, 0, .nan, 1], dimension: 2)
    }
    #expect(error?.description == "element (1, 0) is nan")
  }
}
