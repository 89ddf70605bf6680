import Evidence
import Models
import Networks

/// A model with random weights, and examples for it.
struct Case: Sendable {
  let name: String
  let latents: [Int]
  let hidden: [Int]
  let outputs: Int
  let activation: Activation
  let examples: Int
  var path = Path.plain
  var likelihood = Likelihood.bernoulli

  /// What lies between the first hidden layer and the heads, in as many multiply-adds.
  enum Path: Sendable {
    /// One more hidden layer.
    case plain
    /// The same, added to what it is given.
    case residual
    /// Two of half the width, side by side.
    case concatenated
  }

  static let all = [
    paper("paper, one layer"),
    Case(
      name: "paper, two layers", latents: [100, 50], hidden: [200, 100], outputs: 784, activation: .tanh, examples: 16),
    paper("paper, residual") { $0.path = .residual },
    paper("paper, concatenated") { $0.path = .concatenated },
    Case(name: "wide", latents: [128], hidden: [1024], outputs: 3072, activation: .relu, examples: 2),
    Case(name: "tiny", latents: [2], hidden: [32], outputs: 64, activation: .tanh, examples: 512),
  ]

  /// The paper's model of one layer under every likelihood.
  static let likelihoods = Likelihood.all.map { likelihood in
    paper("paper, \(likelihood.name)") { $0.likelihood = likelihood }
  }

  private static func paper(_ name: String, _ change: (inout Case) -> Void = { _ in }) -> Case {
    var result = Case(name: name, latents: [50], hidden: [200], outputs: 784, activation: .tanh, examples: 16)
    change(&result)
    return result
  }

  func description() -> ModelDescription {
    var random = Weights()
    var encoders: [Conditional] = []
    var decoders: [Conditional] = []
    for (layer, latent) in latents.enumerated() {
      let below = layer == 0 ? outputs : latents[layer - 1]
      let width = hidden[layer]
      let up = trunk(below, width, &random)
      let down = trunk(latent, width, &random)
      let heads = { (names: [(ParameterName, Int)], random: inout Weights) in
        Dictionary(
          uniqueKeysWithValues: names.map { name, outputs in
            (name, Parameter.stack(Stack([random.dense(width, outputs, .identity, 0.1)])))
          })
      }
      encoders.append(
        Conditional(
          .normal, given: [layer], trunk: up,
          parameters: heads([(.mean, latent), (.logVariance, latent)], &random)))
      decoders.append(
        Conditional(
          layer == 0 ? likelihood.distribution : .normal, given: [layer + 1], trunk: down,
          parameters: heads(
            layer == 0
              ? likelihood.heads.map { ($0, below * likelihood.components) } : [(.mean, below), (.logVariance, below)],
            &random)))
    }
    return ModelDescription(input: .init(shape: [outputs]), encoders: encoders, decoders: decoders)
  }

  private func trunk(_ inputs: Int, _ width: Int, _ random: inout Weights) -> Stack {
    let first = random.dense(inputs, width, activation)
    switch path {
    case .plain:
      return Stack([first, random.dense(width, width, activation)])
    case .residual:
      let body = Stack([random.dense(width, width, activation)])
      return Stack([first, Layer(.residual(body: body, shortcut: Stack()))])
    case .concatenated:
      let branches = (0..<2).map { _ in Stack([random.dense(width, width / 2, activation)]) }
      return Stack([first, Layer(.concatenation(branches))])
    }
  }

  func data() -> Dataset {
    var random = Weights()
    return Dataset((0..<examples * outputs).map { _ in likelihood.value(random.uniform()) }, count: examples)
  }
}

/// The same numbers every time.
struct Weights {
  private var state: UInt64 = 1

  mutating func uniform() -> Float {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(state >> 40) / Float(1 << 24)
  }

  mutating func dense(_ inputs: Int, _ outputs: Int, _ activation: Activation, _ gain: Float = 1) -> Layer {
    let bound = gain * (6 / Float(inputs + outputs)).squareRoot()
    let values = (0..<inputs * outputs).map { _ in bound * (2 * uniform() - 1) }
    let bias = Tensor([Float](repeating: 0, count: outputs))
    return Layer(
      .dense(Dense(weight: Tensor(rows: outputs, columns: inputs, values), layout: .weight, bias: bias)),
      activation: activation)
  }
}
