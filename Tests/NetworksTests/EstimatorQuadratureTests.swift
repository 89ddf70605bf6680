import Evidence
import Foundation
import Models
import Testing

@testable import Networks

/// The estimators that walk in noise against quadrature in double precision.
@Suite("Laplace, annealing and the ladder against quadrature")
struct EstimatorQuadratureTests {
  private func check(_ model: ModelDescription, _ x: [Float], latents: Int) throws {
    let network = try NetworkModel(model)
    let evidence = ReferenceModel(model).logEvidence(x.map(Double.init), latents: latents)
    let data = Dataset(x, count: 1)
    let annealing = AnnealedImportanceSampling(
      schedule: AnnealingSchedule(temperatures: 15, leapfrogs: 3, steps: [0.5]))
    let found = [
      try LaplaceImportanceSampling(samples: 1000).estimate(network, on: data),
      try annealing.estimate(network, on: data),
      try Ladder(samples: 1000, annealing: annealing).estimate(network, on: data),
    ]
    for summary in found {
      // Sums of single-precision terms leave 10⁻⁴.
      #expect(abs(summary.mean - evidence) <= 4 * summary.monteCarloStandardError + 1e-4)
      #expect(summary.monteCarloStandardError < 0.2)
    }
  }

  @Test("Likelihoods", arguments: Distribution.allCases)
  func likelihood(_ distribution: Distribution) throws {
    var random = Random(UInt64(distribution.rawValue.count))
    let model = toyModel(distribution, pixels: 3, latents: 1, &random)
    try check(model, toyData(distribution, pixels: 3), latents: 1)
  }

  @Test("Two latents, and a mixture for a prior", arguments: [1, 2])
  func mixture(latents: Int) throws {
    var random = Random(70)
    var model = toyModel(.bernoulli, pixels: 3, latents: latents, &random)
    model.prior = .normalMixture(
      logits: nil, mean: random.tensor([2, latents]), scaleName: .scale,
      scale: Tensor(shape: [2, latents], values: Array(repeating: 0.8, count: 2 * latents)))
    try check(model, [1, 0, 1], latents: latents)
  }
}
