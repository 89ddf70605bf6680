import Evidence
import EvidenceTesting
import Foundation
import Testing

/// Laplace importance sampling, annealing and the ladder on models whose likelihood is known.
@Suite struct TrustedEstimatorTests {
  static let schedule = AnnealingSchedule(temperatures: 20, leapfrogs: 4, steps: [0.4])

  /// Every estimator gives log p(x) within four of its standard errors, however wrong the encoder.
  @Test(arguments: [(0.5, 2.0), (2.0, 2.0), (1.5, 0.0), (1.0, 0.0)])
  func wrongEncoders(widening: Double, shift: Double) throws {
    let exact = LinearGaussian(sizes: [6, 3], seed: 3)
    let model = LinearGaussianModel(exact, widening: widening, shift: shift)
    let examples = exact.sample(6)
    let data = Dataset(examples.flatMap { $0 }, count: examples.count)
    let truth = examples.map { exact.logLikelihood($0.map(Double.init)) }.reduce(0, +) / Double(examples.count)
    for summary in try summaries(model, data) {
      // The curvature comes from differences of single-precision gradients.
      #expect(abs(summary.mean - truth) <= 4 * summary.monteCarloStandardError + 1e-5)
    }
  }

  /// With the exact posterior for an encoder, or one that is wrong by shift and scale alone, annealing starts at the
  /// posterior itself: its chains' weights are all p(x), but for the rounding of the curvature.
  @Test(arguments: [(1.0, 0.0), (0.8, 1.0), (2.0, 2.0)]) func normalPosteriorsAreExact(widening: Double, shift: Double)
    throws
  {
    let exact = LinearGaussian(sizes: [6, 3], seed: 3)
    let model = LinearGaussianModel(exact, widening: widening, shift: shift)
    let x = exact.sample(1)[0]
    let summary = try AnnealedImportanceSampling(schedule: Self.schedule).estimate(model, on: Dataset(x, count: 1))
    #expect(abs(summary.mean - exact.logLikelihood(x.map(Double.init))) < 1e-4)
    #expect(summary.chainEffectiveSampleSize.minimum > 15.99)
    #expect(summary.acceptance.minimum > 0.99)
  }

  /// A logistic model of one latent, against quadrature.
  @Test func quadrature() throws {
    let model = LogisticModel(inputs: 5, mean: 2, scale: 0.4)
    var values: [Float] = []
    for index in 0..<8 { values += [0, 1, 2, 3, 4].map { Float(index >> $0 & 1) } }
    let truth = (0..<8).map { model.logLikelihood(values[$0 * 5..<($0 + 1) * 5]) }.reduce(0, +) / 8
    for summary in try summaries(model, Dataset(values, count: 8)) {
      #expect(abs(summary.mean - truth) <= 4 * summary.monteCarloStandardError + 1e-5)
    }
  }

  /// The encoder sees one mode of two or three; the search finds them all, and every estimator counts them all.
  @Test(arguments: [2, 3]) func modesThatTheEncoderDoesNotSee(count: Int) throws {
    let model = PlantedModes.model(count, noiseCount: 2)
    let data = Dataset([0, 0.5, -1], count: 3)
    let truth = [0, 0.5, -1].map { model.logLikelihood([$0]) }.reduce(0, +) / 3
    let plain = try ImportanceSampling(samples: 400).estimate(model, on: data)
    #expect(plain.mean < truth - 0.5, "the encoder misses the other modes")
    for summary in try summaries(model, data) {
      #expect(abs(summary.mean - truth) <= 4 * summary.monteCarloStandardError + 0.01)
    }
    let laplace = LaplaceImportanceSampling(samples: 400)
    _ = try Evaluation().run(laplace, under: model, on: data) { _, row in #expect(row.modes == count) }
  }

  private func summaries(_ model: some LatentVariableModel, _ data: Dataset) throws -> [LogLikelihoodSummary] {
    let annealing = AnnealedImportanceSampling(schedule: Self.schedule)
    return try [
      LaplaceImportanceSampling(samples: 2000).estimate(model, on: data), annealing.estimate(model, on: data),
      Ladder(samples: 2000, annealing: annealing).estimate(model, on: data),
    ]
  }
}

/// Models with modes that an encoder near 0 does not see.
enum PlantedModes {
  static func model(_ count: Int, noiseCount: Int) -> PlantedModesModel {
    let all = [
      PlantedModesModel.Mode(share: 0.4, centre: 0.2, scale: 0.8),
      PlantedModesModel.Mode(share: 0.35, centre: 5, scale: 0.5),
      PlantedModesModel.Mode(share: 0.25, centre: -6, scale: 0.7),
    ]
    let kept = Array(all.prefix(count))
    let sum = kept.reduce(0) { $0 + $1.share }
    return PlantedModesModel(
      kept.map { .init(share: $0.share / sum, centre: $0.centre, scale: $0.scale) }, noiseCount: noiseCount)
  }
}
