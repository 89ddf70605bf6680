import Evidence
import EvidenceTesting
import LinearAlgebra
import Testing

/// Every estimator passes the suite that the testing product offers to users' own.
@Suite struct EstimatorContractTests {
  @Test func importanceSampling() throws {
    let contract = EstimatorContract {
      ImportanceSampling(samples: $0)
    } logLikelihood: {
      $0.mean
    } monteCarloStandardError: {
      $0.monteCarloStandardError
    }
    #expect(try contract.violations() == [])
  }

  @Test(arguments: [false, true]) func evidenceLowerBound(usesClosedForm: Bool) throws {
    let contract = EstimatorContract(isBound: true) {
      EvidenceLowerBound(samples: $0, usesClosedForm: usesClosedForm)
    } logLikelihood: {
      $0.mean
    } monteCarloStandardError: {
      $0.monteCarloStandardError
    }
    #expect(try contract.violations() == [])
  }

  @Test func activeUnits() throws {
    // The posterior of a linear-Gaussian model is exact: no draws enter.
    let contract = EstimatorContract(leastExamples: 2, dependsOnSeed: false) { _ in
      ActiveUnits()
    } numbers: { summary in
      summary.layers.flatMap { $0.variances + $0.standardErrors + $0.divergences + $0.directions.eigenvalues }
        + [summary.divergence, summary.divergenceStandardError]
    }
    #expect(try contract.violations() == [])
  }

  @Test func anEstimatorOfAUsersOwn() throws {
    let contract = EstimatorContract {
      LargestLogWeight(samples: $0)
    } numbers: {
      [$0]
    }
    #expect(try contract.violations() == [])
  }

  @Test func brokenMergingIsFound() throws {
    let contract = EstimatorContract {
      LargestLogWeight(samples: $0, forgetsMerged: true)
    } numbers: {
      [$0]
    }
    let violations = try contract.violations()
    #expect(violations.count == 2 && violations.allSatisfy { $0.hasPrefix("merged of the examples") })
  }

  @Test func aModelThatLacksWhatIsNeededIsRefusedByName() throws {
    let model = GivenWeights { _, _ in 0 }
    let error = try #require(throws: EvidenceError.self) {
      try ActiveUnits().estimate(model, on: Dataset([1, 2], count: 2))
    }
    #expect(error.code == .unsupported)
    #expect(error.description.contains("posteriors of its units") && error.description.contains("GivenWeights"))
  }
}

/// The largest log-weight over all examples and draws: no estimate of log p(x).
private struct LargestLogWeight: Estimator {
  struct Largest: MeasurementAccumulator {
    var value = -Double.infinity
    var forgetsMerged = false

    mutating func add(_ measurement: Double) { value = max(value, measurement) }
    mutating func merge(_ other: Largest) { if !forgetsMerged { value = max(value, other.value) } }
    func summary() throws -> Double { value }
  }

  let samples: Int
  var forgetsMerged = false

  func measure<Model: LatentVariableModel>(
    _ example: Example, under model: Model, scratch: inout Scratch<Model>
  ) throws -> Double {
    var largest = -Double.infinity
    try scratch.forEachChunk(of: example, under: model, samples: samples) { chunk in
      for index in chunk.indices { largest = max(largest, chunk[index]) }
    }
    return largest
  }

  func makeAccumulator() throws -> Largest { Largest(forgetsMerged: forgetsMerged) }
}
