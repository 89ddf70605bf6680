import Statistics
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct LogWeightMomentsTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let logWeights: [Double]
  }

  static let cases: [Case] = [
    Case(testDescription: "one draw", logWeights: [-87.5]),
    Case(testDescription: "two draws", logWeights: [-87.5, -80]),
    Case(testDescription: "ordinary", logWeights: Stream(1).normals(5000, mean: -90, scale: 3)),
    Case(testDescription: "around 10⁴", logWeights: Stream(2).normals(3000, mean: 1e4, scale: 2)),
    Case(testDescription: "around −10⁴", logWeights: Stream(3).normals(3000, mean: -1e4, scale: 2)),
    Case(testDescription: "spread over 10⁴", logWeights: Stream(4).normals(2000, scale: 1e4)),
    Case(testDescription: "ascending", logWeights: (0..<2000).map { Double($0) * 0.7 - 1e3 }),
    Case(testDescription: "all equal", logWeights: [Double](repeating: -123.456, count: 777)),
  ]

  private func check(_ moments: LogWeightMoments, _ expected: TwoPass) {
    #expect(moments.count == expected.values.count)
    #expect(agree(moments.logMeanWeight, expected.logMean, to: 1e-12))
    #expect(agree(moments.meanLogWeight, expected.mean, to: 1e-12))
    #expect(agree(moments.effectiveSampleSize, expected.effectiveSampleSize, to: 1e-12))
    #expect(agree(moments.largestWeightShare, expected.largestShare, to: 1e-12))
    #expect(agree(moments.monteCarloVariance, expected.monteCarloVariance, to: 1e-12))
    #expect(agree(moments.klTargetProposal, expected.divergence, to: 1e-12))
  }

  @Test(arguments: cases)
  func streamingIsTwoPass(_ example: Case) {
    var moments = LogWeightMoments()
    example.logWeights.forEach { moments.add($0) }
    check(moments, TwoPass(example.logWeights))
  }

  @Test(arguments: cases, [[1], [1, 7, 128], [1000, 1]])
  func mergingIsTwoPass(_ example: Case, _ lengths: [Int]) {
    let parts = pieces(example.logWeights, lengths: lengths).map { piece in
      var part = LogWeightMoments()
      part.add(piece.span)
      return part
    }
    let expected = TwoPass(example.logWeights)
    var (forwards, backwards, tree) = (LogWeightMoments(), LogWeightMoments(), parts)
    for part in parts { forwards.merge(part) }
    for part in parts.reversed() { backwards.merge(part) }
    while tree.count > 1 {
      tree = stride(from: 0, to: tree.count, by: 2).map { index in
        var pair = tree[index]
        if index + 1 < tree.count { pair.merge(tree[index + 1]) }
        return pair
      }
    }
    check(forwards, expected)
    check(backwards, expected)
    check(tree[0], expected)
  }

  @Test(arguments: cases, [[1], [3, 64], [100_000]])
  func chunksDoNotChangeABit(_ example: Case, _ lengths: [Int]) {
    var (whole, chunked) = (LogWeightMoments(), LogWeightMoments())
    example.logWeights.forEach { whole.add($0) }
    for piece in pieces(example.logWeights, lengths: lengths) { chunked.add(piece.span) }
    #expect(whole == chunked)
  }

  @Test func oneDrawHasNoSpread() {
    var moments = LogWeightMoments()
    moments.add(-3)
    #expect(moments.logMeanWeight == -3)
    #expect(moments.effectiveSampleSize == 1)
    #expect(moments.largestWeightShare == 1)
    #expect(moments.monteCarloStandardError.isNaN)
    #expect(moments.klTargetProposal == 0)
    #expect(moments.isSaturated)
  }

  @Test func equalWeightsAreExact() {
    var moments = LogWeightMoments()
    for _ in 0..<1000 { moments.add(-500) }
    #expect(moments.logMeanWeight == -500)
    #expect(moments.effectiveSampleSize == 1000)
    #expect(moments.monteCarloStandardError == 0)
    #expect(moments.klTargetProposal == 0)
    #expect(!moments.isSaturated)
  }

  @Test func zeroWeightsCountAsDraws() {
    var moments = LogWeightMoments()
    let logWeights: [Double] = [-.infinity, 0, -.infinity, 0]
    logWeights.forEach { moments.add($0) }
    #expect(agree(moments.logMeanWeight, log(0.5), to: 1e-15))
    #expect(moments.meanLogWeight == -.infinity)
    #expect(moments.effectiveSampleSize == 2)
    #expect(agree(moments.klTargetProposal, log(2), to: 1e-15))
    #expect(moments.zeroCount == 2 && moments.count == 4 && moments.finiteCount == 2)
    // v = (1/2 − 1/4)·4/3
    #expect(agree(moments.monteCarloVariance, 1.0 / 3, to: 1e-15))
  }

  struct Edge: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let logWeights: [Double]
    let logMean: Double
    let mean: Double
    let effectiveSampleSize: Double
    let counts: [Int]
  }

  @Test(arguments: [
    Edge(
      testDescription: "no draws", logWeights: [], logMean: .nan, mean: .nan,
      effectiveSampleSize: .nan, counts: [0, 0, 0]),
    Edge(
      testDescription: "all zero", logWeights: [-.infinity, -.infinity], logMean: -.infinity, mean: -.infinity,
      effectiveSampleSize: 0, counts: [2, 0, 0]),
    Edge(
      testDescription: "one infinite", logWeights: [1, .infinity, 2], logMean: .infinity, mean: .infinity,
      effectiveSampleSize: .nan, counts: [0, 1, 0]),
    Edge(
      testDescription: "zero and infinite", logWeights: [-.infinity, .infinity], logMean: .infinity, mean: .nan,
      effectiveSampleSize: .nan, counts: [1, 1, 0]),
    Edge(
      testDescription: "one NaN", logWeights: [1, .nan, 2], logMean: .nan, mean: .nan,
      effectiveSampleSize: .nan, counts: [0, 0, 1]),
    Edge(
      testDescription: "NaN and infinite", logWeights: [.infinity, .nan, -.infinity], logMean: .nan, mean: .nan,
      effectiveSampleSize: .nan, counts: [1, 1, 1]),
  ])
  func edges(_ edge: Edge) {
    for cut in 0...edge.logWeights.count {
      var (moments, rest) = (LogWeightMoments(), LogWeightMoments())
      edge.logWeights[..<cut].forEach { moments.add($0) }
      edge.logWeights[cut...].forEach { rest.add($0) }
      moments.merge(rest)
      #expect(agree(moments.logMeanWeight, edge.logMean, to: 0))
      #expect(agree(moments.meanLogWeight, edge.mean, to: 0))
      #expect(agree(moments.effectiveSampleSize, edge.effectiveSampleSize, to: 0))
      #expect([moments.zeroCount, moments.infiniteCount, moments.nanCount] == edge.counts)
      #expect(moments.count == edge.logWeights.count)
      #expect(moments.monteCarloStandardError.isNaN)
      #expect(moments.klTargetProposal.isNaN)
      #expect(moments.largestWeightShare.isNaN)
      #expect(!moments.isSaturated)
    }
  }

  /// The difference of the two is −∞, the first's weight underflows, and 0 · (−∞) must not become NaN.
  @Test(arguments: [[-1.7e308, 1.7e308], [1.7e308, -1.7e308]])
  func extremesOfRange(_ logWeights: [Double]) {
    var moments = LogWeightMoments()
    logWeights.forEach { moments.add($0) }
    #expect(moments.logMeanWeight == 1.7e308)
    #expect(moments.effectiveSampleSize == 1)
    #expect(agree(moments.klTargetProposal, log(2), to: 1e-15))
  }

  /// Normal log-weights of variance σ²: KL(p‖q) is σ²/2, log p(x) = μ + σ²/2, and v = (e^{σ²} − 1)/k.
  @Test func logNormalWeights() {
    var moments = LogWeightMoments()
    let draws = 20_000
    Stream(9).normals(draws, mean: -90, scale: 0.8).forEach { moments.add($0) }
    // Five standard errors: sd(w)/mean(w) = 0.95.
    let tolerance = 5 * 0.95 / Double(draws).squareRoot()
    #expect(abs(moments.logMeanWeight - (-90 + 0.32)) < tolerance)
    #expect(abs(moments.klTargetProposal - 0.32) < 2 * tolerance)
    #expect(abs(moments.monteCarloVariance * Double(draws) / (exp(0.64) - 1) - 1) < 0.15)
    #expect(!moments.isSaturated)
  }

  @Test func dominatedWeightsAreSaturated() {
    var moments = LogWeightMoments()
    for draw in 0..<5000 { moments.add(draw == 17 ? 30 : 0) }
    #expect(moments.isSaturated)
    #expect(agree(moments.klTargetProposal, log(5000), to: 1e-6))
    #expect(moments.largestWeightShare > DiagnosticThresholds.largestWeightShareHigh)
  }
}
