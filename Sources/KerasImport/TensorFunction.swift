import JSON
import Models

/// What an operation of TensorFlow or Keras does to its one tensor, where the model format can say it.
///
/// Only operations whose arguments are all understood are functions: one with an argument that this table doesn't know
/// is refused by name, never taken for what its name suggests.
enum TensorFunction: Equatable {
  /// An elementwise function, or softmax over the last axis.
  case activation(Activation)
  /// scale · x + offset for every element.
  case affine(ConstantOperation)
  /// A new shape, without the batch; −1 where it follows from the others.
  case reshape([Int])
  /// All axes but the batch joined into one.
  case flatten
  /// One of so many equal parts along an axis, counted with the batch; negative from the last.
  case part(Int, of: Int, axis: Int)
  /// Elements of the last axis, from one to before another; `axes` counts those sliced with the batch, nil for any.
  case columns(from: Int?, to: Int?, axes: Int?)
  /// Nothing that changes a number.
  case identity

  /// The function that a node computes; nil for layers, and for operations with several tensors or unknown arguments.
  init?(_ node: GraphNode) { self.init(node.layer, node.constants, node.inputs.count) }

  /// The function of a layer that is called with so many tensors and these constants.
  init?(_ layer: KerasLayer, _ constants: [String: JSONValue], _ tensors: Int) {
    guard tensors == 1, let function = GraphOperation(layer)?.function else { return nil }
    if let affine = ConstantOperation(layer, constants, tensors) {
      self = .affine(affine)
      return
    }
    let arguments = Arguments(layer, constants)
    let known: Set<String>
    switch function {
    case "clip", "clipbyvalue":
      guard let bounds = arguments.bounds else { return nil }
      self = .activation(.hardTanh(min: bounds.least, max: bounds.most))
      known = ["xmin", "xmax", "min", "max", "clipvaluemin", "clipvaluemax", "1", "2"]
    case "maximum", "minimum":
      guard let number = arguments.numbers.first, arguments.numbers.count == 1 else { return nil }
      let (infinite, bound) = (Float.greatestFiniteMagnitude, Float(number))
      self = .activation(
        function == "maximum" ? .hardTanh(min: bound, max: infinite) : .hardTanh(min: -infinite, max: bound))
      known = ["x", "x1", "x2", "y", "0", "1"]
    case "leakyrelu":
      self = .activation(.leakyReLU(alpha: Float(arguments.number("negativeslope", "alpha", "1") ?? 0.2)))
      known = ["negativeslope", "alpha", "1"]
    case "celu":
      let alpha = arguments.number("alpha", "1") ?? 1
      guard alpha > 0 else { return nil }
      self = .activation(.celu(alpha: Float(alpha)))
      known = ["alpha", "1"]
    case "hardsigmoid":
      // TensorFlow has none; Keras 3's is this.
      guard layer.module != nil else { return nil }
      self = .activation(.hardSigmoid)
      known = []
    case "power", "pow":
      guard let exponent = arguments.number("1", "x2", "y"), exponent == 2 || exponent == 0.5 else { return nil }
      self = .activation(exponent == 2 ? .square : .sqrt)
      known = ["1", "x2", "y"]
    case "elu":
      self = .activation(.elu(alpha: Float(arguments.number("alpha", "1") ?? 1)))
      known = ["alpha", "1"]
    case "gelu":
      // Keras' operation approximates unless told not to; TensorFlow's doesn't.
      let isKeras = layer.module != nil
      self = .activation(arguments.boolean("approximate", "1") ?? isKeras ? .geluTanh : .gelu)
      known = ["approximate", "1"]
    case "softmax":
      guard [nil, -1].contains(arguments.number("axis", "1")) else { return nil }
      self = .activation(.softmax)
      known = ["axis", "1"]
    case "part":
      guard let count = arguments.number("indicesorsections", "numorsizesplits", "1").flatMap({ Int(exactly: $0) }),
        let index = arguments.number("part").flatMap({ Int(exactly: $0) }), count > index, index >= 0,
        let axis = Int(exactly: arguments.number("axis", "2") ?? 0)
      else { return nil }
      self = .part(index, of: count, axis: axis)
      known = ["part", "indicesorsections", "numorsizesplits", "axis", "1", "2"]
    case "getitem":
      guard let columns = arguments.columns else { return nil }
      self = columns
      known = ["slicespec", "1"]
    case "reshape":
      guard let shape = arguments.list("newshape", "shape", "1"), shape.count > 1 else { return nil }
      // Keras' operation is configured with or without the batch, as it was called.
      guard shape.first == -1 else { return nil }
      self = .reshape(Array(shape.dropFirst()))
      known = ["newshape", "shape", "1"]
    case "identity", "stopgradient":
      self = .identity
      known = []
    case "cast":
      guard arguments.text("dtype", "1")?.hasPrefix("float") == true else { return nil }
      self = .identity
      known = ["dtype", "1"]
    default:
      guard let activation = TensorFunction.plain[function] else { return nil }
      self = .activation(activation)
      known = []
    }
    guard arguments.names.isSubset(of: known) else { return nil }
  }

  /// The functions without arguments, by their plain names.
  private static let plain: [String: Activation] = [
    "relu": .relu, "relu6": .hardTanh(min: 0, max: 6), "selu": .selu, "tanh": .tanh, "sigmoid": .sigmoid,
    "softplus": .softplus, "silu": .silu, "swish": .silu, "exp": .exp, "hardtanh": .hardTanh(min: -1, max: 1),
    "abs": .abs, "absolute": .abs, "square": .square, "sqrt": .sqrt, "log": .log, "log1p": .log1p, "mish": .mish,
    "softsign": .softsign, "hardsilu": .hardSwish, "hardswish": .hardSwish,
  ]

  /// Whether every value that it gives is positive, or zero.
  var isPositive: Bool {
    switch self {
    case .activation(let activation): activation.isPositive
    default: false
    }
  }
}

extension Activation {
  /// Whether no value that the function gives is negative.
  var isPositive: Bool {
    switch self {
    case .relu, .sigmoid, .softplus, .exp, .softmax, .abs, .square, .sqrt, .hardSigmoid: true
    case .leakyReLU(let alpha): alpha <= 0
    case .hardTanh(let least, _): least >= 0
    default: false
    }
  }
}

/// The arguments of an operation beside its tensor, from wherever the versions of Keras keep them.
private struct Arguments {
  /// By plain names: lower case, without underscores; positions as digits.
  private var values: [String: JSONValue] = [:]

  init(_ layer: KerasLayer, _ constants: [String: JSONValue]) {
    for (key, value) in (layer.config.object ?? [:]) where !Arguments.irrelevant.contains(key) {
      values[Arguments.plain(key)] = value
    }
    for (key, value) in constants where key != "name" { values[Arguments.plain(key)] = value }
    values = values.filter { !$0.value.isNull }
  }

  private static let irrelevant: Set = ["name", "trainable", "dtype", "function"]
  private static func plain(_ key: String) -> String { key.lowercased().filter { $0 != "_" } }

  var names: Set<String> { Set(values.keys) }
  var numbers: [Double] { values.values.compactMap { KerasActivation.scalar($0) } }

  private func first<Value>(_ keys: [String], _ read: (JSONValue) -> Value?) -> Value? {
    keys.lazy.compactMap { values[$0] }.compactMap(read).first
  }

  func number(_ keys: String...) -> Double? { first(keys) { KerasActivation.scalar($0) } }
  func boolean(_ keys: String...) -> Bool? { first(keys, \.bool) }
  func text(_ keys: String...) -> String? { first(keys, \.string) }
  func list(_ keys: String...) -> [Int]? { first(keys, \.integers) }

  /// What a slice of the last axis alone keeps.
  var columns: TensorFunction? {
    guard let parts = first(["slicespec", "1"], \.array), let last = parts.last else { return nil }
    func bounds(_ value: JSONValue) -> (JSONValue, isSlice: Bool) {
      (value["config"] ?? value, value["class_name"]?.string.map { $0 == "__slice__" } ?? (value.object != nil))
    }
    var hasEllipsis = false
    for part in parts.dropLast() {
      let (members, isSlice) = bounds(part)
      if !isSlice { hasEllipsis = true }
      if !isSlice && part["class_name"]?.string != "__ellipsis__" { return nil }
      guard members["start"]?.integer ?? 0 == 0, members["stop"] == nil, members["step"]?.integer ?? 1 == 1 else {
        return nil
      }
    }
    let (members, isSlice) = bounds(last)
    guard isSlice, parts.count > 1, members["step"]?.integer ?? 1 == 1 else { return nil }
    for key in ["start", "stop"] where members[key] != nil && members[key]?.integer == nil { return nil }
    return .columns(
      from: members["start"]?.integer, to: members["stop"]?.integer, axes: hasEllipsis ? nil : parts.count)
  }

  /// The bounds of a clip; either may be left out.
  var bounds: (least: Float, most: Float)? {
    let least = number("xmin", "min", "clipvaluemin", "1")
    let most = number("xmax", "max", "clipvaluemax", "2")
    guard least != nil || most != nil, (least ?? -.infinity) <= (most ?? .infinity) else { return nil }
    // A bound that is a tensor, or a list, would be among the names and no number.
    let given = names.filter { $0 != "dtype" }
    guard given.count == [least, most].compactMap(\.self).count else { return nil }
    let infinite = Double(Float.greatestFiniteMagnitude)
    return (Float(max(least ?? -infinite, -infinite)), Float(min(most ?? infinite, infinite)))
  }
}
