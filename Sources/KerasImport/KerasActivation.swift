import JSON
import Models

/// The activation functions of Keras by name.
enum KerasActivation {
  /// The activation that a layer's configuration asks for; nil for one that the model format does not have.
  ///
  /// Functions stand there by name; layers and functions of the author's as an object.
  ///
  /// - Parameter isFirstDefinition: Whether hard_sigmoid is clip(0.2 x + 0.5, 0, 1), as it was before Keras 3.
  static func named(_ value: JSONValue?, isFirstDefinition: Bool = true) -> Activation? {
    func function(_ name: String) -> Activation? {
      name == "hard_sigmoid" ? (isFirstDefinition ? nil : .hardSigmoid) : self.function(name)
    }
    guard let value else { return .identity }
    if let name = value.string { return function(name) }
    guard let className = value["class_name"]?.string else { return nil }
    if className == "function" || className == "builtin_function_or_method" {
      return value["config"]?.string.flatMap(function)
    }
    let layer = KerasLayer(
      name: "", className: className, module: value["module"]?.string, config: value["config"] ?? .object([]),
      calls: [], model: nil)
    return self.layer(layer, isFirstDefinition: isFirstDefinition) ?? function(TreeWeights.snakeCase(className))
  }

  /// The activation that a layer without weights is; nil for other layers and for options that the model format does
  /// not have.
  static func layer(_ layer: KerasLayer, isFirstDefinition: Bool = true) -> Activation? {
    let config = layer.config
    func number(_ keys: String...) -> Double? { keys.lazy.compactMap { scalar(config[$0]) }.first }
    switch layer.className {
    case "Activation": return named(config["activation"], isFirstDefinition: isFirstDefinition)
    case "LeakyReLU": return .leakyReLU(alpha: Float(number("negative_slope", "alpha") ?? 0.3))
    case "ELU": return .elu(alpha: Float(number("alpha") ?? 1))
    case "Softmax":
      let axis = config["axis"]?.integers ?? [-1]
      return axis == [-1] ? .softmax : nil
    case "ReLU":
      let slope = number("negative_slope") ?? 0
      guard (number("threshold") ?? 0) == 0 else { return nil }
      guard let most = number("max_value") else { return slope == 0 ? .relu : .leakyReLU(alpha: Float(slope)) }
      return slope == 0 ? .hardTanh(min: 0, max: Float(most)) : nil
    default: return nil
    }
  }

  /// A number, which some versions of Keras wrap in an array or an object.
  static func scalar(_ value: JSONValue?) -> Double? {
    guard let value else { return nil }
    return value.double ?? value.array.flatMap { $0.count == 1 ? $0[0].double : nil } ?? value["value"]?.double
      ?? value["config"].flatMap { scalar($0) }
  }

  private static func function(_ name: String) -> Activation? {
    switch name {
    case "linear", "identity": .identity
    case "relu": .relu
    case "relu6": .hardTanh(min: 0, max: 6)
    // The function's default, unlike the layer's.
    case "leaky_relu": .leakyReLU(alpha: 0.2)
    case "elu": .elu(alpha: 1)
    case "selu": .selu
    case "tanh": .tanh
    case "sigmoid": .sigmoid
    case "softplus": .softplus
    case "gelu": .gelu
    case "swish", "silu": .silu
    case "exponential", "exp": .exp
    case "hard_tanh": .hardTanh(min: -1, max: 1)
    case "softmax": .softmax
    case "celu": .celu()
    case "mish": .mish
    case "softsign": .softsign
    case "hard_silu", "hard_swish": .hardSwish
    case "square": .square
    case "sqrt": .sqrt
    case "abs": .abs
    case "log": .log
    case "log1p": .log1p
    default: nil
    }
  }
}
