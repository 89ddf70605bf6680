import Evidence
import Foundation
import LinearAlgebra
import Models
import Networks
import Testing

@testable import EvidenceTesting

/// Layers above the first, whose posterior means are means over draws.
@Suite struct UnitsChainTests {
  static let exact = LinearGaussian(sizes: [6, 4, 3], seed: 9)
  static let examples = exact.sample(1500)
  static let data = Dataset(examples.flatMap { $0 }, count: examples.count)

  /// E[z₂ | x] exactly.
  static func means() -> [[Double]] {
    let posterior = exact.conditional(of: 2, given: [0])
    return transpose(
      examples.map { x in zip(posterior.gain * x.map(Double.init), posterior.offset).map(+) })
  }

  @Test func twoChainsAreFreeOfNoise() throws {
    let model = try NetworkModel(Self.exact.description())
    let layer = try ActiveUnits().estimate(model, on: Self.data).layers[1]
    let means = Self.means()
    let oneDraw = try #require(layer.oneDrawVariances)
    var matrix: [Double] = []
    for row in 0..<3 { for column in 0..<3 { matrix.append(covariance(means[row], means[column])) } }
    for unit in 0..<3 {
      #expect(abs(layer.variances[unit] - matrix[unit * 4]) < 4 * layer.standardErrors[unit])
      // What one draw adds: the variance of E[z₂ | z₁] within an example.
      #expect(oneDraw[unit] - matrix[unit * 4] > 3 * layer.standardErrors[unit])
    }
    #expect(layer.condition == .latents && !layer.isExact && layer.directions.isNoisy)
    #expect(abs(layer.directions.eigenvalues.reduce(0, +) - layer.variances.reduce(0, +)) < 1e-12)
    let trace = matrix[0] + matrix[4] + matrix[8]
    #expect(abs(layer.directions.trace - trace) < 4 * layer.standardErrors.reduce(0, +))
    #expect(layer.information == nil)
  }

  @Test func moreDrawsLessenTheNoise() throws {
    let model = try NetworkModel(Self.exact.description())
    let means = Self.means()
    func error(_ draws: Int) throws -> Double {
      let layer = try ActiveUnits(draws: draws).estimate(model, on: Self.data).layers[1]
      return (0..<3).reduce(0) { $0 + abs(layer.variances[$1] - covariance(means[$1], means[$1])) }
    }
    #expect(try error(16) < error(1) / 2)
    #expect(throws: EvidenceError.self) { try error(10_000) }
    #expect(throws: EvidenceError.self) { try error(0) }
  }

  /// The same posterior, factorized from below (z₁'s part comes from draws) and from above (closed forms throughout).
  @Test func divergenceByDrawsIsThatInClosedForm() throws {
    let exact = LinearGaussian(sizes: [5, 1, 1], seed: 2)
    let examples = exact.sample(1500)
    let data = Dataset(examples.flatMap { $0 }, count: examples.count)
    func summary(_ given: [[Int]]) throws -> UnitsSummary {
      var description = exact.description(encoderGiven: given)
      for layer in 0..<2 {
        // With one unit a full normal is a normal, whose divergences part by units.
        let triangle = description.encoders[layer].parameters.removeValue(forKey: .scaleTril)
        guard case .constant(let tensor)? = triangle else { continue }
        description.encoders[layer].distribution = .normal
        description.encoders[layer].parameters[.scale] = .constant(Tensor(tensor.values))
      }
      let model = try NetworkModel(description)
      return try ActiveUnits(draws: 8).probing(model, on: data).estimate(model, on: data)
    }
    let below = try summary([[0], [1]])
    let above = try summary([[0, 2], [0]])
    #expect(below.layers.map(\.isDivergenceSampled) == [true, false])
    #expect(above.layers.map(\.isDivergenceSampled) == [false, false])
    let error = below.layers[0].divergenceStandardError
    #expect(abs(below.divergence - above.divergence) < 4 * error)
    #expect(abs(below.layers.map(\.divergence).reduce(0, +) - below.divergence) < 1e-10)
    #expect(below.layers.map(\.condition) == [.data, .latents])
    #expect(above.layers.map(\.condition) == [.dataAndLatents, .data])
    // In a chain, z₁ tells all that the layers together tell; q is the posterior and its aggregate near the prior.
    let information = try #require(below.layers[0].information)
    #expect(information.isMarginalOfAllLayers)
    #expect(abs(information.marginalDivergence ?? .nan) < 4 * (information.marginalStandardError ?? .nan) + 0.05)
    #expect(above.layers[1].information?.isMarginalOfAllLayers == false && above.layers[0].information == nil)
  }

  /// z′ = 2 z + 0.3 by a flow: no mean is known, and A_u comes from draws of z′ itself.
  @Test func flowsAreMeasuredByDraws() throws {
    let model = OrthogonalModel(elements: 6, strengths: [1.5, 0, 0.6])
    var description = model.description()
    func constant(_ value: Double) -> Stack {
      Stack([Layer(.dense(dense(Array(repeating: [0, 0, 0], count: 3), Array(repeating: value, count: 3))))])
    }
    description.encoders[0].flow = [.inverseAutoregressive(shift: constant(0.3), logScale: constant(log(2.0)))]
    let data = model.sample(1500)
    let network = try NetworkModel(description)
    let layer = try ActiveUnits(draws: 8).probing(network, on: data).estimate(network, on: data).layers[0]
    let means = transpose(try model.means(data))
    var divergence = 0.0
    for unit in 0..<3 {
      let expected = 4 * covariance(means[unit], means[unit])
      #expect(abs(layer.variances[unit] - expected) < 4 * layer.standardErrors[unit])
      let variance = 4 * (1 - model.variances[unit])
      let square = means[unit].reduce(0) { $0 + (2 * $1 + 0.3) * (2 * $1 + 0.3) } / Double(means[unit].count)
      divergence += (variance + square - 1 - log(variance)) / 2
    }
    #expect(!layer.isExact && layer.condition == .data && layer.information == nil)
    #expect(layer.isDivergenceSampled && layer.divergences.allSatisfy(\.isNaN))
    #expect(abs(layer.divergence - divergence) < 4 * layer.divergenceStandardError)
  }

  /// A mixture of two equal normals is a normal, but its divergence has no closed form.
  @Test func mixturePriorsAreMeasuredByDraws() throws {
    let model = OrthogonalModel(elements: 6, strengths: [1.5, 0, 0.6])
    let data = model.sample(600)
    var description = model.description()
    let closed = try ActiveUnits().estimate(NetworkModel(description), on: data)
    description.prior = .normalMixture(
      logits: nil, mean: Tensor(shape: [2, 3], values: Array(repeating: 0, count: 6)), scaleName: .scale,
      scale: Tensor(shape: [2, 3], values: Array(repeating: 1, count: 6)))
    let network = try NetworkModel(description)
    let mixture = try ActiveUnits().probing(network, on: data).estimate(network, on: data)
    #expect(mixture.layers[0].variances == closed.layers[0].variances && mixture.layers[0].isExact)
    #expect(mixture.layers[0].isDivergenceSampled && mixture.layers[0].collapseShares.allSatisfy(\.isNaN))
    #expect(abs(mixture.divergence - closed.divergence) < 4 * mixture.divergenceStandardError)
    #expect(mixture.layers[0].information?.marginalDivergence?.isFinite == true)
  }
}
