import JSON

/// A model as Keras' configuration describes it: layers, and the calls that connect them.
struct KerasModel {
  var name: String
  var className: String
  var layers: [KerasLayer]
  /// The tensors that come in and go out, in order. Empty inputs of a Sequential model mean its first layer's.
  var inputs: [KerasTensor]
  var outputs: [KerasTensor]
  /// Whether layers follow one another without any reference.
  var isSequential: Bool
}

/// A layer, or a model used as one.
struct KerasLayer {
  var name: String
  var className: String
  /// The Python module, where Keras 3 says it.
  var module: String?
  var config: JSONValue
  var calls: [KerasCall]
  var model: KerasModel?
}

/// One use of a layer.
struct KerasCall {
  /// The tensors that the layer is called with, in the order of the arguments.
  var inputs: [KerasTensor]
  /// The numbers among the arguments, with the position or the name of each.
  var constants: [String: JSONValue]
}

/// A tensor by the layer that makes it, the number of the call and the number of the output.
struct KerasTensor: Hashable {
  var layer: String
  var call: Int
  var output: Int
}

extension KerasLayer {
  /// Whether the class is one of Keras' own layers rather than one of its operations, or of the author's.
  var isKerasLayer: Bool {
    guard let module else { return true }
    return module.hasPrefix("keras") && !module.contains(".ops")
  }

  /// Name and class, for messages.
  var title: String { "\(name) (\(className))" }
}

extension KerasModel {
  /// All layers that are not models, with the names of the models around each, joined by slashes.
  func leaves(prefix: String = "") -> [(path: String, layer: KerasLayer)] {
    layers.flatMap { layer in
      let path = prefix.isEmpty ? layer.name : prefix + "/" + layer.name
      return layer.model?.leaves(prefix: path) ?? [(path, layer)]
    }
  }

  /// The model itself or one inside it by name, with the path to it.
  func model(named name: String, prefix: String = "") -> (model: KerasModel, path: String)? {
    if prefix.isEmpty, self.name == name { return (self, "") }
    for layer in layers {
      guard let inner = layer.model else { continue }
      let path = prefix.isEmpty ? layer.name : prefix + "/" + layer.name
      if layer.name == name { return (inner, path) }
      if let found = inner.model(named: name, prefix: path) { return found }
    }
    return nil
  }
}
