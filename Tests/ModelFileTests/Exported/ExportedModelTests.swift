import Evidence
import Foundation
import Models
import Networks
import Testing

@testable import ModelFile

/// Models that evidence.export wrote, against what their frameworks compute with the same weights, data and draws
/// (generate.py).
@Suite struct ExportedModelTests {
  struct Expected: Decodable {
    /// Examples of zeros and ones.
    let x: [[Float]]
    /// For each example: the posterior's means, and log-weights in the order of the draws.
    let means: [[Double]]
    let logWeights: [[Double]]
  }

  static func url(_ name: String) throws -> URL {
    try #require(Bundle.module.url(forResource: "Models", withExtension: nil)).appending(path: name)
  }

  @Test(arguments: ["torch", "flax"]) func logWeightsAreTheFrameworks(_ name: String) throws {
    let expected = try #require(
      try JSONDecoder().decode([String: Expected].self, from: Data(contentsOf: Self.url("expected.json")))[name])
    let model = try NetworkModel(ModelFile.read(Self.url("\(name).h5").path))
    let data = Dataset(expected.x.flatMap { $0 }, count: expected.x.count)
    var scratch = model.makeScratch(examples: data.count)
    try model.encode(data.batch(0..<data.count), scratch: &scratch)
    for index in 0..<data.count {
      let example = Example(index: index, position: index, seed: 0)
      let posterior = try model.posteriors(of: example, draws: 0..<1, scratch: &scratch)
      Self.expectClose(posterior[0].means, expected.means[index])
      let draws = expected.logWeights[index].count
      let found = try [Double](unsafeUninitializedCapacity: draws) { buffer, count in
        buffer.initialize(repeating: 0)
        count = draws
        try model.logWeights(of: example, draws: 0..<draws, scratch: &scratch, into: buffer)
      }
      Self.expectClose(found, expected.logWeights[index])
    }
  }

  /// Both sides round to single precision, in other orders.
  static func expectClose(_ found: [Double], _ expected: [Double]) {
    #expect(found.count == expected.count && !found.isEmpty)
    for (a, b) in zip(found, expected) { #expect(abs(a - b) <= 1e-6 + 1e-6 * abs(b)) }
  }
}
