import Evidence
import JSON
import TestSupport
import Testing

@testable import Runs

@Suite struct ReplicatesTests {
  /// Four examples under the bundled model.
  static func outcome(replicates: Int = 1, seed: UInt64 = 0, binarize: Binarization? = nil) throws -> NLLOutcome {
    var request = NLLRequest(
      inputs: InputsRequest(
        model: Repository.digitsModel, data: Repository.digits, examples: ExampleRange("..4"),
        preparation: PreparationChoice(binarize: binarize)))
    request.options = EstimatorOptions(samples: 50)
    request.evaluation = EvaluationRequest(seed: seed)
    request.replicates = replicates
    return try NLLRun(request, host: Silent()).run()
  }

  @Test func replicatesKeepTheData() throws {
    let outcome = try Self.outcome(replicates: 3, seed: 5, binarize: .bernoulli)
    let replicates = try #require(outcome.replicates)
    #expect(replicates.seeds == [5, 6, 7])
    #expect(Set(replicates.means).count == 3)
    #expect(replicates.standardDeviation > 0)
    // The data are those of seed 5: seed 6 alone binarizes otherwise.
    #expect(try Self.outcome(seed: 6, binarize: .bernoulli).summary.mean != replicates.means[1])
    #expect(outcome.json(in: Plain())["replicates"]?["seeds"] == [5, 6, 7])
  }

  @Test func replicatesOfFixedDataAreRunsWithOtherSeeds() throws {
    let outcome = try Self.outcome(replicates: 2)
    let replicates = try #require(outcome.replicates)
    #expect(try Self.outcome(seed: 1).summary.mean == replicates.means[1])
  }
}
