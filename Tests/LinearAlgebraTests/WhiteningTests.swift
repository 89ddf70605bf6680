import LinearAlgebra
import Testing

@Suite struct WhiteningTests {
  /// A curvature with these eigenvalues, turned by a rotation of every pair of axes.
  private func matrix(_ eigenvalues: [Double]) -> [Double] {
    let size = eigenvalues.count
    var vectors = (0..<size).map { row in (0..<size).map { row == $0 ? 1.0 : 0 } }
    for row in 1..<max(2, size) where row < size {
      let (cosine, sine) = (0.6, 0.8)
      for column in 0..<size {
        let (a, b) = (vectors[row - 1][column], vectors[row][column])
        vectors[row - 1][column] = cosine * a - sine * b
        vectors[row][column] = sine * a + cosine * b
      }
    }
    return (0..<size * size).map { index in
      (0..<size).reduce(0) { $0 + vectors[$1][index / size] * eigenvalues[$1] * vectors[$1][index % size] }
    }
  }

  private func product(_ a: [Double], _ b: [Double], _ size: Int) -> [Double] {
    (0..<size * size).map { i in (0..<size).reduce(0) { $0 + a[i / size * size + $1] * b[$1 * size + i % size] } }
  }

  /// Aᵀ H A = I and A A⁻¹ = I, by Cholesky's factor and by eigenvectors alike.
  @Test(arguments: [[3.0], [1, 2, 4], [0.6, 9, 100, 2500, 3], [0.2, -5, 8], [0.5, 0.5]])
  func whitens(eigenvalues: [Double]) throws {
    let size = eigenvalues.count
    let found = try Whitening(of: matrix(eigenvalues), dimension: size, floor: 0.5)
    #expect(found.raised == eigenvalues.count { $0 < 0.5 })
    let raised = matrix(eigenvalues.map { max($0, 0.5) })
    let transposed = (0..<size * size).map { found.matrix[$0 % size * size + $0 / size] }
    let one = product(product(transposed, raised, size), found.matrix, size)
    let other = product(found.matrix, found.inverse, size)
    for index in 0..<size * size {
      let expected = index % (size + 1) == 0 ? 1.0 : 0
      #expect(abs(one[index] - expected) < 1e-10 && abs(other[index] - expected) < 1e-10)
    }
    // |det A| = Π λ^−½.
    let determinant = eigenvalues.map { max($0, 0.5) }.reduce(1, *)
    #expect(abs(exponential(-2 * found.logDeterminant) / determinant - 1) < 1e-10)
  }

  @Test func notFinite() {
    #expect(throws: LinearAlgebraError.self) { try Whitening(of: [.nan], dimension: 1, floor: 0.5) }
    #expect(throws: LinearAlgebraError.self) { try Whitening(of: [], dimension: 0, floor: 0.5) }
  }

  /// The series, for the test needs no library.
  private func exponential(_ x: Double) -> Double {
    let part = x / 1024
    var (term, sum) = (1.0, 1.0)
    for n in 1..<20 {
      term *= part / Double(n)
      sum += term
    }
    return (0..<10).reduce(sum) { value, _ in value * value }
  }
}
