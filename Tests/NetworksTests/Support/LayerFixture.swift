import Foundation
import Models
import Testing

@testable import Networks

/// What PyTorch or Keras computes for one layer: a case of Fixtures/layers.json.
struct LayerFixture: CustomTestStringConvertible, @unchecked Sendable {
  let testDescription: String
  let layer: Layer
  let format: DataFormat
  let input: Tensor
  let output: ReferenceTensor

  /// Every case of the file, which make_layers.py beside it made.
  static let all: [LayerFixture] = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/layers.json")
    guard let data = try? Data(contentsOf: file),
      let cases = try? JSONSerialization.jsonObject(with: data) as? [[String: Any]]
    else { return [] }
    return cases.compactMap(LayerFixture.init)
  }()

  /// Nil where the case is not understood; a test counts them.
  private init?(_ json: [String: Any]) {
    guard let name = json["name"] as? String, let kind = json["layer"] as? String,
      let format = (json["data_format"] as? String).flatMap(DataFormat.init),
      let input = Self.tensor(json["input"]), let output = Self.tensor(json["output"]),
      let attributes = json["attributes"] as? [String: Any], let stored = json["weights"] as? [String: Any],
      let operation = Self.operation(kind, attributes, stored.compactMapValues { Self.tensor($0)?.single })
    else { return nil }
    testDescription = name
    self.format = format
    self.input = input.single
    self.output = output
    layer = Layer(operation, activation: Self.activation(attributes) ?? .identity)
  }

  private static func tensor(_ json: Any?) -> ReferenceTensor? {
    guard let json = json as? [String: Any], let shape = json["shape"] as? [Int],
      let values = json["values"] as? [Double]
    else { return nil }
    return ReferenceTensor(shape: shape, values: values)
  }

  private static func operation(_ kind: String, _ attributes: [String: Any], _ weights: [String: Tensor])
    -> Layer.Operation?
  {
    let layout = weights["kernel"] == nil ? WeightLayout.weight : .kernel
    let weight = weights["kernel"] ?? weights["weight"]
    let pair = { (name: String) in attributes[name] as? [Int] }
    switch kind {
    case "dense": return weight.map { .dense(Dense(weight: $0, layout: layout, bias: weights["bias"])) }
    case "conv2d":
      guard let weight, let padding = padding(attributes["padding"]) else { return nil }
      var layer = Convolution(weight: weight, layout: layout, bias: weights["bias"])
      layer.stride = pair("stride") ?? [1, 1]
      layer.padding = padding
      layer.dilation = pair("dilation") ?? [1, 1]
      layer.groups = attributes["groups"] as? Int ?? 1
      return .convolution(layer)
    case "conv2d-transpose":
      guard let weight, let padding = padding(attributes["padding"]) else { return nil }
      var layer = TransposedConvolution(weight: weight, layout: layout, bias: weights["bias"])
      layer.stride = pair("stride") ?? [1, 1]
      layer.padding = padding
      layer.outputPadding = pair("output_padding") ?? [0, 0]
      layer.dilation = pair("dilation") ?? [1, 1]
      layer.groups = attributes["groups"] as? Int ?? 1
      return .transposedConvolution(layer)
    case "max-pool2d", "average-pool2d":
      guard let size = pair("size"), let padding = padding(attributes["padding"]) else { return nil }
      let kind = kind == "max-pool2d" ? Pooling.Kind.maximum : .average
      return .pooling(Pooling(kind, size: size, stride: pair("stride"), padding: padding))
    case "upsample2d":
      guard let factor = pair("factor"), let mode = (attributes["mode"] as? String).flatMap(Upsampling.Mode.init)
      else { return nil }
      return .upsampling(Upsampling(factor: factor, mode: mode))
    case "crop2d": return pair("cropping").map { .crop($0) }
    case "pad2d": return pair("padding").map { .pad($0) }
    case "batch-norm":
      guard let mean = weights["mean"], let variance = weights["variance"] else { return nil }
      var layer = BatchNormalization(
        mean: mean, variance: variance, scale: weights["scale"], offset: weights["offset"])
      layer.epsilon = attributes["epsilon"] as? Double ?? layer.epsilon
      layer.axis = attributes["axis"] as? Int
      return .batchNormalization(layer)
    case "layer-norm":
      var layer = LayerNormalization(scale: weights["scale"], offset: weights["offset"])
      layer.epsilon = attributes["epsilon"] as? Double ?? layer.epsilon
      return .layerNormalization(layer)
    case "activation": return activation(attributes) == nil ? nil : .activation
    default: return nil
    }
  }

  private static func padding(_ json: Any?) -> Padding? {
    if let sides = json as? [Int], sides.count == 4 {
      return .explicit(top: sides[0], bottom: sides[1], left: sides[2], right: sides[3])
    }
    return json as? String == "same" ? .same : json as? String == "valid" ? .valid : nil
  }

  private static func activation(_ attributes: [String: Any]) -> Activation? {
    let number = { (name: String, standard: Float) in (attributes[name] as? Double).map(Float.init) ?? standard }
    return switch attributes["activation"] as? String {
    case "identity": .identity
    case "relu": .relu
    case "leaky-relu": .leakyReLU(alpha: number("alpha", 0.01))
    case "elu": .elu(alpha: number("alpha", 1))
    case "selu": .selu
    case "tanh": .tanh
    case "sigmoid": .sigmoid
    case "softplus": .softplus
    case "gelu": .gelu
    case "gelu-tanh": .geluTanh
    case "silu": .silu
    case "exp": .exp
    case "hard-tanh": .hardTanh(min: number("min", -1), max: number("max", 1))
    case "softmax": .softmax
    default: nil
    }
  }
}

extension ReferenceTensor {
  var single: Tensor { Tensor(shape: shape, values: values.map { Float($0) }) }
}
