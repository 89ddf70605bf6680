import LinearAlgebra
import Testing

@Suite struct PrincipalComponentsTests {
  private func diagonal(_ values: [Double]) -> [Double] {
    var matrix = [Double](repeating: 0, count: values.count * values.count)
    for (index, value) in values.enumerated() { matrix[index * (values.count + 1)] = value }
    return matrix
  }

  @Test func sharesOfADiagonal() throws {
    let found = try PrincipalComponents(covariance: diagonal([1, 2, 5]), dimension: 3, exampleCount: 10)
    #expect(found.eigenvalues == [5, 2, 1])
    #expect(found.trace == 8)
    #expect(found.cumulativeShares == [0.625, 0.875, 1])
    #expect(abs(found.participationRatio - 64.0 / 30) < 1e-15)
    #expect(found.rank == 3)
    #expect(!found.isLimitedByExamples)
  }

  @Test func activeMeansAboveNotAt() throws {
    let found = try PrincipalComponents(covariance: diagonal([0.01, 0.0101, 1]), dimension: 3, exampleCount: 10)
    #expect(found.activeCount(threshold: 0.01) == 2)
  }

  @Test func noVariance() throws {
    let found = try PrincipalComponents(covariance: diagonal([0, 0, 0]), dimension: 3, exampleCount: 10)
    #expect(found.eigenvalues == [0, 0, 0])
    #expect(found.participationRatio == 0)
    #expect(found.cumulativeShares == [0, 0, 0])
    #expect(found.activeCount(threshold: 0.01) == 0)
    #expect(found.rank == 0)
  }

  /// D equal eigenvalues have the ratio D; so have those of a covariance near the ends of the range of Double.
  @Test(arguments: [1, 1e300, 1e-300])
  func participationOfEqualVariances(_ scale: Double) throws {
    let found = try PrincipalComponents(
      covariance: diagonal([Double](repeating: scale, count: 7)), dimension: 7, exampleCount: 10)
    #expect(abs(found.participationRatio - 7) < 1e-14)
  }

  /// (1, 1, 1)(1, 1, 1)ᵀ has the eigenvalues 3, 0, 0; what comes out below zero is rounding.
  @Test func negativeRoundingIsZero() throws {
    let covariance = diagonal([3, 0, -1e-15])
    let found = try PrincipalComponents(covariance: covariance, dimension: 3, exampleCount: 2)
    #expect(found.eigenvalues == [3, 0, 0])
    #expect(found.rank == 1)
    #expect(found.isLimitedByExamples)
  }

  @Test(arguments: [
    (3, false), (4, false), (5, true),
  ])
  func limitedByExamples(_ dimension: Int, _ limited: Bool) throws {
    let found = try PrincipalComponents(
      covariance: diagonal([Double](repeating: 1, count: dimension)), dimension: dimension, exampleCount: 5)
    #expect(found.isLimitedByExamples == limited)
  }

  @Test func refuses() {
    let single = #expect(throws: LinearAlgebraError.self) {
      try PrincipalComponents(covariance: [1], dimension: 1, exampleCount: 1)
    }
    #expect(single?.code == .tooFewExamples)
    let negative = #expect(throws: LinearAlgebraError.self) {
      try PrincipalComponents(covariance: [1, 2, 2, 1], dimension: 2, exampleCount: 9)
    }
    #expect(negative?.code == .notPositiveSemidefinite)
    let notFinite = #expect(throws: LinearAlgebraError.self) {
      try PrincipalComponents(covariance: [.nan], dimension: 1, exampleCount: 9)
    }
    #expect(notFinite?.code == .notFinite)
  }

  /// The symmetric part of the covariance of two noisy measurements keeps its negative eigenvalues: they are the noise.
  @Test func noiseStaysVisible() throws {
    let found = try PrincipalComponents(
      covariance: diagonal([2, -0.25, 0.125]), dimension: 3, exampleCount: 9, isNoisy: true)
    #expect(found.eigenvalues == [2, 0.125, -0.25] && found.trace == 1.875)
    #expect(found.floor == 0.25 && found.rank == 1)
    #expect(found.cumulativeShares == [2 / 2.125, 1, 1])
  }

  @Test func sharesAndCoordinates() throws {
    let found = try PrincipalComponents(covariance: diagonal([1, 4]), dimension: 2, exampleCount: 9)
    #expect(found.share(ofFirst: 1, along: [1]) == 1 && found.share(ofFirst: 1, along: [0]) == 0)
    #expect(found.share(ofFirst: 0, along: [1]).isNaN)
    #expect(found.coordinate(of: [3, 5], along: 0, from: [1, 1]) == 4)
    #expect(found.coordinate(of: [3, 5], along: 2, from: [1, 1]) == 0)
  }

  /// A rotation by 45° leaves the spectrum, and the participation ratio, as they were.
  @Test func rotationLeavesTheSpectrum() throws {
    let (large, small) = (2.0, 0.001)
    let (sum, difference) = ((large + small) / 2, (large - small) / 2)
    let found = try PrincipalComponents(
      covariance: [sum, difference, difference, sum], dimension: 2, exampleCount: 100)
    #expect(abs(found.eigenvalues[0] - large) < 1e-15 && abs(found.eigenvalues[1] - small) < 1e-15)
    // Both units are active; one direction is.
    #expect(found.activeCount(threshold: 0.01) == 1)
  }
}
