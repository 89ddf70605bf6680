import Statistics
import Testing

@Suite struct RunningCrossCovarianceTests {
  @Test(arguments: [0, 1e4])
  func isTwoPassHoweverMerged(_ shift: Double) {
    let first = RunningCovarianceTests.vectors(300, dimension: 3, shift: shift)
    let second = first.enumerated().map { index, vector in vector.map { $0 + Stream(40).normal(index) } }
    var (whole, merged) = (RunningCrossCovariance(dimension: 3), RunningCrossCovariance(dimension: 3))
    for start in stride(from: 200, through: 0, by: -100) {
      var part = RunningCrossCovariance(dimension: 3)
      for index in start..<start + 100 { part.add(first[index], second[index]) }
      merged.merge(part)
    }
    for (first, second) in zip(first, second) { whole.add(first, second) }
    let joint = RunningCovarianceTests.twoPass(zip(first, second).map { $0 + $1 })
    for unit in 0..<3 {
      #expect(agree(whole.covariances[unit], joint[unit * 6 + unit + 3], to: 1e-12 + shift * 1e-15))
      #expect(agree(merged.covariances[unit], joint[unit * 6 + unit + 3], to: 1e-12 + shift * 1e-15))
    }
    #expect(merged.count == 300)
  }

  /// One draw's noise of variance 4 inflates the variance of 1, but not the covariance of two draws.
  @Test func freeOfIndependentNoise() {
    var (cross, single) = (RunningCrossCovariance(dimension: 1), RunningMoments())
    for example in 0..<20_000 {
      let signal = Stream(41).normal(example)
      let (first, second) = (signal + 2 * Stream(42).normal(example), signal + 2 * Stream(43).normal(example))
      cross.add([first], [second])
      single.add(first)
    }
    // Five standard errors: of the product of two variables of variance 5 and covariance 1, √26/√n = 0.036.
    #expect(abs(cross.covariances[0] - 1) < 0.18)
    #expect(abs(single.variance - 5) < 0.25)
  }

  @Test func nonFinitePairsAreCounted() {
    var cross = RunningCrossCovariance(dimension: 1)
    #expect(cross.covariances[0].isNaN)
    let pairs: [[Double]] = [[1, 2], [.nan, 1], [3, 6], [1, -.infinity]]
    for pair in pairs { cross.add([pair[0]], [pair[1]]) }
    #expect(cross.count == 2 && cross.nonFiniteCount == 2)
    #expect(cross.covariances == [2])
    #expect(cross.mean == [3])
  }
}
