import Evidence
import EvidenceTesting
import Foundation
import Testing

/// L, and U with latents of the posterior planted among the draws: E L ≤ log p(x) and E exp(−U) = 1/p(x).
@Suite struct BracketTests {
  @Test func importanceSampling() throws {
    try check(ImportanceSampling(samples: 20), LogisticModel(inputs: 4))
  }

  @Test(arguments: [1, 2]) func laplace(modes: Int) throws {
    try check(LaplaceImportanceSampling(samples: 20), PlantedModes.model(modes, noiseCount: 2))
  }

  @Test(arguments: [2]) func annealed(modes: Int) throws {
    let schedule = AnnealingSchedule(temperatures: 3, leapfrogs: 2, steps: [0.5])
    // The modes are normals, and all of them are found.
    try check(
      AnnealedImportanceSampling(chains: 6, schedule: schedule), PlantedModes.model(modes, noiseCount: 2), isExact: true
    )
  }

  @Test func annealedByQuadrature() throws {
    let schedule = AnnealingSchedule(temperatures: 3, leapfrogs: 2, steps: [0.5])
    try check(AnnealedImportanceSampling(chains: 2, schedule: schedule), LogisticModel(inputs: 4))
  }

  /// Over simulated examples, both ends hold within four standard errors: exp(L) / p has mean 1, and so has p / exp(U).
  private func check(
    _ estimator: some BracketingEstimator, _ model: some NoiseModel, isExact: Bool = false
  ) throws {
    let count = 300
    var scratch = Scratch(model, examples: 1)
    var below: [Double] = []
    var above: [Double] = []
    for index in 0..<count {
      let example = Example(index: index, position: 0, seed: 3)
      var x = Array(repeating: Float(0), count: model.inputCount)
      var latents = Array(repeating: Float(0), count: model.noiseCount)
      try model.simulate(example, scratch: &scratch.model, example: &x, latents: &latents)
      try model.encode(ExampleBatch(indices: index..<index + 1, values: x), scratch: &scratch.model)
      let bracket = try estimator.bracket(example, planted: latents, under: model, scratch: &scratch)
      var alone = try estimator.measure(example, under: model, scratch: &scratch)
      // A bracket does without the encoder's own bound.
      if bracket.lower.elbo.isNaN { alone.elbo = .nan }
      #expect(bracket.lower == alone)
      below.append(exp(bracket.lower.logLikelihood - model.logLikelihood(x[...])))
      above.append(exp(model.logLikelihood(x[...]) - bracket.upper))
    }
    for ratios in [below, above] {
      let mean = ratios.reduce(0, +) / Double(count)
      let variance = ratios.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)
      #expect(abs(mean - 1) < 4 * (variance / Double(count)).squareRoot() + 1e-6)
    }
    // Where the proposal is the posterior the two coincide; elsewhere they are far enough apart for the test to have power.
    let widest = zip(below, above).map { abs($0 - 1 / $1) }.max() ?? 0
    #expect(isExact ? widest < 1e-5 : widest > 1e-3)
  }
}
