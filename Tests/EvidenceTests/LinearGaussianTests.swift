import Evidence
import EvidenceTesting
import Models
import Networks
import Testing

/// Networks against models whose log-likelihood is known in closed form.
@Suite struct LinearGaussianTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let sizes: [Int]
    var given: [[Int]]?
    var encoderGiven: [[Int]]?
    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "one layer", sizes: [5, 2]),
    Case(name: "D not a multiple of 8, one latent", sizes: [13, 1]),
    Case(name: "more latents than elements", sizes: [3, 9]),
    Case(name: "one element", sizes: [1, 1]),
    Case(name: "wide", sizes: [70, 17]),
    Case(name: "two layers, bottom-up", sizes: [7, 4, 2]),
    Case(name: "two layers, top-down", sizes: [7, 4, 2], encoderGiven: [[0, 2], [0]]),
    Case(name: "three layers, bottom-up", sizes: [6, 4, 3, 2]),
    Case(name: "three layers, top-down", sizes: [6, 4, 3, 2], encoderGiven: [[0, 2], [0, 3], [0]]),
    Case(
      name: "three layers with skip connections", sizes: [6, 4, 3, 2], given: [[1, 3], [2, 3], [3]],
      encoderGiven: [[0], [0, 1], [0, 1, 2]]),
    Case(
      name: "three layers with skip connections, top-down", sizes: [6, 4, 3, 2], given: [[1, 2, 3], [2], [3]],
      encoderGiven: [[0, 2, 3], [3, 0], [0]]),
  ]

  /// What single precision leaves: a log-weight is a sum of squares (x − W z)² / 2σ² whose means carry a relative error of
  /// 2⁻²⁴ for each of a handful of products, and of the posterior's own parameters rounded once.
  static func rounding(_ elements: Int, _ truth: Double) -> Double { 4e-6 * (abs(truth) + Double(elements)) }

  @Test(arguments: cases) func exactPosteriorHasNoVariance(_ testCase: Case) throws {
    let exact = LinearGaussian(sizes: testCase.sizes, given: testCase.given)
    let model = try NetworkModel(exact.description(encoderGiven: testCase.encoderGiven))
    let examples = exact.sample(6)
    let data = Dataset(examples.flatMap { $0 }, count: examples.count)
    for samples in [1, 7, 5000] where samples < 5000 || testCase.sizes.reduce(0, +) < 20 {
      _ = try Evaluation(seed: 11).run(ImportanceSampling(samples: samples), under: model, on: data) { index, found in
        let truth = exact.logLikelihood(examples[index].map(Double.init))
        let tolerance = Self.rounding(testCase.sizes.reduce(0, +), truth)
        #expect(abs(found.logLikelihood - truth) < tolerance, "k = \(samples), example \(index)")
        #expect(abs(found.elbo - truth) < tolerance)
        // Weights that differ by a relative rounding error δ: k − ESS is of the order of k δ².
        #expect(found.effectiveSampleSize > Double(samples) * (1 - 1e-8))
      }
    }
  }

  @Test(arguments: cases) func widePosteriorIsWithinTheError(_ testCase: Case) throws {
    let exact = LinearGaussian(sizes: testCase.sizes, given: testCase.given)
    let model = try NetworkModel(exact.description(encoderGiven: testCase.encoderGiven, widening: 1.5))
    let examples = exact.sample(6)
    let data = Dataset(examples.flatMap { $0 }, count: examples.count)
    let truth = examples.reduce(0) { $0 + exact.logLikelihood($1.map(Double.init)) } / Double(examples.count)
    let samples = testCase.sizes.reduce(0, +) < 20 ? 3000 : 600
    let found = try ImportanceSampling(samples: samples).estimate(model, on: data)
    // The delta method's bias is part of what a finite k gives.
    #expect(abs(found.mean - found.biasEstimate - truth) < 4 * found.monteCarloStandardError)
    #expect(found.elbo < truth)
    let bound = try EvidenceLowerBound(samples: samples).estimate(model, on: data)
    #expect(abs(bound.mean - found.elbo) < 4 * bound.monteCarloStandardError + 4 * elboError(found, samples))
  }

  /// The closed-form and the sampled bound share draws; the sampled one's error is bounded by the spread of its weights.
  private func elboError(_ summary: LogLikelihoodSummary, _ samples: Int) -> Double {
    (summary.mean - summary.elbo + 1) / Double(samples).squareRoot()
  }
}
