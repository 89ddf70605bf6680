import Statistics
import Testing

@Suite struct RunningMomentsTests {
  /// Of 1 … n the mean is (n + 1)/2 and the population variance (n² − 1)/12; a shift changes neither the spread nor,
  /// beyond its own size, the precision.
  @Test(arguments: [0, 1e4, -1e8])
  func consecutiveIntegers(_ shift: Double) {
    var moments = RunningMoments()
    for value in 1...1000 { moments.add(shift + Double(value)) }
    #expect(agree(moments.mean, shift + 500.5, to: 1e-14))
    #expect(agree(moments.populationVariance, 999_999.0 / 12, to: 1e-12))
    #expect(agree(moments.variance, 999_999.0 / 12 * 1000 / 999, to: 1e-12))
    #expect(agree(moments.standardError, (moments.variance / 1000).squareRoot(), to: 1e-15))
  }

  static let edgeCases: [(values: [Double], mean: Double, variance: Double)] = [
    ([], Double.nan, Double.nan),
    ([5], 5, .nan),
    ([5, 5], 5, 0),
    ([-.infinity, 1, 2], -.infinity, .nan),
    ([.infinity, 1], .infinity, .nan),
    ([.infinity, -.infinity], .nan, .nan),
    ([.nan, 1, 2], .nan, .nan),
  ]

  @Test(arguments: edgeCases)
  func edges(_ values: [Double], _ mean: Double, _ variance: Double) {
    for cut in 0...values.count {
      var moments = RunningMoments()
      var rest = RunningMoments()
      values[..<cut].forEach { moments.add($0) }
      values[cut...].forEach { rest.add($0) }
      moments.merge(rest)
      #expect(agree(moments.mean, mean, to: 0))
      #expect(agree(moments.variance, variance, to: 0))
      #expect(moments.count == values.count)
      #expect(moments.nonFiniteCount == values.filter { !$0.isFinite }.count)
    }
  }
}
