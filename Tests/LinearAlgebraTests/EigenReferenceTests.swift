import LinearAlgebra
import Testing

/// A matrix made of integers by the formula of Reference/eigenvalues.py, and what NumPy finds for it.
struct EigenReference: Sendable, CustomTestStringConvertible {
  let dimension: Int
  let rank: Int
  let seed: Int
  let eigenvalues: [Double]
  let leading: [Double]

  var testDescription: String { "\(dimension) × \(dimension) of rank \(min(rank, dimension))" }

  var matrix: [Double] {
    var state = seed
    let factor = (0..<rank * dimension).map { _ in
      state = (state * 1_103_515_245 + 12345) % (1 << 31)
      return Double((state >> 16) % 17 - 8)
    }
    return (0..<dimension * dimension).map { element in
      let (row, column) = (element / dimension, element % dimension)
      return (0..<rank).reduce(0) { $0 + factor[$1 * dimension + row] * factor[$1 * dimension + column] } / Double(rank)
    }
  }
}

@Suite struct EigenReferenceTests {
  /// Both solvers are backward stable: eigenvalues differ by some roundings of the largest, and the leading eigenvector by
  /// those over its gap, which is above a tenth of the largest in all of these.
  @Test(arguments: eigenReference)
  func agreesWithNumPy(_ reference: EigenReference) throws {
    let found = try SymmetricEigendecomposition(matrix: reference.matrix, dimension: reference.dimension)
    let scale = reference.eigenvalues[0]
    for (value, expected) in zip(found.eigenvalues, reference.eigenvalues) {
      #expect(abs(value - expected) < 1e-13 * scale)
    }
    for (component, expected) in zip(found.eigenvector(0), reference.leading) {
      #expect(abs(component - expected) < 1e-12)
    }
  }

  @Test(arguments: eigenReference)
  func principalComponentsAgreeWithNumPy(_ reference: EigenReference) throws {
    let found = try PrincipalComponents(
      covariance: reference.matrix, dimension: reference.dimension, exampleCount: 100)
    let sum = reference.eigenvalues.reduce(0, +)
    let squares = reference.eigenvalues.reduce(0) { $0 + $1 * $1 }
    #expect(abs(found.trace - sum) < 1e-13 * sum * 20)
    #expect(abs(found.participationRatio - sum * sum / squares) < 1e-11)
    #expect(found.rank == min(reference.rank, reference.dimension))
    #expect(found.eigenvalues.min().map { $0 >= 0 } == true)
    #expect(abs((found.cumulativeShares.last ?? 0) - 1) < 1e-14)
  }
}
