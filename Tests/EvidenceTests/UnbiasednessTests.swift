import Evidence
import EvidenceTesting
import Foundation
import Testing

/// E p̂ = p(x), for schedules far too short to be good.
@Suite struct UnbiasednessTests {
  /// Chains are independent estimates with T = 3; ten thousand of them.
  @Test(arguments: [0, 2, 3]) func annealedChains(modes: Int) throws {
    let schedule = AnnealingSchedule(temperatures: 3, leapfrogs: 2, steps: [0.5])
    let summary = try summary(AnnealedImportanceSampling(chains: 10_000, schedule: schedule), modes)
    // Chains that start at a normal posterior have no spread; what is left is the rounding of single precision.
    #expect(abs(exp(summary.excess) - 1) < 4 * summary.error + 1e-6)
    // The test has power: one in a hundred would be seen.
    #expect(summary.error < 0.01)
  }

  @Test(arguments: [0, 2, 3]) func laplaceDraws(modes: Int) throws {
    let summary = try summary(LaplaceImportanceSampling(samples: 10_000), modes)
    // Chains that start at a normal posterior have no spread; what is left is the rounding of single precision.
    #expect(abs(exp(summary.excess) - 1) < 4 * summary.error + 1e-6)
    #expect(summary.error < 0.01)
  }

  /// Whole runs with few draws, the search for modes included, by other seeds.
  @Test(arguments: [0, 2]) func wholeRuns(modes: Int) throws {
    let schedule = AnnealingSchedule(temperatures: 3, leapfrogs: 2, steps: [0.5])
    let annealing = AnnealedImportanceSampling(chains: 4, schedule: schedule)
    try expectUnbiased(annealing, modes)
    try expectUnbiased(LaplaceImportanceSampling(samples: 20), modes)
    try expectUnbiased(Ladder(samples: 50, annealing: annealing), modes, repeats: 60)
  }

  private func expectUnbiased<E: Estimator>(_ estimator: E, _ modes: Int, repeats: Int = 200) throws
  where E.Summary == LogLikelihoodSummary {
    var ratios: [Double] = []
    for seed in 0..<UInt64(repeats) { ratios.append(exp(try summary(estimator, modes, seed: seed).excess)) }
    let mean = ratios.reduce(0, +) / Double(repeats)
    let variance = ratios.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(repeats - 1)
    #expect(abs(mean - 1) < 4 * (variance / Double(repeats)).squareRoot() + 1e-6)
  }

  /// log p̂ − log p(x), and the error of p̂ / p(x): on a logistic model, or with planted modes.
  private func summary<E: Estimator>(_ estimator: E, _ modes: Int, seed: UInt64 = 1) throws -> (
    excess: Double, error: Double
  ) where E.Summary == LogLikelihoodSummary {
    let options = Evaluation(seed: seed, threads: 1)
    if modes == 0 {
      let model = LogisticModel(inputs: 4)
      let x: [Float] = [1, 0, 0, 1]
      let summary = try estimator.estimate(model, on: Dataset(x, count: 1), options: options)
      return (summary.mean - model.logLikelihood(x[...]), summary.monteCarloStandardError)
    }
    let model = PlantedModes.model(modes, noiseCount: 2)
    let summary = try estimator.estimate(model, on: Dataset([0.5], count: 1), options: options)
    return (summary.mean - model.logLikelihood([0.5]), summary.monteCarloStandardError)
  }
}
