import Evidence
import Networks

/// A model of one or two layers of latents with random weights, and binary examples for it.
struct Case {
  let name: String
  let latents: [Int]
  let hidden: [Int]
  let outputs: Int
  let activation: Activation
  let examples: Int

  static let all = [
    Case(name: "paper, one layer", latents: [50], hidden: [200], outputs: 784, activation: .tanh, examples: 16),
    Case(
      name: "paper, two layers", latents: [100, 50], hidden: [200, 100], outputs: 784, activation: .tanh, examples: 16),
    Case(name: "wide", latents: [128], hidden: [1024], outputs: 3072, activation: .relu, examples: 2),
    Case(name: "tiny", latents: [2], hidden: [32], outputs: 64, activation: .tanh, examples: 512),
  ]

  /// Encoders and decoders have two hidden layers each.
  func description() -> ModelDescription {
    var random = Weights()
    var encoders: [Conditional] = []
    var decoders: [Conditional] = []
    for (layer, latent) in latents.enumerated() {
      let below = layer == 0 ? outputs : latents[layer - 1]
      let width = hidden[layer]
      let up = Stack([random.dense(below, width, activation), random.dense(width, width, activation)])
      let down = Stack([random.dense(latent, width, activation), random.dense(width, width, activation)])
      let head = { (outputs: Int, random: inout Weights) in
        Parameter.stack(Stack([random.dense(width, outputs, .identity, 0.1)]))
      }
      encoders.append(
        Conditional(
          .normal, given: [layer], trunk: up,
          parameters: [.mean: head(latent, &random), .logVariance: head(latent, &random)]))
      decoders.append(
        Conditional(
          layer == 0 ? .bernoulli : .normal, given: [layer + 1], trunk: down,
          parameters: layer == 0
            ? [.logits: head(below, &random)] : [.mean: head(below, &random), .logVariance: head(below, &random)]))
    }
    return ModelDescription(input: .init(shape: [outputs]), encoders: encoders, decoders: decoders)
  }

  func data() -> Dataset {
    var random = Weights()
    return Dataset((0..<examples * outputs).map { _ in random.uniform() < 0.5 ? 0 : 1 }, count: examples)
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
