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

  /// Every case of the files, which make_layers.py and make_second_layers.py beside them made.
  static let all = ["layers.json", "second_layers.json"].flatMap(cases)

  private static func cases(_ name: String) -> [LayerFixture] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/\(name)")
    guard let data = try? Data(contentsOf: file),
      let cases = try? JSONSerialization.jsonObject(with: data) as? [[String: Any]]
    else { return [] }
    return cases.compactMap(LayerFixture.init)
  }

  /// Nil where the case is not understood; a test counts them.
  private init?(_ json: [String: Any]) {
    guard let name = json["name"] as? String, let kind = json["layer"] as? String,
      let format = (json["data_format"] as? String).flatMap(DataFormat.init),
      let input = Self.tensor(json["input"]), let output = Self.tensor(json["output"]),
      let attributes = json["attributes"] as? [String: Any], let stored = json["weights"] as? [String: Any],
      let operation = Self.operation(kind, attributes, stored.compactMapValues { Self.tensor($0)?.single }),
      let activation = Self.activation(attributes, slope: Self.tensor(stored["slope"])?.single)
    else { return nil }
    testDescription = name
    self.format = format
    self.input = input.single
    self.output = output
    layer = Layer(operation, activation: activation)
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
      var layer = Upsampling(factor: factor, mode: mode)
      layer.alignsCorners = attributes["align_corners"] as? Bool ?? false
      return .upsampling(layer)
    case "conv1d":
      guard let weight, let sides = pair("padding") else { return nil }
      var layer = Convolution(weight: weight, layout: layout, bias: weights["bias"])
      (layer.stride, layer.dilation) = (pair("stride") ?? [1], pair("dilation") ?? [1])
      layer.padding = .explicit(top: 0, bottom: 0, left: sides[0], right: sides[1])
      layer.groups = attributes["groups"] as? Int ?? 1
      return .convolution1D(layer)
    case "conv1d-transpose":
      guard let weight, let sides = pair("padding") else { return nil }
      var layer = TransposedConvolution(weight: weight, layout: layout, bias: weights["bias"])
      (layer.stride, layer.dilation, layer.outputPadding) = (pair("stride") ?? [1], [1], pair("output_padding") ?? [0])
      layer.padding = .explicit(top: 0, bottom: 0, left: sides[0], right: sides[1])
      layer.groups = attributes["groups"] as? Int ?? 1
      return .transposedConvolution1D(layer)
    case "group-norm", "instance-norm":
      var layer = GroupNormalization(
        groups: attributes["groups"] as? Int, scale: weights["scale"], offset: weights["offset"])
      layer.epsilon = attributes["epsilon"] as? Double ?? layer.epsilon
      return .groupNormalization(layer)
    case "permute": return pair("axes").map { .permute($0) }
    case "pixel-shuffle":
      let order = (attributes["order"] as? String).flatMap(PixelShuffle.Order.init) ?? .pytorch
      return pair("factor").map { .pixelShuffle(PixelShuffle(factor: $0, order: order)) }
    case "pad2d" where attributes["mode"] != nil:
      guard let sides = pair("padding"), let mode = (attributes["mode"] as? String).flatMap(BorderMode.init) else {
        return nil
      }
      return .padBorder(sides, mode)
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
      layer.axes = pair("axes")
      return .layerNormalization(layer)
    case "activation": return .activation
    default: return nil
    }
  }

  private static func padding(_ json: Any?) -> Padding? {
    if let sides = json as? [Int], sides.count == 4 {
      return .explicit(top: sides[0], bottom: sides[1], left: sides[2], right: sides[3])
    }
    return json as? String == "same" ? .same : json as? String == "valid" ? .valid : nil
  }

  private static func activation(_ attributes: [String: Any], slope: Tensor?) -> Activation? {
    let number = { (name: String, standard: Float) in (attributes[name] as? Double).map(Float.init) ?? standard }
    return switch attributes["activation"] as? String {
    case nil, "identity": .identity
    case "abs": .abs
    case "square": .square
    case "sqrt": .sqrt
    case "log": .log
    case "log1p": .log1p
    case "hard-swish": .hardSwish
    case "hard-sigmoid": .hardSigmoid
    case "mish": .mish
    case "softsign": .softsign
    case "celu": .celu(alpha: number("alpha", 1))
    case "prelu": slope.map { .prelu(slope: $0) }
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
