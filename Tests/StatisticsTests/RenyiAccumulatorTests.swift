import Statistics
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct RenyiAccumulatorTests {
  @Test(arguments: [-1, 0, 0.5, 0.9, 2, 5])
  func isTheDefinition(_ alpha: Double) {
    let logWeights = Stream(5).normals(1000, mean: -90, scale: 1.5)
    let terms = logWeights.map { exp((1 - alpha) * ($0 + 90)) }
    let expected = -90 + log(TwoPass.sum(terms) / 1000) / (1 - alpha)
    var merged = RenyiAccumulator(alpha: alpha)
    for piece in pieces(logWeights, lengths: [13, 400]) {
      var part = RenyiAccumulator(alpha: alpha)
      part.add(piece.span)
      merged.merge(part)
    }
    #expect(agree(merged.value, expected, to: 1e-12))
    #expect(merged.count == 1000)
  }

  @Test func endsAtTheKnownBounds() {
    let logWeights = Stream(6).normals(500, scale: 2)
    var moments = LogWeightMoments()
    var (zero, one) = (RenyiAccumulator(alpha: 0), RenyiAccumulator(alpha: 1))
    for logWeight in logWeights {
      moments.add(logWeight)
      zero.add(logWeight)
      one.add(logWeight)
    }
    #expect(zero.value == moments.logMeanWeight)
    #expect(one.value == moments.meanLogWeight)
  }

  static let edgeCases: [(alpha: Double, logWeights: [Double], expected: Double)] = [
    (0, [-.infinity, 0], -0.6931471805599453), (1, [-.infinity, 0], -Double.infinity),
    (2, [-.infinity, 0], -.infinity), (0, [.infinity, 0], .infinity), (1, [.infinity, 0], .infinity),
    (2, [.infinity, 0], 0.6931471805599453), (0.5, [.nan, 0], .nan), (1, [.nan, 0], .nan), (2, [], .nan),
    (1, [], .nan),
  ]

  @Test(arguments: edgeCases)
  func edges(_ alpha: Double, _ logWeights: [Double], _ expected: Double) {
    var accumulator = RenyiAccumulator(alpha: alpha)
    logWeights.forEach { accumulator.add($0) }
    #expect(agree(accumulator.value, expected, to: 1e-15))
  }
}
