import Evidence
import EvidenceTesting
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
}
