import JSON
import Models

/// One use of a layer in the graph that remains when all models inside models are opened.
struct GraphNode {
  let layer: KerasLayer
  /// The names of the models around the layer and its own, joined by slashes.
  let path: String
  let inputs: [GraphTensor]
  let constants: [String: JSONValue]
  /// What is known of the computation: that of operations depends on their arguments as well.
  let kind: KerasLayerKind

  init(layer: KerasLayer, path: String, inputs: [GraphTensor], constants: [String: JSONValue]) {
    self.layer = layer
    self.path = path
    self.inputs = inputs
    self.constants = constants
    let byClass = KerasLayerKind(layer)
    let isUnderstood =
      byClass == .opaque
      && (TensorFunction(layer, constants, inputs.count) != nil
        || MergeOperation(layer, constants, inputs.count) != nil)
    kind = isUnderstood ? .known : byClass
  }

  var isInput: Bool { layer.className == "InputLayer" }
}

/// An output of a node.
struct GraphTensor: Hashable {
  var node: Int
  var output = 0
}

/// The calls of all layers, each after those that it takes its inputs from.
struct KerasGraph {
  let file: String
  let name: String
  fileprivate(set) var nodes: [GraphNode] = []
  fileprivate(set) var outputs: [GraphTensor] = []
  /// The nodes that take an output of each node.
  private(set) var consumers: [[Int]] = []
  /// For each node whether it depends on inputs alone that are neither x nor z: what the model is given besides.
  private(set) var isBeside: [Bool] = []
  /// For each node the last one that every path from an input leads through; nil for none. Of what depends on x or z, paths
  /// from what is given besides don't count.
  private(set) var dominators: [Int?] = []
  private var depths: [Int] = []
  /// For each node whether random numbers that an operation draws go into it.
  private(set) var isNoisy: [Bool] = []

  /// More calls than any model has; models inside models can multiply without end.
  static let largest = 10_000

  /// Opens a model.
  ///
  /// - Parameters:
  ///   - elements: Of several inputs, those of the one that is z; without, x is the largest.
  ///   - given: The names of what is known to be given beside.
  init(_ model: KerasModel, file: String, elements: Int? = nil, given: Set<String> = []) throws {
    self.file = file
    name = model.name
    var builder = GraphBuilder(file: file)
    outputs = try builder.open(model, prefix: "", inputs: nil)
    nodes = builder.nodes
    consumers = Array(repeating: [], count: nodes.count)
    for (index, node) in nodes.enumerated() {
      for tensor in node.inputs where consumers[tensor.node].last != index { consumers[tensor.node].append(index) }
    }
    let main = candidates(elements, given).first ?? inputs.first
    for (index, node) in nodes.enumerated() {
      isBeside.append(
        node.isInput
          ? index != main && !UsualNames.isNoise(node.layer.name)
          : !node.inputs.isEmpty && node.inputs.allSatisfy { isBeside[$0.node] })
      var common: Int?
      let tensors = isBeside[index] ? node.inputs : node.inputs.filter { !isBeside[$0.node] }
      for (position, tensor) in tensors.enumerated() {
        common = position == 0 ? tensor.node : common.flatMap { self.common($0, tensor.node) }
      }
      dominators.append(common)
      isNoisy.append(GraphOperation(node)?.function == "random" || node.inputs.contains { isNoisy[$0.node] })
      depths.append(common.map { depths[$0] + 1 } ?? 0)
    }
  }

  /// The inputs that x, or z, can be: of several that are no noise and are not given besides, those of the right size.
  private func candidates(_ elements: Int?, _ given: Set<String>) -> [Int] {
    let found = inputs.filter { !UsualNames.isNoise(nodes[$0].layer.name) }
    let unknown = found.filter { !given.contains(nodes[$0].layer.name) }
    let possible = unknown.isEmpty ? found : unknown
    guard possible.count > 1 else { return possible }
    let wanted = elements ?? possible.map { size($0) ?? .max }.max()
    return possible.filter { (size($0) ?? .max) == wanted }
  }

  private func size(_ input: Int) -> Int? {
    InputShape(nodes[input].layer).shape.flatMap { LayerTranslator.elements($0) }
  }

  /// Throws where it can't be told which of several inputs is x, or z of so many elements.
  func requireMainInput(elements: Int? = nil, given: Set<String> = []) throws {
    guard inputs.count > 1, candidates(elements, given).count != 1 else { return }
    throw ImportError(
      .undecided, file: file, place: name,
      "which of its inputs is \(elements == nil ? "x" : "z") can't be told by their sizes",
      expected: elements.map { "one input of \($0) elements, beside which others are given" }
        ?? "one input that is larger than those given beside it",
      found: inputs.map { "\(nodes[$0].layer.name) of \(size($0).map(String.init) ?? "unknown size")" }
        .joined(separator: ", "))
  }

  /// The inputs that are neither x nor z.
  var inputsBeside: [Int] { inputs.filter { isBeside[$0] } }

  /// What an input beside x is: a category where it is embedded, or one-hot as wide as it is; one number otherwise.
  func covariate(_ node: Int) -> Covariate {
    let width = InputShape(nodes[node].layer).shape.flatMap { LayerTranslator.elements($0) } ?? 1
    let sizes = consumers[node].compactMap { consumer in
      nodes[consumer].layer.className == "Embedding" ? nodes[consumer].layer.config["input_dim"]?.integer : nil
    }
    let name = nodes[node].layer.name
    guard let count = sizes.first ?? (width > 1 ? width : nil), count > 0 else {
      return Covariate(name, .continuous(size: 1))
    }
    return Covariate(name, .categorical((0..<count).map(String.init)))
  }

  /// The last node that every path to either of two nodes leads through.
  func common(_ a: Int, _ b: Int) -> Int? {
    var a = a
    var b = b
    while a != b {
      let step = depths[a] >= depths[b] ? a : b
      guard let above = dominators[step] else { return nil }
      if step == a { a = above } else { b = above }
    }
    return a
  }

  /// The last node that every path to any of the nodes leads through.
  func common(of nodes: [Int]) -> Int? {
    guard let first = nodes.first else { return nil }
    return nodes.dropFirst().reduce(first) { common, node in common.flatMap { self.common($0, node) } }
  }

  /// The nodes that every path to a node leads through, the node first.
  func dominatorChain(of node: Int) -> [Int] {
    Array(sequence(first: node) { dominators[$0] })
  }

  /// A node with its class and its neighbours, for messages.
  func place(of node: Int) -> String {
    let before = nodes[node].inputs.map { nodes[$0.node].layer.title }
    let after = consumers[node].map { nodes[$0].layer.title }
    var text = nodes[node].path
    if !before.isEmpty { text += ", after " + before.prefix(3).joined(separator: " and ") }
    if !after.isEmpty { text += ", before " + after.prefix(3).joined(separator: " and ") }
    return text
  }

  /// The inputs of the model.
  var inputs: [Int] { nodes.indices.filter { nodes[$0].isInput } }
}

/// Opens models inside models, in topological order and without recursion along the layers.
private struct GraphBuilder {
  let file: String
  var nodes: [GraphNode] = []
  private var parts: [GraphTensor: GraphTensor] = [:]

  private struct Call: Hashable {
    let layer: Int
    let number: Int
  }

  init(file: String) { self.file = file }

  private func problem(_ place: String, _ message: String) -> ImportError {
    ImportError(.badConfiguration, file: file, place: place, message)
  }

  private mutating func add(_ node: GraphNode) throws -> GraphTensor {
    var node = node
    if node.inputs.contains(where: { GraphOperation(nodes[$0.node])?.function == "split" }) {
      node = GraphNode(
        layer: node.layer, path: node.path, inputs: try node.inputs.map { try part($0) }, constants: node.constants)
    }
    guard nodes.count < KerasGraph.largest else {
      throw ImportError(.tooLarge, file: file, "the model has more than \(KerasGraph.largest) calls of layers")
    }
    nodes.append(node)
    return GraphTensor(node: nodes.count - 1)
  }

  /// One output of a split as an operation of its own, so that every operation has one output.
  private mutating func part(_ tensor: GraphTensor) throws -> GraphTensor {
    let split = nodes[tensor.node]
    guard GraphOperation(split)?.function == "split" else { return tensor }
    if let known = parts[tensor] { return known }
    var layer = split.layer
    layer.className = "Part"
    layer.module = "keras.ops"
    let arguments = (split.layer.config.object ?? [:]).merging(split.constants) { $1 }
    layer.config = JSONValue(arguments.merging(["part": .number(Double(tensor.output))]) { $1 })
    let made = try add(GraphNode(layer: layer, path: split.path, inputs: split.inputs, constants: [:]))
    parts[tensor] = made
    return made
  }

  private func path(_ layer: KerasLayer, _ prefix: String) -> String {
    prefix.isEmpty ? layer.name : prefix + "/" + layer.name
  }

  /// Adds a model's calls and returns its outputs.
  mutating func open(_ model: KerasModel, prefix: String, inputs: [GraphTensor]?) throws -> [GraphTensor] {
    model.isSequential
      ? try openSequence(model, prefix: prefix, input: inputs?.first)
      : try openGraph(model, prefix: prefix, inputs: inputs)
  }

  private mutating func openSequence(
    _ model: KerasModel, prefix: String, input: GraphTensor?
  ) throws -> [GraphTensor] {
    var current = input
    for layer in model.layers {
      let path = path(layer, prefix)
      if layer.className == "InputLayer" {
        if current == nil { current = try add(GraphNode(layer: layer, path: path, inputs: [], constants: [:])) }
        continue
      }
      if let inner = layer.model {
        let outputs = try open(inner, prefix: path, inputs: current.map { [$0] })
        guard outputs.count == 1 else { throw problem(path, "a layer of a Sequential model has one output") }
        current = outputs[0]
        continue
      }
      // A model that was never built has no InputLayer; its first layer may know the shape.
      let source = try current ?? add(GraphBuilder.impliedInput(of: layer, path: path))
      current = try add(GraphNode(layer: layer, path: path, inputs: [source], constants: [:]))
    }
    guard let current else { throw problem(model.name, "a model without layers") }
    return [current]
  }

  private static func impliedInput(of layer: KerasLayer, path: String) -> GraphNode {
    var config: [String: JSONValue] = [:]
    if let shape = layer.config["batch_input_shape"] ?? layer.config["batch_shape"] {
      config["batch_shape"] = shape
    } else if let size = layer.config["input_dim"] {
      config["batch_shape"] = .array([.null, size])
    }
    let input = KerasLayer(
      name: layer.name + "_input", className: "InputLayer", module: nil, config: JSONValue(config), calls: [],
      model: nil)
    return GraphNode(layer: input, path: path + "_input", inputs: [], constants: [:])
  }

  private mutating func openGraph(
    _ model: KerasModel, prefix: String, inputs: [GraphTensor]?
  ) throws -> [GraphTensor] {
    let indices = Dictionary(model.layers.enumerated().map { ($1.name, $0) }) { first, _ in first }
    let numbering = CallNumbering(model)
    var made: [Call: [GraphTensor]] = [:]
    if let inputs {
      guard inputs.count == model.inputs.count else {
        throw problem(prefix, "the model is called with \(inputs.count) tensors and takes \(model.inputs.count)")
      }
      for (tensor, input) in zip(inputs, model.inputs) {
        if let index = indices[input.layer] { made[Call(layer: index, number: 0)] = [tensor] }
      }
    }
    func call(_ tensor: KerasTensor) throws -> Call {
      guard let index = indices[tensor.layer], let number = numbering.position(of: tensor) else {
        throw problem(
          tensor.layer, "call \(tensor.call) of this layer is referred to and does not exist")
      }
      return Call(layer: index, number: number)
    }
    var waiting: Set<Call> = []
    for (index, layer) in model.layers.enumerated() {
      for number in 0..<max(layer.calls.count, layer.className == "InputLayer" ? 1 : 0) {
        var stack = [Call(layer: index, number: number)]
        while let top = stack.last {
          if made[top] != nil {
            stack.removeLast()
            continue
          }
          let layer = model.layers[top.layer]
          let use = top.number < layer.calls.count ? layer.calls[top.number] : KerasCall(inputs: [], constants: [:])
          let needed = try use.inputs.map(call)
          let unmet = needed.filter { made[$0] == nil }
          if unmet.isEmpty {
            let tensors = try zip(needed, use.inputs).map {
              try output(of: made[$0] ?? [], $1, isModel: model.layers[$0.layer].model != nil)
            }
            made[top] = try open(layer, use, tensors, path: path(layer, prefix))
            stack.removeLast()
          } else {
            guard waiting.insert(top).inserted else { throw problem(path(layer, prefix), "the layers form a circle") }
            stack += unmet
          }
        }
      }
    }
    return try model.outputs.map { tensor in
      let source = try call(tensor)
      return try output(of: made[source] ?? [], tensor, isModel: model.layers[source.layer].model != nil)
    }
  }

  private mutating func open(
    _ layer: KerasLayer, _ call: KerasCall, _ inputs: [GraphTensor], path: String
  ) throws -> [GraphTensor] {
    if let inner = layer.model { return try open(inner, prefix: path, inputs: inputs) }
    return [try add(GraphNode(layer: layer, path: path, inputs: inputs, constants: call.constants))]
  }

  private func output(of made: [GraphTensor], _ tensor: KerasTensor, isModel: Bool) throws -> GraphTensor {
    if !isModel, var only = made.first {
      only.output = max(only.output, tensor.output)
      return only
    }
    guard made.indices.contains(tensor.output) else {
      throw problem(tensor.layer, "output \(tensor.output) is referred to; there are \(made.count)")
    }
    return made[tensor.output]
  }
}

/// Which call of a layer a number refers to.
///
/// Models inside models may count their own making as call 0, which is not among the calls listed.
private struct CallNumbering {
  private var counts: [String: Int] = [:]
  private var offsets: [String: Int] = [:]

  init(_ model: KerasModel) {
    var referred: [String: Set<Int>] = [:]
    for tensor in model.layers.flatMap({ $0.calls.flatMap(\.inputs) }) + model.outputs {
      referred[tensor.layer, default: []].insert(tensor.call)
    }
    for layer in model.layers {
      let count = max(layer.calls.count, layer.className == "InputLayer" ? 1 : 0)
      counts[layer.name] = count
      let numbers = referred[layer.name] ?? []
      let countsItself = layer.model != nil && !numbers.contains(0) && numbers.contains { $0 >= count }
      offsets[layer.name] = countsItself ? 1 : 0
    }
  }

  func position(of tensor: KerasTensor) -> Int? {
    let position = tensor.call - (offsets[tensor.layer] ?? 0)
    guard position >= 0, position < counts[tensor.layer] ?? 0 else { return nil }
    return position
  }
}
