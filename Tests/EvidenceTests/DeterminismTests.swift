import Evidence
import EvidenceTesting
import Models
import Networks
import Testing

/// The same bits whatever the threads, the range, the block and the chunk.
@Suite struct DeterminismTests {
  static let exact = LinearGaussian(sizes: [9, 4, 2])

  static func measurements(_ options: Evaluation, samples: Int = 130, binarize: Binarization = .none) throws
    -> [LogLikelihoodMeasurement]
  {
    let model = try NetworkModel(exact.description(widening: 1.4))
    let examples = exact.sample(40)
    var values = examples.flatMap { $0 }
    if binarize != .none { values = values.map { 1 / (1 + $0 * $0) } }
    let data = Dataset(values, count: 40, preprocessing: Preprocessing(binarize: binarize))
    var result: [LogLikelihoodMeasurement] = []
    _ = try options.run(ImportanceSampling(samples: samples), under: model, on: data) { result.append($1) }
    return result
  }

  @Test(arguments: Binarization.allCases) func threadsBlocksAndRanges(_ binarize: Binarization) throws {
    let reference = try Self.measurements(Evaluation(threads: 1, blockSize: 64), binarize: binarize)
    #expect(reference.map(\.index) == Array(0..<40))
    for options in [
      Evaluation(threads: 2), Evaluation(threads: 1, blockSize: 1), Evaluation(threads: 4, blockSize: 3),
      Evaluation(threads: 2, blockSize: 17),
    ] {
      #expect(try Self.measurements(options, binarize: binarize) == reference)
    }
    #expect(
      try Self.measurements(Evaluation(examples: 11..<23), binarize: binarize) == Array(reference[11..<23]))
  }

  @Test func fewerSamplesAreAPrefix() throws {
    // The curve's L_50 averages disjoint blocks of 50 draws; the first block is what k = 50 alone gives.
    let long = try Self.measurements(Evaluation(), samples: 100)
    let short = try Self.measurements(Evaluation(), samples: 50)
    #expect(zip(long, short).allSatisfy { $0.logLikelihood != $1.logLikelihood })
    #expect(long[0].curve.count == 4 && short[0].curve.count == 3)
  }

  /// A draw's number is one word of the generator's counter: the draw after the last would be the first again.
  @Test func noDrawIsRepeated() throws {
    let model = try NetworkModel(Self.exact.description())
    var scratch = model.makeScratch(examples: 1)
    try model.encode(try Dataset(Self.exact.sample(1)[0], count: 1).batch(0..<1), scratch: &scratch)
    let example = Example(index: 0, position: 0, seed: 0)
    let result = UnsafeMutableBufferPointer<Double>.allocate(capacity: 16)
    defer { result.deallocate() }
    try model.logWeights(of: example, draws: (1 << 32) - 2..<1 << 32, scratch: &scratch, into: result)
    let error = #expect(throws: EvidenceError.self) {
      try model.logWeights(of: example, draws: (1 << 32) - 1..<(1 << 32) + 1, scratch: &scratch, into: result)
    }
    #expect(error?.code == .invalidSetting)
  }

  @Test func binarizationKeepsItsSeed() throws {
    let model = try NetworkModel(Self.exact.description())
    let grey = Dataset(
      Array(repeating: 0.5, count: 90), count: 10, preprocessing: Preprocessing(binarize: .bernoulli))
    #expect(try grey.batch(3..<5, seed: 4).values == Array(try grey.batch(0..<10, seed: 4).values[27..<45]))
    #expect(try grey.batch(0..<10, seed: 4).values != grey.batch(0..<10, seed: 5).values)
    let mean = try grey.batch(0..<10, seed: 4).values.reduce(0, +) / 90
    #expect(abs(mean - 0.5) < 4 * 0.5 / Float(90).squareRoot())
    #expect(model.inputCount == 9)
  }
}
