import Statistics
import Testing

@Suite struct QuantileSketchTests {
  /// Quantiles of 0 … n − 1 in several orders.
  static let smallCases: [(values: [Double], probability: Double, expected: Double)] = [
    ([1.0, 2, 3, 4], 0.5, 2.5), ([4.0, 1, 3, 2], 0.25, 1.75), ([7.0], 0.3, 7), ([1.0, 2], 0, 1), ([1.0, 2], 1, 2),
    ([-.infinity, 0, 1], 0.5, 0), ([-.infinity, 0, 1], 0.1, -.infinity), ([.infinity, 1], 0.9, .infinity),
    ([-.infinity, -.infinity], 0.3, -.infinity), ([], 0.5, .nan), ([1, .nan], 0.5, .nan),
  ]

  @Test(arguments: smallCases)
  func small(_ values: [Double], _ probability: Double, _ expected: Double) {
    var sketch = QuantileSketch()
    values.forEach { sketch.add($0) }
    #expect(agree(sketch.quantile(probability), expected, to: 1e-15))
    #expect(sketch.isExact)
    #expect(sketch.count == values.count)
  }

  @Test func exactUpToItsCapacity() {
    var sketch = QuantileSketch()
    let count = QuantileSketch.exactCapacity
    // 40,503 is odd, so its multiples modulo 65,536 are all different.
    for index in 0..<count { sketch.add(Double(index &* 40_503 % count)) }
    #expect(sketch.isExact)
    #expect(sketch.median == Double(count - 1) / 2)
    #expect(sketch.quantile(0.05) == 0.05 * Double(count - 1))
  }

  enum Order: CaseIterable, Sendable {
    case ascending, descending, scattered, sawtooth
  }

  /// The rank error that the type's documentation promises, for sketches of everything and for those merged of parts.
  @Test(arguments: Order.allCases, [1, 7])
  func rankErrorIsBounded(_ order: Order, parts: Int) {
    let count = 400_000
    var sketches = Array(repeating: QuantileSketch(), count: parts)
    func add(_ value: Double, _ index: Int) { sketches[index * parts / count].add(value) }
    for index in 0..<count {
      switch order {
      case .ascending: add(Double(index), index)
      case .descending: add(Double(count - 1 - index), index)
      // 3 · 12,347 is coprime to 400,000.
      case .scattered: add(Double(index &* 12_347 % count), index)
      case .sawtooth: add(Double(index % 1000 * 400 + index / 1000), index)
      }
    }
    let sketch = sketches.dropFirst().reduce(into: sketches[0]) { $0.merge($1) }
    #expect(!sketch.isExact && sketch.count == count)
    #expect(sketch.minimum == 0 && sketch.maximum == Double(count - 1))
    let probabilities = [0, 0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.999, 1]
    for (probability, value) in zip(probabilities, sketch.quantiles(probabilities)) {
      let error = abs(value - probability * Double(count - 1)) / Double(count)
      #expect(error < 0.001)
    }
  }

  @Test(arguments: [[0, 10], [3, 3, 4], [10, 0], [65_536], [60_000, 5_536]])
  func mergedSketchesAreExactWhileThereIsRoom(_ lengths: [Int]) {
    var (whole, merged, index) = (QuantileSketch(), QuantileSketch(), 0)
    for length in lengths {
      var part = QuantileSketch()
      for _ in 0..<length {
        let value = Stream(3).normal(index)
        part.add(value)
        whole.add(value)
        index += 1
      }
      merged.merge(part)
    }
    let probabilities = [0, 0.05, 0.5, 0.9, 1]
    #expect(merged.isExact && merged.count == whole.count)
    #expect(merged.quantiles(probabilities) == whole.quantiles(probabilities))
  }

  @Test func nanIsCounted() {
    var sketch = QuantileSketch()
    [1, .nan, 2].forEach { sketch.add($0) }
    #expect(sketch.nanCount == 1 && sketch.count == 3)
    #expect(sketch.median.isNaN && sketch.minimum.isNaN && sketch.maximum.isNaN)
  }
}
