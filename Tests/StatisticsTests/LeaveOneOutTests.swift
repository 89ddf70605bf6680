import Statistics
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct LeaveOneOutTests {
  private func total(_ logWeights: [Double]) -> LogWeightMoments {
    var moments = LogWeightMoments()
    logWeights.forEach { moments.add($0) }
    return moments
  }

  private func jackknife(_ logWeights: [Double]) -> Double {
    var accumulator = LeaveOneOut(total: total(logWeights))
    accumulator.add(logWeights.span)
    return accumulator.jackknife
  }

  /// The definition, with each draw left out in turn.
  private func byDefinition(_ logWeights: [Double]) -> Double {
    let draws = Double(logWeights.count)
    let means = logWeights.indices.map { left in
      var rest = LogSumExp()
      for (index, value) in logWeights.enumerated() where index != left { rest.add(value) }
      return rest.logMean
    }
    return draws * total(logWeights).logMeanWeight - (draws - 1) * TwoPass.sum(means) / draws
  }

  static let sets: [[Double]] = [
    Stream(1).normals(300, mean: -90, scale: 2),
    Stream(2).normals(300, mean: 1e4, scale: 1),
    [0, 1],
    [5, 5, 5],
    [3, 3, -.infinity],
    // One draw holds all but e^{−60} of the weight, and all but e^{−900}.
    [0, -60, -61], [0, -900, -901, -905],
  ]

  @Test(arguments: sets)
  func isTheDefinition(_ logWeights: [Double]) {
    // The definition multiplies rounding of L by k.
    let rounding = 1e-15 * Double(logWeights.count) * 10
    #expect(agree(jackknife(logWeights), byDefinition(logWeights), to: max(1e-12, rounding)))
  }

  @Test func mergesInAnyOrder() {
    let logWeights = Stream(3).normals(1000, scale: 2)
    let total = total(logWeights)
    var merged = LeaveOneOut(total: total)
    for piece in pieces(logWeights, lengths: [17, 100]).reversed() {
      var part = LeaveOneOut(total: total)
      part.add(piece.span)
      merged.merge(part)
    }
    #expect(agree(merged.jackknife, jackknife(logWeights), to: 1e-12))
  }

  static let edgeCases: [(logWeights: [Double], expected: Double)] = [
    ([], Double.nan), ([1], .nan), ([-.infinity, -.infinity], -.infinity), ([2, -.infinity], .infinity),
    ([1, .nan], .nan), ([1, .infinity], .nan),
  ]

  @Test(arguments: edgeCases)
  func edges(_ logWeights: [Double], _ expected: Double) {
    #expect(agree(jackknife(logWeights), expected, to: 0))
  }

  @Test func anIncompleteSecondPassIsNotANumber() {
    var accumulator = LeaveOneOut(total: total([1, 2, 3]))
    accumulator.add(1)
    #expect(accumulator.jackknife.isNaN)
  }

  /// Over many small sets the jackknife's bias is smaller than that of L_k: log p(x) = σ²/2 here.
  @Test func removesBias() {
    var (plain, corrected) = (RunningMoments(), RunningMoments())
    for set in 0..<2000 {
      let logWeights = Stream(1000 + set).normals(20, scale: 0.7)
      plain.add(total(logWeights).logMeanWeight)
      corrected.add(jackknife(logWeights))
    }
    #expect(abs(corrected.mean - 0.245) < 4 * corrected.standardError)
    #expect(plain.mean < 0.245 - 4 * plain.standardError)
  }
}
