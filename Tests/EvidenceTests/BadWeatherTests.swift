import EvidenceTesting
import Foundation
import Testing

@testable import Evidence

/// Bad numerical weather: each ends in an outcome that is defined.
@Suite struct BadWeatherTests {
  static let schedule = AnnealingSchedule(temperatures: 10, leapfrogs: 3, steps: [0.5])

  /// log φ + ℓ has a saddle at 0, from where the search starts: the curvature there is not positive.
  @Test func curvatureThatIsNotPositive() throws {
    let model = WrittenModel(noiseCount: 2, logLikelihood: -1) { e in
      // Two equal normals at ±2 along the first axis.
      let (a, b) = (exp(-(e[0] - 2) * (e[0] - 2) / 0.5), exp(-(e[0] + 2) * (e[0] + 2) / 0.5))
      return log(a + b) - log(2) + log(2) - e[1] * e[1] / 2
    }
    try expectExact(model)
  }

  /// A rectifier's kink at the mode, where differences see a curvature that is nowhere else: the t's tails, the encoder's
  /// share and the moves make up for it.
  @Test func kinks() throws {
    let model = WrittenModel(noiseCount: 2, logLikelihood: 0.5) { e in
      e.reduce(0) { $0 - $1 * $1 / 2 - abs($1) / 4 } - 2 * log(2 * exp(1 / 32.0) * 0.5 * erfc(0.25 / 2.0.squareRoot()))
    }
    try expectExact(model)
  }

  /// Nothing but a kink: the density exp(−2 |e|), whose curvature at its mode is not that of anywhere else. What starts there is
  /// far too narrow. `laplace` is right by the encoder's share and the t's tails; a short annealing is too low, as its bound
  /// allows, and by more than its error says.
  @Test func nothingButAKink() throws {
    let model = WrittenModel(noiseCount: 2, logLikelihood: 0.5) { e in
      e.reduce(0) { $0 - 2 * abs($1) + log(2 * Double.pi) / 2 }
    }
    let found = try rows(model)
    #expect(abs(found[0].logLikelihood - 0.5) < 4 * found[0].monteCarloStandardError + 0.01)
    #expect(found[1].logLikelihood < 0.5 + 4 * found[1].monteCarloStandardError && found[1].logLikelihood > -2.5)
  }

  /// The decoder ignores z, and the encoder is narrow: the posterior is the prior, ten times as wide as the encoder.
  @Test func aDecoderThatIgnoresTheLatents() throws {
    let model = WrittenModel(noiseCount: 1, logLikelihood: -3) { e in -e[0] * e[0] / 200 - log(10) }
    try expectExact(model, within: 0.2)
  }

  /// The density grows without bound: there is no mode to find, and nothing integrates. Whatever comes out is reported.
  @Test func aModeAtInfinity() throws {
    let model = WrittenModel(noiseCount: 2, logLikelihood: 0) { e in e[0] * e[0] }
    for row in try rows(model) { #expect(row.index == 0 && !row.logLikelihood.isNaN || row.nonFiniteWeights > 0) }
  }

  /// NaN on one side: a place where the model can't be evaluated is refused by chains, and counted where a draw lands on it.
  @Test func notANumberOnTheWay() throws {
    let model = WrittenModel(noiseCount: 1, logLikelihood: -2) { e in
      e[0] > 2.5 ? .nan : -(e[0] - 1) * (e[0] - 1) / 0.02 - log(0.1)
    }
    let found = try rows(model)
    #expect(abs(found[1].logLikelihood + 2) < 0.05, "annealed: the chains start and stay where the model is defined")
    #expect(found[0].nonFiniteWeights > 0 && found[0].logLikelihood.isNaN, "Laplace: a draw of the encoder lands there")
  }

  /// No start can be evaluated: what is left is the encoder.
  @Test func nowhereDefined() throws {
    let model = WrittenModel(noiseCount: 2, logLikelihood: 0) { _ in .nan }
    for row in try rows(model) {
      #expect(row.logLikelihood.isNaN && row.nonFiniteWeights > 0 && row.modes == 0)
    }
  }

  /// Impossible everywhere: log p̂ is −∞, as for importance sampling.
  @Test func impossible() throws {
    let model = WrittenModel(noiseCount: 2, logLikelihood: 0) { _ in -.infinity }
    for row in try rows(model) { #expect(row.logLikelihood == -.infinity && row.zeroWeights > 0) }
  }

  @Test(arguments: [1, 64]) func dimensions(count: Int) throws {
    let model = WrittenModel(noiseCount: count, logLikelihood: -7) { e in
      e.reduce(0) { $0 - ($1 - 1) * ($1 - 1) / 0.5 } + Double(count) * log(2)
    }
    let row = try rows(model)[1]
    #expect(abs(row.logLikelihood + 7) < 1e-3 * Double(count))
  }

  /// A whole estimate in 512 dimensions, half of which the encoder has twice too wide: every weight is p(x), but for rounding.
  @Test func manyDimensions() throws {
    let model = WideModel()
    let data = Dataset([0], count: 1)
    let schedule = AnnealingSchedule(temperatures: 2, leapfrogs: 1, steps: [0.3])
    let annealed = try AnnealedImportanceSampling(schedule: schedule).estimate(model, on: data)
    let laplace = try LaplaceImportanceSampling(samples: 200).estimate(model, on: data)
    for summary in [annealed, laplace] {
      #expect(abs(summary.mean - model.logLikelihood([0])) < 4 * summary.monteCarloStandardError + 0.01)
    }
    #expect(annealed.chainEffectiveSampleSize.minimum > 15.5)
    // A tenth of the draws are the encoder's, and count for nothing.
    #expect(laplace.effectiveSampleSize.minimum > 160)
  }

  /// k̂ of fewer than 21 draws is undefined: the ladder climbs.
  @Test func undefinedShape() throws {
    let row = try LaplaceImportanceSampling(samples: 5).first(
      WrittenModel(noiseCount: 1, logLikelihood: 0) { e in
        -e[0] * e[0] / 2
      })
    #expect(row.paretoK.isNaN && row.logLikelihood.isFinite)
  }

  @Test func settingsWithoutMeaning() throws {
    let model = WrittenModel(noiseCount: 1, logLikelihood: 0) { _ in 0 }
    for annealing in [
      AnnealedImportanceSampling(chains: 0), AnnealedImportanceSampling(temperatures: 0),
      AnnealedImportanceSampling(leapfrogs: 0),
      AnnealedImportanceSampling(schedule: AnnealingSchedule(temperatures: 2, steps: [])),
      AnnealedImportanceSampling(schedule: AnnealingSchedule(temperatures: 2, steps: [.nan])),
      AnnealedImportanceSampling(schedule: AnnealingSchedule(temperatures: 1 << 20, steps: [0.1])),
    ] {
      let error = #expect(throws: EvidenceError.self) {
        try annealing.estimate(model, on: Dataset([0], count: 1))
      }
      #expect(error?.code == .invalidSetting)
    }
  }

  /// [Laplace, annealed, annealed with one chain], of one example.
  private func rows(_ model: WrittenModel) throws -> [LogLikelihoodMeasurement] {
    [
      try LaplaceImportanceSampling(samples: 4000).first(model),
      try AnnealedImportanceSampling(schedule: Self.schedule).first(model),
      try AnnealedImportanceSampling(chains: 1, schedule: Self.schedule).first(model),
    ]
  }

  private func expectExact(_ model: WrittenModel, within tolerance: Double = 0) throws {
    for row in try rows(model).prefix(2) {
      // Single precision, where nothing else is left.
      #expect(abs(row.logLikelihood - model.whole) < max(tolerance, 4 * row.monteCarloStandardError + 1e-6))
      #expect(row.monteCarloStandardError < 0.3)
    }
  }
}

extension Estimator where Measurement == LogLikelihoodMeasurement {
  /// The measurement of the only example of a dataset.
  fileprivate func first(_ model: some LatentVariableModel) throws -> LogLikelihoodMeasurement {
    var rows: [LogLikelihoodMeasurement] = []
    _ = try Evaluation(threads: 1).accumulate(self, under: model, on: Dataset([0], count: 1)) { rows.append($1) }
    return try #require(rows.first)
  }
}

/// A model given by the logarithm of its posterior in noise without the normal's constant, with numerical gradients.
private struct WrittenModel: NoiseModel {
  let noiseCount: Int
  /// log p(x).
  let whole: Double
  private let posterior: @Sendable ([Double]) -> Double

  init(noiseCount: Int, logLikelihood: Double, _ posterior: @escaping @Sendable ([Double]) -> Double) {
    self.noiseCount = noiseCount
    whole = logLikelihood
    self.posterior = posterior
  }

  var inputCount: Int { 1 }
  var support: Support { .reals }

  func logLikelihood(_ x: ArraySlice<Float>) -> Double { whole }

  func logWeight(at noise: [Double], _ x: ArraySlice<Float>) -> (value: Double, gradient: [Double]) {
    let middle = posterior(noise)
    let gradient = noise.indices.map { index in
      var (ahead, behind) = (noise, noise)
      ahead[index] += 1e-5
      behind[index] -= 1e-5
      return (posterior(ahead) - posterior(behind)) / 2e-5 + noise[index]
    }
    return (whole + middle + noise.reduce(0) { $0 + $1 * $1 } / 2, gradient)
  }

  func simulate(
    _ key: Example, scratch: inout ExampleBatch, example x: UnsafeMutablePointer<Float>,
    latents: UnsafeMutablePointer<Float>
  ) throws {
    x[0] = 0
    for row in 0..<noiseCount { latents[row] = Float(CounterRandom.normal(key.seed, UInt64(key.index), UInt64(row))) }
  }
}

/// 512 independent latents with a normal posterior that is narrower than the encoder in every second one.
private struct WideModel: NoiseModel {
  let noiseCount = 512
  var inputCount: Int { 1 }
  var support: Support { .reals }

  func logLikelihood(_ x: ArraySlice<Float>) -> Double { -7 }

  func logWeight(at noise: [Double], _ x: ArraySlice<Float>) -> (value: Double, gradient: [Double]) {
    // log N(e; 0.5, ¼) − log N(e; 0, 1) in every second latent.
    var value = -7.0
    var gradient = Array(repeating: 0.0, count: noiseCount)
    for index in stride(from: 0, to: noiseCount, by: 2) {
      let e = noise[index]
      value += e * e / 2 - 2 * (e - 0.5) * (e - 0.5) + log(2)
      gradient[index] = e - 4 * (e - 0.5)
    }
    return (value, gradient)
  }

  func simulate(
    _ key: Example, scratch: inout ExampleBatch, example x: UnsafeMutablePointer<Float>,
    latents: UnsafeMutablePointer<Float>
  ) throws {
    x[0] = 0
    for row in 0..<noiseCount {
      let normal = CounterRandom.normal(key.seed, UInt64(key.index), UInt64(row))
      latents[row] = Float(row.isMultiple(of: 2) ? 0.5 + normal / 2 : normal)
    }
  }
}
