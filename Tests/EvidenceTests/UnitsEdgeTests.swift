import EvidenceTesting
import Foundation
import LinearAlgebra
import Models
import Networks
import Testing

@testable import Evidence

/// Collapse, few examples, one unit and many, broken means; order, threads and memory.
@Suite struct UnitsEdgeTests {
  static func summary(_ model: OrthogonalModel, _ count: Int) throws -> LayerUnits {
    let network = try NetworkModel(model.description())
    let data = model.sample(count)
    return try ActiveUnits().probing(network, on: data).estimate(network, on: data).layers[0]
  }

  @Test func collapsedModel() throws {
    let layer = try Self.summary(OrthogonalModel(elements: 4, strengths: [0, 0, 0]), 40)
    #expect(layer.activeUnits.isEmpty && layer.undecidedUnits.isEmpty && layer.activeDirections == 0)
    #expect(layer.variances == [0, 0, 0] && layer.standardErrors == [0, 0, 0])
    #expect(layer.collapsedUnits == [0, 1, 2] && layer.collapseShares == [1, 1, 1])
    #expect(layer.directions.participationRatio == 0 && layer.directions.cumulativeShares == [0, 0, 0])
    #expect(layer.agreement.verdict == .collapsed && layer.directions.rank == 0)
    let information = try #require(layer.information)
    // The same normal for every example.
    #expect(abs(information.mutualInformation) < 1e-12 && abs(information.upperEstimate) < 1e-12)
    #expect(abs(layer.divergence) < 1e-12)
  }

  @Test func oneExampleIsAnError() throws {
    let error = #expect(throws: EvidenceError.self) {
      try Self.summary(OrthogonalModel(elements: 4, strengths: [1]), 1)
    }
    #expect(error?.description.contains("two or more") == true)
  }

  @Test func oneUnit() throws {
    let layer = try Self.summary(OrthogonalModel(elements: 3, strengths: [1]), 30)
    #expect(layer.directions.eigenvalues == layer.variances && layer.directions.eigenvectors == [1])
    #expect(layer.directions.participationRatio == 1 && layer.scatter.allSatisfy { $0.second == 0 })
    #expect(layer.scatter.count == 30)
  }

  @Test func manyUnitsAndFewExamples() throws {
    let rows = identity(512).map { $0.map { $0 * 0.5 } }
    let zeros = Array(repeating: 0.0, count: 512)
    let mean = Stack([Layer(.dense(dense(rows, zeros)))])
    let description = ModelDescription(
      input: .init(shape: [512]),
      encoders: [
        Conditional(.normal, given: [0], parameters: [.mean: .stack(mean), .scale: .constant(Tensor([0.5]))])
      ],
      decoders: [
        Conditional(.normal, given: [1], parameters: [.mean: .stack(mean), .scale: .constant(Tensor([1]))])
      ])
    let values = (0..<5 * 512).map { Float(CounterRandom.normal(8, UInt64($0))) }
    let layer = try ActiveUnits().estimate(NetworkModel(description), on: Dataset(values, count: 5)).layers[0]
    #expect(layer.units == 512 && layer.directions.isLimitedByExamples)
    #expect(layer.directions.rank == 4 && layer.activeDirections == 4)
    #expect(layer.agreement.verdict == .tooFewExamples)
    #expect(abs(layer.directions.eigenvalues.reduce(0, +) - layer.directions.trace) < 1e-10 * layer.directions.trace)
  }

  @Test func meansThatAreNotFiniteAreCounted() throws {
    let model = OrthogonalModel(elements: 3, strengths: [1, 0.5])
    var description = model.description()
    let huge = Stack([Layer(.dense(dense([[1e30, 0, 0], [0, 1, 0]], [0, 0])))])
    description.encoders[0].parameters[.mean] = .stack(huge)
    let network = try NetworkModel(description)
    var values = [Float](repeating: 0, count: 30)
    for example in 0..<10 { values[3 * example + 1] = Float(example) }
    values[3 * 4] = 1e30
    let data = Dataset(values, count: 10)
    let summary = try ActiveUnits().probing(network, on: data).estimate(network, on: data)
    let layer = summary.layers[0]
    #expect(layer.nonFiniteExamples == 1 && layer.firstNonFiniteExamples == [4] && layer.examples == 9)
    #expect(abs(layer.variances[1] - covariance([0, 1, 2, 3, 5, 6, 7, 8, 9], [0, 1, 2, 3, 5, 6, 7, 8, 9])) < 1e-12)
    #expect(layer.information?.probes == 9 && layer.information?.limit == log(9.0))
    #expect(!summary.divergence.isFinite, "the mean over all examples is not passed off as finite")
    for example in 0..<10 { values[3 * example] = 1e30 }
    let error = #expect(throws: EvidenceError.self) {
      try ActiveUnits().estimate(network, on: Dataset(values, count: 10))
    }
    #expect(error?.description.contains("0 of 10 examples are finite") == true)
  }

  @Test func threadsAndBlocksChangeNothing() throws {
    let exact = LinearGaussian(sizes: [6, 4, 3], seed: 9)
    let examples = exact.sample(50)
    let data = Dataset(examples.flatMap { $0 }, count: examples.count)
    let model = try NetworkModel(exact.description())
    // As text, in which what is undefined equals itself, and every number is there to the last bit.
    func summary(_ threads: Int, _ blockSize: Int) throws -> String {
      let options = Evaluation(seed: 3, threads: threads, blockSize: blockSize)
      return "\(try ActiveUnits().estimate(model, on: data, options: options))"
    }
    let reference = try summary(1, 50)
    for (threads, blockSize) in [(2, 1), (2, 7), (3, 16)] {
      let isSame = try summary(threads, blockSize) == reference
      #expect(isSame, "\(threads) threads, blocks of \(blockSize)")
    }
    var part: [UnitsMeasurement] = []
    var all: [UnitsMeasurement] = []
    _ = try Evaluation(seed: 3).run(ActiveUnits(), under: model, on: data) { all.append($1) }
    _ = try Evaluation(seed: 3, examples: 20..<30).run(ActiveUnits(), under: model, on: data) { part.append($1) }
    let isSame = "\(part)" == "\(Array(all[20..<30]))"
    #expect(isSame, "a range of examples")
  }

  @Test func evenSampleIsBounded() {
    for count in [0, 1, 7, 8, 9, 100, 1000] {
      var sample = EvenSample<Int>(limit: 8)
      for element in 0..<count { sample.add(element) }
      let elements = sample.elements
      #expect(elements.count <= 8 && (count < 8 ? elements.count == count : elements.count >= 4))
      let steps = Set(zip(elements, elements.dropFirst()).map { $1 - $0 })
      #expect(steps.count <= 1, "evenly spaced: \(elements)")
    }
  }

  @Test func undecidedUnitsAndThreshold() throws {
    // A² = 0.01 of the distribution: undecided with few examples, decided by a threshold far away.
    let model = OrthogonalModel(elements: 5, strengths: [0.0503, 1])
    let network = try NetworkModel(model.description())
    let layer = try ActiveUnits().estimate(network, on: model.sample(60)).layers[0]
    #expect(layer.undecidedUnits == [0])
    let strict = try ActiveUnits(threshold: 0.2).estimate(network, on: model.sample(60)).layers[0]
    #expect(strict.undecidedUnits.isEmpty && strict.activeUnits == [1])
    // Above, not at.
    let exact = try ActiveUnits(threshold: layer.variances[1]).estimate(network, on: model.sample(60)).layers[0]
    #expect(exact.activeUnits.isEmpty)
    #expect(throws: EvidenceError.self) {
      try ActiveUnits(threshold: .nan).estimate(network, on: model.sample(3))
    }
  }
}
