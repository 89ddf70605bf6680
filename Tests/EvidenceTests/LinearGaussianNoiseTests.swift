import Evidence
import EvidenceTesting
import Foundation
import Testing

/// Log-weights at given noise, their gradients, and simulation, of the model whose answers are known exactly.
@Suite struct LinearGaussianNoiseTests {
  private let exact = LinearGaussian(sizes: [6, 3], seed: 3)

  struct Posterior: Sendable {
    var widening = 1.0
    var shift = 0.0
  }

  static let posteriors = [
    Posterior(), Posterior(widening: 1.5), Posterior(shift: 2), Posterior(widening: 0.7, shift: -1),
  ]

  /// Values and gradients of 16 noise vectors, row by row.
  private func evaluate(
    _ model: LinearGaussianModel, _ noise: [Float], scratch: inout ExampleBatch
  ) throws -> (values: [Double], gradients: [Float]) {
    var values = [Double](repeating: .nan, count: 16)
    var gradients = [Float](repeating: .nan, count: noise.count)
    try model.logWeights(
      of: Example(index: 0, position: 0, seed: 0), at: noise, lanes: 16, scratch: &scratch, values: &values,
      gradients: &gradients)
    return (values, gradients)
  }

  private func batch() -> ExampleBatch { ExampleBatch(indices: 0..<1, values: exact.sample(1)[0]) }

  @Test(arguments: posteriors) func gradientsAreThoseOfTheValues(_ posterior: Posterior) throws {
    let model = LinearGaussianModel(exact, widening: posterior.widening, shift: posterior.shift)
    var scratch = batch()
    let noise = (0..<48).map { Float(CounterRandom.normal(1, $0)) }
    let gradients = try evaluate(model, noise, scratch: &scratch).gradients
    for row in 0..<3 {
      // Powers of two, so that e ± h is exact up to its last place; the function is quadratic, so differences are exact too.
      let step: Float = 0x1p-6
      var (above, below) = (noise, noise)
      for lane in 0..<16 {
        above[row * 16 + lane] += step
        below[row * 16 + lane] -= step
      }
      let (upper, lower) = (
        try evaluate(model, above, scratch: &scratch).values, try evaluate(model, below, scratch: &scratch).values
      )
      for lane in 0..<16 {
        let width = Double(above[row * 16 + lane]) - Double(below[row * 16 + lane])
        let difference = (upper[lane] - lower[lane]) / width
        // The rounding of a gradient and of the noise to single precision, and of values near 10 over a step of 1/32.
        #expect(abs(Double(gradients[row * 16 + lane]) - difference) < 2e-6)
      }
    }
  }

  /// E exp ℓ(e) = p(x) over e ~ N(0, I): the mean of weights lies within five of its standard errors.
  @Test(arguments: posteriors) func weightsAtNoiseAverageToTheLikelihood(_ posterior: Posterior) throws {
    let model = LinearGaussianModel(exact, widening: posterior.widening, shift: posterior.shift * 0.2)
    var scratch = batch()
    let logLikelihood = exact.logLikelihood(scratch.values.map(Double.init))
    var (sum, squares, count) = (0.0, 0.0, 0.0)
    for block in 0..<200 as Range<UInt64> {
      let noise = (0..<48).map { Float(CounterRandom.normal(2, block, $0)) }
      for value in try evaluate(model, noise, scratch: &scratch).values {
        let weight = exp(value - logLikelihood)
        sum += weight
        squares += weight * weight
        count += 1
      }
    }
    let mean = sum / count
    let error = max(1e-12, ((squares / count - mean * mean) / count).squareRoot())
    #expect(abs(mean - 1) < 5 * error)
  }

  /// ℓ at the noise of given latents is log p(x, z) − log q(z | x) of those latents: the same for every posterior but for
  /// log q, which is known.
  @Test(arguments: posteriors) func noiseInvertsSampling(_ posterior: Posterior) throws {
    let model = LinearGaussianModel(exact, widening: posterior.widening, shift: posterior.shift)
    let plain = LinearGaussianModel(exact)
    var scratch = batch()
    let key = Example(index: 0, position: 0, seed: 0)
    let latents: [Float] = [0.3, -1.2, 0.8]
    var (noise, exactNoise) = ([Float](repeating: .nan, count: 3), [Float](repeating: .nan, count: 3))
    try model.noise(of: latents, example: key, scratch: &scratch, into: &noise)
    try plain.noise(of: latents, example: key, scratch: &scratch, into: &exactNoise)
    for unit in 0..<3 {
      // z = m + T e under the exact posterior, m + T (shift + widening · e) under the other.
      let expected = (Double(exactNoise[unit]) - posterior.shift) / posterior.widening
      #expect(abs(Double(noise[unit]) - expected) < 1e-5)
    }
  }

  /// Simulated examples have the model's mean log-likelihood, −entropy, within five standard errors, and repeat.
  @Test func simulationIsFromTheModel() throws {
    let model = LinearGaussianModel(exact)
    var scratch = model.makeScratch(examples: 1)
    var simulated: [Double] = []
    var first: [Float] = []
    for index in 0..<2000 {
      var (x, latents) = ([Float](repeating: 0, count: 6), [Float](repeating: 0, count: 3))
      try model.simulate(
        Example(index: index, position: 0, seed: 4), scratch: &scratch, example: &x, latents: &latents)
      simulated.append(exact.logLikelihood(x.map(Double.init)))
      if index == 0 { first = x + latents }
    }
    let sampled = exact.sample(2000, seed: 8).map { exact.logLikelihood($0.map(Double.init)) }
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    func variance(_ values: [Double]) -> Double { mean(values.map { ($0 - mean(values)) * ($0 - mean(values)) }) }
    let error = ((variance(simulated) + variance(sampled)) / 2000).squareRoot()
    #expect(abs(mean(simulated) - mean(sampled)) < 5 * error)
    var (x, latents) = ([Float](repeating: 0, count: 6), [Float](repeating: 0, count: 3))
    try model.simulate(Example(index: 0, position: 0, seed: 4), scratch: &scratch, example: &x, latents: &latents)
    #expect(x + latents == first)
  }
}
