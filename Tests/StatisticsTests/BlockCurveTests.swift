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
    curve.removeAll()
    #expect(curve.curve.isEmpty)
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
