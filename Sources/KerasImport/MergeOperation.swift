import JSON

/// A layer, or an operation of Keras or TensorFlow, that makes one tensor of several, element by element or side by side.
enum MergeOperation: Equatable {
  case sum
  case product
  /// The first less the second.
  case difference
  case average
  case maximum
  case minimum
  /// Joined along an axis, counted with the batch; negative from the last.
  case concatenation(axis: Int)

  /// The operation of a layer that is called with so many tensors; nil for other layers and with unknown arguments.
  init?(_ layer: KerasLayer, _ constants: [String: JSONValue], _ tensors: Int) {
    guard tensors > 0 else { return nil }
    if layer.isKerasLayer, layer.model == nil, GraphOperation(layer) == nil {
      switch layer.className {
      case "Add": self = .sum
      case "Multiply": self = .product
      case "Subtract": self = .difference
      case "Average": self = .average
      case "Maximum": self = .maximum
      case "Minimum": self = .minimum
      case "Concatenate":
        guard let axis = (layer.config["axis"] ?? .number(-1)).integer else { return nil }
        self = .concatenation(axis: axis)
      default: return nil
      }
      return
    }
    guard tensors > 1, let operation = GraphOperation(layer) else { return nil }
    let given = constants.filter { $0.key != "name" && $0.key != "axis" && !$0.value.isNull }
    guard given.isEmpty else { return nil }
    switch operation.function {
    case "add": self = .sum
    case "multiply": self = .product
    case "subtract": self = .difference
    case "maximum": self = .maximum
    case "minimum": self = .minimum
    case "concatenate", "concat":
      guard let axis = (constants["axis"] ?? layer.config["axis"] ?? .number(-1)).integer else { return nil }
      self = .concatenation(axis: axis)
    default: return nil
    }
    if self == .difference, tensors != 2 { return nil }
  }

  init?(_ node: GraphNode) { self.init(node.layer, node.constants, node.inputs.count) }
}
