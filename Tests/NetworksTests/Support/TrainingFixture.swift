import Foundation
import Models

@testable import Networks

/// An objective and its gradients by PyTorch, and the model of the same name: a case of Fixtures/training.json, which
/// make_training.py beside it made.
struct TrainingFixture: NumberedWeights, Decodable, Sendable, CustomStringConvertible {
  let name: String
  let objective: String
  let x: [[Float]]
  let value: Double
  let gradients: [String: [Double]]

  var description: String { "\(name), \(objective)" }

  /// Twenty steps of Adam: the objective before each, and the weights after the last.
  struct Steps: Decodable {
    let values: [Double]
    let weights: [String: [Double]]
  }

  private struct File: Decodable {
    let cases: [TrainingFixture]
    let steps: Steps
  }

  private static let file: File? = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/training.json")
    return try? JSONDecoder().decode(File.self, from: Data(contentsOf: file))
  }()

  static let all = file?.cases ?? []
  static let steps = file?.steps

  static let draws = 3
  static let seed: UInt64 = 17

  var target: TrainingObjective {
    switch objective {
    case "vae": .evidenceLowerBound
    case "iwae": .importanceWeighted(.standard)
    case "dreg": .importanceWeighted(.doublyReparameterized)
    default: .wake
    }
  }

  // MARK: Models

  private static func head(_ inputs: Int, _ outputs: Int, _ seed: Double, _ scale: Double = 0.7) -> Parameter {
    .stack(Stack([dense(inputs, outputs, seed, scale)]))
  }

  private static let encoder = Conditional(
    .normal, given: [0], trunk: Stack([dense(6, 5, 1, 0.7, .tanh), dense(5, 5, 2, 0.7, .tanh)]),
    parameters: [.mean: head(5, 3, 3), .logVariance: head(5, 3, 4, 0.4)])

  private static func decoder(_ family: Distribution, _ parameters: [ParameterName: Parameter]) -> Conditional {
    Conditional(family, given: [1], trunk: Stack([dense(3, 5, 5, 0.7, .tanh)]), parameters: parameters)
  }

  private static var oneLayer: ModelDescription {
    ModelDescription(
      input: .init(shape: [6]), encoders: [encoder], decoders: [decoder(.bernoulli, [.logits: head(5, 6, 6)])])
  }

  private static var twoLayers: ModelDescription {
    var model = oneLayer
    model.encoders.append(
      Conditional(
        .normal, given: [1], trunk: Stack([dense(3, 4, 7, 0.7, .tanh)]),
        parameters: [.mean: head(4, 2, 8), .logScale: head(4, 2, 9, 0.4)]))
    model.decoders.append(
      Conditional(
        .normal, given: [2], trunk: Stack([dense(2, 4, 10, 0.7, .softplus)]),
        parameters: [.mean: head(4, 3, 11), .logVariance: head(4, 3, 12, 0.4)]))
    return model
  }

  private static var topDown: ModelDescription {
    var model = twoLayers
    model.encoders = [
      Conditional(
        .normal, given: [2, 0], trunk: Stack([dense(8, 5, 1, 0.7, .tanh)]),
        parameters: [.mean: head(5, 3, 3), .logVariance: head(5, 3, 4, 0.4)]),
      Conditional(
        .normal, given: [0], trunk: Stack([dense(6, 4, 7, 0.7, .tanh)]),
        parameters: [.mean: head(4, 2, 8), .logScale: head(4, 2, 9, 0.4)]),
    ]
    return model
  }

  private static var images: ModelDescription {
    let around = Padding.explicit(top: 1, bottom: 1, left: 1, right: 1)
    var first = Convolution(weight: numbers([4, 1, 3, 3], 1, 0.5), layout: .weight, bias: numbers([4], 2, 0.3))
    first.stride = [2, 2]
    first.padding = around
    var variance = numbers([4], 4, 0.5)
    variance.values = variance.values.map { Float(1 + Double($0)) }
    var moments = BatchNormalization(
      mean: numbers([4], 3, 0.2), variance: variance, scale: numbers([4], 5), offset: numbers([4], 6))
    moments.epsilon = 1e-3
    var grouped = Convolution(weight: numbers([4, 2, 3, 3], 7, 0.4), layout: .weight)
    grouped.padding = around
    grouped.groups = 2
    var last = TransposedConvolution(
      weight: numbers([2, 1, 3, 3], 11, 0.5), layout: .weight, bias: numbers([1], 12, 0.3))
    last.stride = [2, 2]
    last.padding = around
    last.outputPadding = [1, 1]
    var model = ModelDescription(
      input: .init(shape: [1, 4, 4]),
      encoders: [
        Conditional(
          .normal, given: [0],
          trunk: Stack([
            Layer(.convolution(first)), Layer(.batchNormalization(moments), activation: .elu()),
            Layer(.residual(body: Stack([Layer(.convolution(grouped))]), shortcut: Stack())), Layer(.flatten),
          ]),
          parameters: [.mean: head(16, 3, 8, 0.4), .logVariance: head(16, 3, 9, 0.2)])
      ],
      decoders: [
        Conditional(
          .bernoulli, given: [1], trunk: Stack([dense(3, 8, 10, 0.7, .gelu), Layer(.reshape([2, 2, 2]))]),
          parameters: [.logits: .stack(Stack([Layer(.transposedConvolution(last))]))])
      ])
    model.dataFormat = .channelsFirst
    return model
  }

  private static var constants: ModelDescription {
    var model = oneLayer
    model.decoders = [
      decoder(.normal, [.mean: head(5, 6, 6), .logVariance: .constant(numbers([], 15, 0.5))])
    ]
    model.prior = .normal(
      mean: numbers([3], 13, 0.5), scaleName: .logVariance, scale: numbers([3], 14, 0.5))
    return model
  }

  private static var laplace: ModelDescription {
    var model = oneLayer
    model.encoders = [
      Conditional(
        .laplace, given: [0], trunk: Stack([dense(6, 5, 1, 0.7, .tanh)]),
        parameters: [.mean: head(5, 3, 3), .logScale: head(5, 3, 4, 0.4)])
    ]
    model.decoders = [
      decoder(.laplace, [.mean: head(5, 6, 6), .logScale: .constant(numbers([6], 15, 0.5))])
    ]
    return model
  }

  private static var fullNormal: ModelDescription {
    var model = oneLayer
    var tril = numbers([3, 3], 4, 0.5)
    for row in 0..<3 {
      for column in row..<3 { tril.values[row * 3 + column] = row == column ? [1.25, 0.75, 0.5][row] : 0 }
    }
    model.encoders = [
      Conditional(
        .fullNormal, given: [0], trunk: Stack([dense(6, 5, 1, 0.7, .tanh)]),
        parameters: [.mean: head(5, 3, 3), .scaleTril: .constant(tril)])
    ]
    return model
  }

  /// The model that a case is of; nil for an unknown name.
  static func model(_ name: String) -> ModelDescription? {
    switch name {
    case "one layer": oneLayer
    case "two layers": twoLayers
    case "top-down": topDown
    case "images": images
    case "constants": constants
    case "laplace": laplace
    case "full-normal": fullNormal
    default: nil
    }
  }
}
