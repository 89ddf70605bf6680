import Evidence
import EvidenceTesting
import Testing

/// Estimators that take the same draws to another number.
@Suite struct DerivedEstimatorTests {
  static let exact = LinearGaussian(sizes: [6, 3], seed: 3)
  static let data = Dataset(exact.sample(12).flatMap { $0 }, count: 12)
  static let wide = LinearGaussianModel(exact, widening: 1.6)

  @Test func renyiOfOrderZeroIsImportanceSampling() throws {
    let sampling = try ImportanceSampling(samples: 200).estimate(Self.wide, on: Self.data)
    let renyi = try RenyiBound(alpha: 0, samples: 200).estimate(Self.wide, on: Self.data)
    #expect(renyi.mean == sampling.mean)
    #expect(renyi.monteCarloStandardError == sampling.monteCarloStandardError)
  }

  @Test func renyiOfOrderOneIsTheEvidenceLowerBound() throws {
    let renyi = try RenyiBound(alpha: 1, samples: 200).estimate(Self.wide, on: Self.data)
    let bound = try EvidenceLowerBound(samples: 200, usesClosedForm: false).estimate(Self.wide, on: Self.data)
    #expect(abs(renyi.mean - bound.mean) < 1e-12 * abs(bound.mean))
  }

  @Test func renyiFallsWithItsOrder() throws {
    let means = try [0, 0.25, 0.5, 1, 2].map {
      try RenyiBound(alpha: $0, samples: 200).estimate(Self.wide, on: Self.data).mean
    }
    #expect(means == means.sorted(by: >))
  }

  @Test func jackknifeTakesTheBiasAway() throws {
    // At k = 8 the bias of L_k is well above the error of the mean over 12 examples × 400 seeds.
    let truth =
      Self.exact.sample(12).reduce(0) { $0 + Self.exact.logLikelihood($1.map(Double.init)) } / 12
    var plain = 0.0
    var jackknifed = 0.0
    let repeats = 400
    for seed in 0..<repeats {
      let options = Evaluation(seed: UInt64(seed), threads: 1)
      plain += try ImportanceSampling(samples: 8).estimate(Self.wide, on: Self.data, options: options).mean
      jackknifed += try Jackknife(samples: 8).estimate(Self.wide, on: Self.data, options: options).mean
    }
    let bias = plain / Double(repeats) - truth
    let rest = jackknifed / Double(repeats) - truth
    #expect(bias < -0.02)
    #expect(abs(rest) < abs(bias) / 3)
  }

  @Test(arguments: [0.0, 0.5]) func renyiContract(alpha: Double) throws {
    let contract = EstimatorContract(isBound: alpha > 0) {
      RenyiBound(alpha: alpha, samples: $0)
    } logLikelihood: {
      $0.mean
    } monteCarloStandardError: {
      $0.monteCarloStandardError
    }
    #expect(try contract.violations() == [])
  }

  @Test func jackknifeContract() throws {
    let contract = EstimatorContract {
      Jackknife(samples: $0)
    } logLikelihood: {
      $0.mean
    } monteCarloStandardError: {
      $0.monteCarloStandardError
    }
    #expect(try contract.violations() == [])
  }
}
