import Models
import Testing

@testable import Networks

/// With the map `anchored`, a hierarchy is a model whose posteriors given latents are constants of x.
@Suite("Log-weights where posteriors are held at the anchor")
struct AnchoredNoiseTests {
  /// The model with the posteriors given latents replaced by what they are at the anchor of x.
  private func flattened(_ model: ModelDescription, _ x: [Float]) throws -> ModelDescription {
    let network = try NetworkModel(model)
    let workspace = network.makeWorkspace(examples: 1)
    x.withUnsafeBufferPointer { network.encode($0, count: 1, in: workspace) }
    network.anchor(position: 0, in: workspace)
    var result = model
    for layer in model.encoders.indices where !network.isAmortized[layer] {
      let encoder = model.encoders[layer]
      let names: [ParameterName] =
        switch encoder.distribution {
        case .fullNormal: [.mean, .scaleTril]
        case .laplace: [.mean, .logScale]
        default: [.mean, .logVariance]
        }
      var parameters: [ParameterName: Parameter] = [:]
      for (slot, name) in names.enumerated() {
        let count = network.encoders[layer].rows(ofParameter: slot)
        let values = (0..<count).map { workspace.current[layer][slot].pointer[$0] }
        let size = HierarchicalModel.sizes[layer + 1]
        parameters[name] = .constant(
          name == .scaleTril ? Tensor(rows: size, columns: size, values) : Tensor(values))
      }
      result.encoders[layer] = Conditional(encoder.distribution, given: [0], parameters: parameters)
    }
    return result
  }

  @Test("Are those of the model with constants in their place, gradients too", arguments: HierarchicalModel.all)
  func constants(_ model: HierarchicalModel) throws {
    var random = Random(540)
    let description = model.description(&random)
    let x = HierarchicalModel.data(&random)
    let flat = try flattened(description, x)
    let network = try NetworkModel(description)
    let points = (0..<20).map { _ in (0..<network.noiseCount).map { _ in random.number(2) } }
    let found = try gradients(network, x, at: points, map: .anchored)
    let expected = try gradients(NetworkModel(flat), x, at: points)
    for (value, other) in zip(found.values, expected.values) { #expect(abs(value - other) <= 1e-6 * abs(other)) }
    for (gradient, other) in zip(found.gradients, expected.gradients) {
      for (slope, expected) in zip(gradient, other) { #expect(abs(slope - expected) < 1e-5 * max(1, abs(expected))) }
    }
    try expectGradients(of: flat, at: x, seed: 541)
  }

  @Test("Are those of the posterior at e = 0; everywhere, if all are given x alone", arguments: HierarchicalModel.all)
  func origin(_ model: HierarchicalModel) throws {
    var random = Random(550)
    let network = try NetworkModel(model.description(&random))
    let x = HierarchicalModel.data(&random)
    let zero = Array(repeating: Float(0), count: network.noiseCount)
    let points = [zero] + (0..<3).map { _ in zero.map { _ in random.number(2) } }
    let sampled = try gradients(network, x, at: points).values
    let anchored = try gradients(network, x, at: points, map: .anchored).values
    #expect(anchored[0] == sampled[0])
    #expect((anchored == sampled) == !network.isAmortized.contains(false))
  }
}
