import Statistics
import Testing

@Suite struct ParetoTailTests {
  @Test func thereAreAHundredSets() {
    #expect(paretoReference.count == 100)
  }

  @Test(arguments: paretoReference)
  func equalsArviZ(_ set: WeightSet) throws {
    var tail = ParetoTail(samples: set.draws)
    tail.add(set.logWeights.span)
    guard let expected = set.expected else {
      #expect(tail.shape() == nil)
      #expect(tail.fit().reason == (set.draws > 20 ? .tooFewAboveCutoff : .tooFewDraws))
      return
    }
    let shape = try #require(tail.shape())
    // The 10⁻⁶ that is asked for; what differs is the order of sums, and for stretched sets the size of k̂.
    #expect(agree(shape, expected, to: 1e-6))
    #expect(abs(shape - expected) < 1e-6)
  }

  @Test func orderAndMergingDoNotChangeABit() {
    let logWeights = Stream(11).normals(2000, scale: 3)
    var (forwards, backwards, merged) = (
      ParetoTail(samples: 2000), ParetoTail(samples: 2000), ParetoTail(samples: 2000)
    )
    logWeights.forEach { forwards.add($0) }
    logWeights.reversed().forEach { backwards.add($0) }
    for piece in pieces(logWeights, lengths: [700, 5, 90]).reversed() {
      var part = ParetoTail(samples: 2000)
      part.add(piece.span)
      merged.merge(part)
    }
    #expect(forwards.shape() != nil)
    #expect(forwards.shape() == backwards.shape())
    #expect(forwards.shape() == merged.shape())
    #expect(merged.count == 2000)
  }

  @Test func fewerDrawsThanPlannedAreFittedAsTheyAre() {
    let logWeights = Stream(12).normals(400, scale: 2)
    var (planned, short) = (ParetoTail(samples: 5000), ParetoTail(samples: 400))
    planned.add(logWeights.span)
    short.add(logWeights.span)
    #expect(planned.shape() == short.shape())
  }

  struct Undefined: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let logWeights: [Double]
    let reason: ParetoFit.Reason
  }

  private static let body = Stream(14).normals(80, mean: -10)

  @Test(arguments: [
    Undefined(testDescription: "no draws", logWeights: [], reason: .tooFewDraws),
    Undefined(testDescription: "one draw", logWeights: [1], reason: .tooFewDraws),
    Undefined(testDescription: "five draws", logWeights: [1, 2, 3, 4, 5], reason: .tooFewDraws),
    Undefined(testDescription: "all zero", logWeights: [Double](repeating: -.infinity, count: 100), reason: .allZero),
    Undefined(
      testDescription: "one not zero", logWeights: [Double](repeating: -.infinity, count: 99) + [0],
      reason: .tooFewAboveCutoff),
    Undefined(testDescription: "all equal", logWeights: [Double](repeating: -87, count: 100), reason: .constantTail),
    Undefined(
      testDescription: "equal but for rounding", logWeights: Stream(15).normals(1000, mean: -100, scale: 2e-14),
      reason: .constantTail),
    Undefined(
      testDescription: "tail equal", logWeights: body + [Double](repeating: 0, count: 40), reason: .constantTail),
    Undefined(
      testDescription: "tail equal above cutoff", logWeights: body + [Double](repeating: 0, count: 20),
      reason: .constantTail),
    Undefined(testDescription: "NaN", logWeights: body + [.nan], reason: .notFinite),
    Undefined(testDescription: "infinite", logWeights: [.infinity] + body, reason: .notFinite),
  ])
  func undefinedAndSaid(_ example: Undefined) {
    var tail = ParetoTail(samples: max(1, example.logWeights.count))
    tail.add(example.logWeights.span)
    #expect(tail.shape() == nil)
    #expect(tail.fit() == .undefined(example.reason))
  }

  @Test(arguments: [(5, 1), (20, 4), (21, 5), (225, 45), (5000, 213), (1_000_000, 3000)])
  func lengths(_ samples: Int, _ expected: Int) {
    #expect(ParetoTail.length(samples: samples) == expected)
  }

  @Test(arguments: [(1, -Double.infinity), (10, 0), (100, 0.5), (1000, 2.0 / 3), (5000, 0.7), (1_000_000, 0.7)])
  func thresholds(_ samples: Int, _ expected: Double) {
    #expect(agree(DiagnosticThresholds.paretoShape(samples: samples), expected, to: 1e-15))
  }
}
