import Evidence
import EvidenceTesting
import Networks
import Testing

/// The estimators that walk in noise on networks of one to three stochastic layers whose likelihood is known in closed form,
/// with encoders that are wrong on purpose.
@Suite struct HierarchyExactnessTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let sizes: [Int]
    var given: [[Int]]?
    var encoderGiven: [[Int]]?

    func model(widening: Double = 1, shift: Double = 0) throws -> NetworkModel {
      try NetworkModel(exact.description(encoderGiven: encoderGiven, widening: widening, shift: shift))
    }

    var exact: LinearGaussian { LinearGaussian(sizes: sizes, given: given) }
  }

  static let cases = [
    Case(testDescription: "one layer", sizes: [6, 3]),
    Case(testDescription: "two layers, bottom-up", sizes: [6, 3, 2]),
    Case(testDescription: "two layers, top-down", sizes: [6, 3, 2], encoderGiven: [[0, 2], [0]]),
    Case(testDescription: "three layers, bottom-up", sizes: [6, 4, 3, 2]),
    Case(
      testDescription: "three layers, skips", sizes: [6, 4, 3, 2], given: [[1, 3], [2, 3], [3]],
      encoderGiven: [[0], [0, 1], [0, 1, 2]]),
  ]

  /// Within four standard errors, at any number of temperatures. Half the scale, or means two deviations off.
  @Test(arguments: cases, [(0.5, 2.0), (2.0, 2.0), (0.5, 0.0)])
  func wrongEncoders(_ model: Case, wrong: (widening: Double, shift: Double)) throws {
    let network = try model.model(widening: wrong.widening, shift: wrong.shift)
    let examples = model.exact.sample(3)
    let data = Dataset(examples.flatMap { $0 }, count: 3)
    let truth = examples.map { model.exact.logLikelihood($0.map(Double.init)) }.reduce(0, +) / 3
    // What single precision leaves of a log-weight, and of the curvature, which comes from differences of gradients.
    let rounding = LinearGaussianTests.rounding(model.sizes.reduce(0, +), truth) + 1e-4
    let laplace = try LaplaceImportanceSampling(samples: 1000).estimate(network, on: data)
    #expect(abs(laplace.mean - truth) <= 4 * laplace.monteCarloStandardError + rounding)
    for temperatures in [1, 3, 10] {
      let schedule = AnnealingSchedule(temperatures: temperatures, leapfrogs: 2, steps: [0.5])
      let annealed = try AnnealedImportanceSampling(schedule: schedule).estimate(network, on: data)
      #expect(abs(annealed.mean - truth) <= 4 * annealed.monteCarloStandardError + rounding, "T = \(temperatures)")
    }
  }

  /// As the encoder's error vanishes, the effective sample size tends to the number of draws: where a pilot finds the posterior
  /// normal, the t's tails are left out. In a hierarchy the tenth of the draws that comes from the encoder comes from the
  /// encoder at the anchor, whose layers don't know of each other, and counts for less.
  @Test(arguments: cases) func exactEncoders(_ model: Case) throws {
    let x = model.exact.sample(1)[0]
    let summary = try LaplaceImportanceSampling(samples: 1000).estimate(model.model(), on: Dataset(x, count: 1))
    #expect(summary.effectiveSampleSize.minimum > (model.sizes.count == 2 ? 999 : 900))
    let truth = model.exact.logLikelihood(x.map(Double.init))
    let rounding = LinearGaussianTests.rounding(model.sizes.reduce(0, +), truth) + 2e-4
    #expect(abs(summary.mean - truth) < 4 * summary.monteCarloStandardError + rounding)
  }
}
