import Statistics
import Testing

@Suite struct BlockCurveTests {
  @Test(arguments: [
    (1, [1]), (2, [1, 2]), (5, [1, 5]), (6, [1, 5, 6]), (50, [1, 5, 50]), (5000, [1, 5, 50, 500, 5000]),
    (7000, [1, 5, 50, 500, 5000, 7000]),
  ])
  func points(_ samples: Int, _ expected: [Int]) {
    #expect(BlockCurve.points(upTo: samples) == expected)
  }

  @Test(arguments: [1, 2, 4, 5, 6, 49, 50, 51, 123, 500, 1234, 5000])
  func isTheMeanOverBlocks(_ samples: Int) {
    let logWeights = Stream(7).normals(samples, mean: -1e3, scale: 3)
    var curve = BlockCurve(samples: samples)
    for piece in pieces(logWeights, lengths: [3, 128]) { curve.add(piece.span) }
    #expect(curve.curve.map(\.samples) == BlockCurve.points(upTo: samples))
    for (point, blocks) in zip(curve.curve, curve.blockCounts) {
      let starts = stride(from: 0, through: samples - point.samples, by: point.samples)
      let means = starts.map { TwoPass(Array(logWeights[$0..<$0 + point.samples])).logMean }
      #expect(blocks == means.count)
      #expect(agree(point.value, TwoPass.sum(means) / Double(means.count), to: 1e-13))
    }
  }

  @Test(arguments: [1, 5, 1234, 5000])
  func endsAreThoseOfTheMomentsToTheLastBit(_ samples: Int) {
    var (curve, moments) = (BlockCurve(samples: samples), LogWeightMoments())
    for logWeight in Stream(8).normals(samples, mean: -90, scale: 3) {
      curve.add(logWeight)
      moments.add(logWeight)
    }
    #expect(curve.curve.first?.value == moments.meanLogWeight)
    #expect(curve.curve.last?.value == moments.logMeanWeight)
  }

  @Test func incompleteBlocksAreLeftOut() {
    var curve = BlockCurve(samples: 500)
    #expect(curve.curve.isEmpty)
    for _ in 0..<57 { curve.add(1) }
    #expect(curve.curve.map(\.samples) == [1, 5, 50])
    #expect(curve.blockCounts == [57, 11, 1])
  }

  /// Where every block of the first part is complete nothing is lost: the points are means over the same blocks.
  @Test(arguments: [(5000, 500), (5000, 2500), (1234, 0), (50, 45), (4, 3)])
  func mergingAtTheEndOfABlock(_ samples: Int, _ first: Int) {
    let logWeights = Stream(9).normals(samples, mean: -300, scale: 3)
    var (whole, start, rest) = (
      BlockCurve(samples: samples), BlockCurve(samples: samples), BlockCurve(samples: samples)
    )
    for (draw, logWeight) in logWeights.enumerated() {
      whole.add(logWeight)
      if draw < first { start.add(logWeight) } else { rest.add(logWeight) }
    }
    start.merge(rest)
    #expect(start.blockCounts == whole.blockCounts)
    for (merged, expected) in zip(start.curve, whole.curve) { #expect(agree(merged.value, expected.value, to: 1e-13)) }
  }

  /// Elsewhere open blocks are joined where they fit (here 3 and 2 draws), and otherwise the shorter is left out.
  @Test(arguments: [(53, 2, [55, 11, 1]), (54, 3, [57, 10, 1]), (30, 45, [75, 15]), (25, 25, [50, 10, 1])])
  func mergingInsideABlock(_ first: Int, _ second: Int, _ blocks: [Int]) {
    var (one, other) = (BlockCurve(samples: 500), BlockCurve(samples: 500))
    for _ in 0..<first { one.add(-2) }
    for _ in 0..<second { other.add(-2) }
    one.merge(other)
    #expect(one.blockCounts == blocks)
    #expect(one.curve.allSatisfy { agree($0.value, -2, to: 1e-15) })
  }

  @Test(arguments: [-Double.infinity, .infinity, .nan])
  func nonFiniteDraws(_ value: Double) {
    var curve = BlockCurve(samples: 50)
    for draw in 0..<50 { curve.add(draw == 7 ? value : 0) }
    let values = curve.curve.map(\.value)
    // A zero weight leaves a finite mean in the blocks that hold others, and none in the block of one.
    #expect(agree(values[0], value, to: 0))
    #expect(value == -.infinity ? values[1].isFinite : agree(values[1], value, to: 0))
    #expect(value == -.infinity ? values[2].isFinite : agree(values[2], value, to: 0))
  }
}
