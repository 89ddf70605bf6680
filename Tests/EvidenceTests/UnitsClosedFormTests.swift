import Evidence
import EvidenceTesting
import Foundation
import LinearAlgebra
import Models
import Networks
import Testing

/// Active units against models whose answers have closed forms.
@Suite struct UnitsClosedFormTests {
  static let model = OrthogonalModel(elements: 9, strengths: [1.5, 0, 0.8, 0.4, 0.02])
  static let count = 1500
  static let data = model.sample(count)

  private static let measured = Result {
    let network = try NetworkModel(model.description())
    return try ActiveUnits().probing(network, on: data, count: 300).estimate(network, on: data)
  }

  static func summary() throws -> UnitsSummary { try measured.get() }

  @Test func variancesAndDivergencesAreThoseOfTheSample() throws {
    let layer = try Self.summary().layers[0]
    let means = transpose(try Self.model.means(Self.data))
    for unit in 0..<Self.model.units {
      let variance = covariance(means[unit], means[unit])
      // A network's means are sums of nine products in single precision.
      #expect(abs(layer.variances[unit] - variance) <= 2e-6 * variance + 1e-14)
      let posterior = 1 - Self.model.variances[unit]
      let square = means[unit].reduce(0) { $0 + $1 * $1 } / Double(Self.count)
      #expect(abs(layer.divergences[unit] - (square + posterior - 1 - log(posterior)) / 2) < 1e-6)
    }
    #expect(layer.activeUnits == [0, 2, 3])
    #expect(layer.isExact && layer.oneDrawVariances == nil && !layer.isDivergenceSampled)
    #expect(abs(layer.divergence - layer.divergences.reduce(0, +)) < 1e-9)
  }

  @Test func variancesAndDivergencesAreNearThoseOfTheDistribution() throws {
    let layer = try Self.summary().layers[0]
    for unit in 0..<Self.model.units {
      let expected = Self.model.variances[unit]
      // The variance of a normal variance is 2 A²/N.
      let error = expected * (2 / Double(Self.count)).squareRoot()
      #expect(abs(layer.variances[unit] - expected) <= 4 * error)
      // The bootstrap's own error with 100 replicates is 7 %, and the sample's is of that order.
      #expect(abs(layer.standardErrors[unit] - error) <= 0.35 * error)
      #expect(abs(layer.divergences[unit] - Self.model.divergences[unit]) <= 2 * error + 1e-6)
    }
  }

  @Test func directionsAreThoseOfTheSample() throws {
    let layer = try Self.summary().layers[0]
    let expected = Self.model.variances.sorted(by: >)
    for (found, expected) in zip(layer.directions.eigenvalues, expected) {
      #expect(abs(found - expected) <= 5 * expected * (2 / Double(Self.count)).squareRoot() + 1e-12)
    }
    #expect(abs(layer.directions.trace - layer.variances.reduce(0, +)) < 1e-14)
    #expect(abs(layer.directions.eigenvalues.reduce(0, +) - layer.directions.trace) < 1e-13)
    #expect(layer.agreement.verdict == .agree && layer.activeDirections == 3)
    let shares = layer.directions.cumulativeShares
    #expect(shares.last == 1 || abs((shares.last ?? 0) - 1) < 1e-14)
  }

  /// Bracketed by the estimates with and without a draw's own example (Poole et al. 2019).
  @Test func mutualInformation() throws {
    let summary = try Self.summary()
    let information = try #require(summary.layers[0].information)
    let truth = Self.model.divergences.reduce(0, +)
    #expect(information.probes == 300 && information.limit == log(Double(Self.count)))
    #expect(information.mutualInformation - 4 * information.standardError < truth)
    #expect(information.upperEstimate + 4 * information.upperStandardError > truth)
    // With far more examples than e^I the bracket is narrow, and the aggregate posterior is the prior.
    #expect(information.upperEstimate - information.mutualInformation < 0.1)
    let marginal = try #require(information.marginalDivergence)
    let error = try #require(information.marginalStandardError)
    #expect(abs(marginal) < 4 * error + 0.05)
    #expect(!information.isAtLimit && !information.isMarginalOfAllLayers)
    #expect(summary.divergence == summary.layers[0].divergence)
  }

  @Test func mutualInformationOfDistinctExamplesIsAtItsLimit() throws {
    let model = OrthogonalModel(elements: 40, strengths: Array(repeating: 8, count: 20))
    let network = try NetworkModel(model.description())
    let data = model.sample(200)
    let summary = try ActiveUnits().probing(network, on: data).estimate(network, on: data)
    let information = try #require(summary.layers[0].information)
    #expect(information.probes == 200)
    #expect(information.isAtLimit && abs(information.mutualInformation - log(200.0)) < 1e-6)
    #expect(information.upperEstimate > information.limit)
  }

  @Test func rotationChangesUnitsAndNotDirections() throws {
    let model = OrthogonalModel(elements: 9, strengths: [1.5, 1, 0.8, 0, 0, 0])
    let data = model.sample(400)
    let rotation = orthonormalRows(6, of: 6, seed: 4)
    let straight = try ActiveUnits().estimate(NetworkModel(model.description()), on: data).layers[0]
    let rotated = try ActiveUnits().estimate(NetworkModel(model.description(rotatedBy: rotation)), on: data).layers[0]
    for (found, expected) in zip(rotated.directions.eigenvalues, straight.directions.eigenvalues) {
      #expect(abs(found - expected) < 2e-6)
    }
    #expect(straight.activeUnits == [0, 1, 2] && straight.agreement.verdict == .agree)
    #expect(rotated.activeUnits.count == 6 && rotated.activeDirections == 3)
    #expect(rotated.agreement.verdict == .unitsShareDirections)
    // The KL of the whole posterior is that of its coordinates, whatever the axes.
    #expect(abs(rotated.divergence - straight.divergence) < 1e-5)
    #expect(rotated.information == nil, "a full normal has no density that is cheap to evaluate")
  }

  /// The direct conformer and the network give the same.
  @Test func conformersAgree() throws {
    let exact = LinearGaussian(sizes: [6, 3], seed: 3)
    let examples = exact.sample(50)
    let data = Dataset(examples.flatMap { $0 }, count: examples.count)
    let direct = try ActiveUnits().estimate(LinearGaussianModel(exact), on: data).layers[0]
    let network = try ActiveUnits().estimate(NetworkModel(exact.description()), on: data).layers[0]
    for unit in 0..<3 {
      #expect(abs(direct.variances[unit] - network.variances[unit]) < 1e-5)
      #expect(abs(direct.divergences[unit] - network.divergences[unit]) < 1e-5)
      #expect(abs(direct.standardErrors[unit] - network.standardErrors[unit]) < 1e-5)
    }
  }
}
