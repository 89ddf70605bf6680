import Models
import Testing

@testable import Networks

/// Models of one to three stochastic layers whose variables are joined in different ways.
struct HierarchicalModel: CustomTestStringConvertible, Sendable {
  let testDescription: String
  /// What q(z_l | …) is given, z₁ first; then the same for p(z_{l−1} | …).
  let encoders: [[Int]]
  let decoders: [[Int]]
  var posteriors: [Distribution] = []
  var conditionals: [Distribution] = []
  /// Whether the terms of each layer have a closed form given the others.
  let hasClosedForm: [Bool]

  static let all = [
    HierarchicalModel(testDescription: "one layer", encoders: [[0]], decoders: [[1]], hasClosedForm: [true]),
    HierarchicalModel(
      testDescription: "one layer, full normal", encoders: [[0]], decoders: [[1]], posteriors: [.fullNormal],
      hasClosedForm: [true]),
    HierarchicalModel(
      testDescription: "two layers, bottom-up", encoders: [[0], [1]], decoders: [[1], [2]],
      hasClosedForm: [false, true]),
    HierarchicalModel(
      testDescription: "two layers, top-down", encoders: [[0, 2], [0]], decoders: [[1], [2]],
      hasClosedForm: [true, true]),
    HierarchicalModel(
      testDescription: "two layers, skips", encoders: [[0], [0, 1]], decoders: [[2, 1], [2]],
      hasClosedForm: [false, true]),
    HierarchicalModel(
      testDescription: "two layers, independent", encoders: [[0], [0]], decoders: [[1], [2]],
      hasClosedForm: [true, true]),
    HierarchicalModel(
      testDescription: "two layers, full normal and Laplace", encoders: [[0], [1, 0]], decoders: [[1, 2], [2]],
      posteriors: [.laplace, .fullNormal], conditionals: [.bernoulli, .fullNormal], hasClosedForm: [false, true]),
    HierarchicalModel(
      testDescription: "three layers, bottom-up", encoders: [[0], [1], [2]], decoders: [[1], [2], [3]],
      hasClosedForm: [false, false, true]),
    HierarchicalModel(
      testDescription: "three layers, top-down with skips", encoders: [[2, 0], [0, 3], [0]],
      decoders: [[1, 3], [2, 3], [3]], hasClosedForm: [true, true, true]),
    HierarchicalModel(
      testDescription: "three layers, mixed", encoders: [[0, 2], [0], [2, 1]], decoders: [[3, 1, 2], [3], [3]],
      posteriors: [.normal, .laplace, .fullNormal], conditionals: [.poisson, .laplace, .fullNormal],
      hasClosedForm: [false, false, true]),
  ]

  /// Latents of each layer and elements of the data.
  static let sizes = [9, 4, 3, 2]

  func description(_ random: inout Random) -> ModelDescription {
    let layers = encoders.count
    let width = { (given: [Int]) in given.reduce(0) { $0 + Self.sizes[$1] } }
    let conditional = { (random: inout Random, distribution: Distribution, given: [Int], size: Int) in
      let head = { (random: inout Random, outputs: Int) in
        Parameter.stack(Stack([random.dense(6, outputs, 0.5, activation: .identity)]))
      }
      var parameters: [ParameterName: Parameter] = [:]
      switch distribution {
      case .bernoulli: parameters = [.logits: head(&random, size)]
      case .poisson: parameters = [.logRate: head(&random, size)]
      case .fullNormal: parameters = [.mean: head(&random, size), .scaleTril: triangle(&random, size)]
      case .laplace: parameters = [.mean: head(&random, size), .logScale: head(&random, size)]
      default: parameters = [.mean: head(&random, size), .logVariance: head(&random, size)]
      }
      return Conditional(
        distribution, given: given, trunk: Stack([random.dense(width(given), 6, activation: .tanh)]),
        parameters: parameters)
    }
    return ModelDescription(
      input: .init(shape: [Self.sizes[0]]),
      encoders: (0..<layers).map {
        conditional(&random, posteriors.isEmpty ? .normal : posteriors[$0], encoders[$0], Self.sizes[$0 + 1])
      },
      decoders: (0..<layers).map {
        let standard: Distribution = $0 == 0 ? .bernoulli : .normal
        return conditional(&random, conditionals.isEmpty ? standard : conditionals[$0], decoders[$0], Self.sizes[$0])
      })
  }

  /// Data of ones and zeros.
  static func data(_ random: inout Random) -> [Float] { (0..<sizes[0]).map { _ in random.number() > 0 ? 1 : 0 } }
}
