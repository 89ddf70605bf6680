import JSON

/// Reads the configuration of a model in the dialects of Keras 1, 2 and 3.
struct KerasModelParser {
  let file: String

  /// The model of a `model_config`; nil where the configuration is of a class that keeps its layers to itself.
  static func model(_ value: JSONValue, file: String) throws -> KerasModel? {
    try KerasModelParser(file: file).model(value, name: nil)
  }

  /// Whether a value looks like the configuration of a model or a layer.
  static func isConfiguration(_ value: JSONValue) -> Bool {
    value["class_name"]?.string != nil && value["config"] != nil
  }

  func problem(_ place: String?, _ message: String, found: JSONValue? = nil) -> ImportError {
    ImportError(.badConfiguration, file: file, place: place, message, found: found?.summary)
  }

  private func model(_ value: JSONValue, name givenName: String?) throws -> KerasModel? {
    guard let className = value["class_name"]?.string, let config = value["config"] else {
      throw problem(givenName, "a model's configuration has a class_name and a config", found: value)
    }
    let name = config["name"]?.string ?? value["name"]?.string ?? givenName ?? className.lowercased()
    // Keras 1 has the list of layers where later dialects have an object.
    if let layers = config.array ?? (config["output_layers"] == nil ? config["layers"]?.array : nil) {
      guard className == "Sequential" || config.array != nil || !layers.isEmpty else { return nil }
      return KerasModel(
        name: name, className: className, layers: try unique(layers.enumerated().map { try layer($1, $0) }, in: name),
        inputs: [], outputs: [], isSequential: true)
    }
    if let layers = config["layers"]?.array {
      let parsed = try unique(layers.enumerated().map { try layer($1, $0) }, in: name)
      let names = Set(parsed.map(\.name))
      var model = KerasModel(
        name: name, className: className, layers: parsed, inputs: [], outputs: [], isSequential: false)
      model.inputs = tensors(config["input_layers"], names)
      model.outputs = tensors(config["output_layers"], names)
      guard !model.outputs.isEmpty else { throw problem(name, "the configuration names no output") }
      try InboundNodes(file: file, names: names).connect(&model, layers)
      return model
    }
    return try composed(className, config, name: name)
  }

  /// A model of the author's own class that stores the models it is made of.
  private func composed(_ className: String, _ config: JSONValue, name: String) throws -> KerasModel? {
    var parts: [KerasLayer] = []
    for (key, part) in (config.object ?? [:]).sorted(by: { $0.key < $1.key })
    where KerasModelParser.isConfiguration(part) && part["config"]?["layers"] != nil {
      guard let model = try model(part, name: key) else { continue }
      parts.append(
        KerasLayer(name: key, className: model.className, module: nil, config: .null, calls: [], model: model))
    }
    guard !parts.isEmpty else { return nil }
    return KerasModel(name: name, className: className, layers: parts, inputs: [], outputs: [], isSequential: false)
  }

  private func unique(_ layers: [KerasLayer], in model: String) throws -> [KerasLayer] {
    var names: Set<String> = []
    for layer in layers where !names.insert(layer.name).inserted {
      throw problem(model, "two layers have the same name, \(layer.name)")
    }
    return layers
  }

  private func layer(_ value: JSONValue, _ index: Int) throws -> KerasLayer {
    guard let className = value["class_name"]?.string, let config = value["config"] else {
      throw problem("layer \(index)", "a layer's configuration has a class_name and a config", found: value)
    }
    let name =
      value["name"]?.string ?? config["name"]?.string ?? "\(TreeWeights.snakeCase(className))_\(index)"
    let isModel = config["layers"] != nil || (className == "Sequential" && config.array != nil)
    var inner: KerasModel?
    if isModel {
      inner = try model(value, name: name)
      inner?.name = name
    }
    return KerasLayer(
      name: name, className: className, module: value["module"]?.string, config: config, calls: [], model: inner)
  }

  /// All tensors referred to in a value, in order.
  private func tensors(_ value: JSONValue?, _ names: Set<String>) -> [KerasTensor] {
    guard let value else { return [] }
    return InboundNodes(file: file, names: names).references(in: value)
  }
}

/// How each dialect writes which tensors a layer is called with.
struct InboundNodes {
  let file: String
  let names: Set<String>

  /// Fills in the calls of each layer.
  func connect(_ model: inout KerasModel, _ values: [JSONValue]) throws {
    for (index, value) in values.enumerated() {
      guard let nodes = value["inbound_nodes"]?.array else { continue }
      let isInput = model.layers[index].className == "InputLayer"
      model.layers[index].calls = nodes.map(call)
      if !isInput, let empty = model.layers[index].calls.first(where: \.inputs.isEmpty) {
        throw ImportError(
          .badConfiguration, file: file, place: model.layers[index].name, "the layer is called with nothing known",
          found: empty.constants.isEmpty ? nil : empty.constants.keys.sorted().joined(separator: ", "))
      }
    }
  }

  private func call(_ node: JSONValue) -> KerasCall {
    // Keras 3: {"args": […], "kwargs": {…}}.
    if let arguments = node["args"]?.array {
      var call = KerasCall(inputs: references(in: .array(arguments)), constants: [:])
      for (position, argument) in arguments.enumerated()
      where !argument.isNull && references(in: argument).isEmpty {
        call.constants["\(position)"] = argument
      }
      for (key, value) in (node["kwargs"]?.object ?? [:]).sorted(by: { $0.key < $1.key }) {
        add(key, value, to: &call)
      }
      return call
    }
    // Keras 2: [["name", call, output, {"y": …}], …], or such an entry alone.
    guard let entries = node.array else { return KerasCall(inputs: [], constants: [:]) }
    var call = KerasCall(inputs: [], constants: [:])
    for (position, entry) in (entries.first?.string == nil ? entries : [node]).enumerated() {
      guard let parts = entry.array else { continue }
      if let tensor = reference(parts) {
        call.inputs.append(tensor)
      } else if parts.first?.string == "_CONSTANT_VALUE", parts.count > 2 {
        call.constants["\(position)"] = parts[2]
      } else {
        call.inputs += references(in: entry)
      }
      guard parts.count > 3, let keywords = parts[3].object else { continue }
      for (key, value) in keywords.sorted(by: { $0.key < $1.key }) { add(key, value, to: &call) }
    }
    return call
  }

  private func add(_ key: String, _ value: JSONValue, to call: inout KerasCall) {
    let tensors = references(in: value)
    call.inputs += tensors
    if tensors.isEmpty, !value.isNull { call.constants[key] = value }
  }

  /// All tensors referred to in a value, in order.
  func references(in value: JSONValue) -> [KerasTensor] {
    if let parts = value.array {
      if let tensor = reference(parts) { return [tensor] }
      return parts.flatMap { references(in: $0) }
    }
    guard let members = value.object else { return [] }
    if value["class_name"]?.string == "__keras_tensor__" {
      return value["config"]?["keras_history"]?.array.flatMap(reference).map { [$0] } ?? []
    }
    return members.sorted { $0.key < $1.key }.flatMap { references(in: $0.value) }
  }

  private func reference(_ parts: [JSONValue]) -> KerasTensor? {
    guard parts.count >= 3, let name = parts[0].string, names.contains(name), let call = parts[1].integer,
      let output = parts[2].integer, call >= 0, output >= 0
    else { return nil }
    return KerasTensor(layer: name, call: call, output: output)
  }
}
