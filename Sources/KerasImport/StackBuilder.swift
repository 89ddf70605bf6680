import JSON
import Models

/// Cuts a piece out of the graph, from one tensor to another, as a stack.
struct StackBuilder {
  let graph: KerasGraph
  var translator: LayerTranslator
  /// What the inputs beside x are, by their nodes.
  var covariates: [Int: Covariate] = [:]
  private var built = 0

  /// Branches that cross one another are written out several times; this many layers are no model any more.
  private static let largest = 10_000

  init(graph: KerasGraph, translator: LayerTranslator) {
    self.graph = graph
    self.translator = translator
  }

  /// A part of the way from one tensor to another.
  private enum Step {
    case layer(Int)
    /// A merging layer whose branches begin at the same node.
    case merge(Int, from: Int)
  }

  /// The layers on the way from an entry to an exit, and the shape that they make of the entry's.
  mutating func stack(from entry: Int, shape: [Int], to exit: Int, depth: Int = 0) throws -> (Stack, shape: [Int]) {
    guard depth < 64 else {
      throw ImportError(.tooLarge, file: graph.file, place: graph.place(of: exit), "branches are nested too deeply")
    }
    var steps: [Step] = []
    var current = exit
    while current != entry {
      let node = graph.nodes[current]
      guard let before = graph.dominators[current] else { throw unreachable(current, entry) }
      if MergeOperation(node) != nil, node.kind == .known, node.inputs.count > 1 {
        steps.append(.merge(current, from: before))
        current = before
      } else if node.inputs.count == 1, node.inputs[0].output == 0 {
        steps.append(.layer(current))
        current = node.inputs[0].node
      } else if node.isInput {
        throw unreachable(current, entry)
      } else {
        throw translator.unsupported(current, "it has \(node.inputs.count) inputs")
      }
    }
    var layers: [Layer] = []
    var shape = shape
    for step in steps.reversed() {
      switch step {
      case .layer(let node):
        let translation = try translator.translate(node, shape: shape)
        guard LayerTranslator.elements(translation.shape) != nil else {
          throw ImportError(
            .tooLarge, file: graph.file, place: graph.place(of: node), "what the layer makes is too large",
            found: "\(translation.shape)")
        }
        layers.append(translation)
        shape = translation.shape
      case .merge(let node, let start):
        let merged = try merge(node, from: start, shape: shape, depth: depth)
        layers.append(merged.0)
        shape = merged.shape
      }
      built += 1
      guard built < StackBuilder.largest else {
        throw ImportError(.tooLarge, file: graph.file, "the branches cross too often to be written as stacks")
      }
    }
    return (Stack(layers.joiningCovariates()), shape)
  }

  private func unreachable(_ node: Int, _ entry: Int) -> ImportError {
    ImportError(
      .badConfiguration, file: graph.file, place: graph.place(of: node),
      "the layer does not depend on \(graph.nodes[entry].layer.title) alone")
  }

  private mutating func merge(
    _ node: Int, from start: Int, shape: [Int], depth: Int
  ) throws -> (Layer, shape: [Int]) {
    let layer = graph.nodes[node].layer
    var branches: [Stack] = []
    var shapes: [[Int]] = []
    for tensor in graph.nodes[node].inputs {
      guard tensor.output == 0 else { throw translator.unsupported(tensor.node, "it has several outputs") }
      let branch =
        try graph.isBeside[tensor.node] && !graph.isBeside[node]
        ? branchBeside(tensor.node, shape: shape, depth: depth + 1)
        : stack(from: start, shape: shape, to: tensor.node, depth: depth + 1)
      branches.append(branch.0)
      shapes.append(branch.shape)
    }
    guard let operation = MergeOperation(graph.nodes[node]) else {
      throw translator.unsupported(node, "no layer of the model format does this")
    }
    guard case .concatenation(let joined) = operation else {
      return try combine(branches, shapes, operation, node)
    }
    let rank = shapes[0].count
    let axis = try translator.axis(node, .number(Double(joined)), rank: rank)
    // The model format joins channels, which are first in an image of that kind.
    let isFirst = rank == 3 && translator.dataFormat == .channelsFirst
    guard axis == (isFirst ? 0 : rank - 1) else {
      throw translator.unsupported(node, "only channels can be joined", found: "axis \(axis + 1)")
    }
    var total = shapes[0]
    total[axis] = 0
    for shape in shapes {
      var expected = shape
      guard shape.count == rank else { throw translator.unsupported(node, "different ranks", found: "\(shapes)") }
      expected[axis] = total[axis]
      guard expected == total else { throw translator.unsupported(node, "different extents", found: "\(shapes)") }
      total[axis] += shape[axis]
    }
    return (Layer(.concatenation(branches), name: layer.name), total)
  }

  /// Branches of one shape combined element by element.
  private func combine(
    _ branches: [Stack], _ shapes: [[Int]], _ operation: MergeOperation, _ node: Int
  ) throws -> (Layer, shape: [Int]) {
    let name = graph.nodes[node].layer.name
    if operation == .product, let shape = StackBuilder.broadcast(shapes) {
      return (Layer(.product(branches), name: name), shape)
    }
    guard Set(shapes).count == 1, let shape = shapes.first else {
      throw translator.unsupported(node, "it combines tensors of different shapes", found: "\(shapes)")
    }
    func scaled(_ stack: Stack, _ factor: Double) -> Stack {
      Stack(
        stack.layers
          + [.affine(scale: factor, offset: 0, channels: shape.last ?? 1, axis: shape.count - 1, name: name)])
    }
    let branches = operation == .average ? branches.map { scaled($0, 1 / Double(branches.count)) } : branches
    guard var result = branches.last else { throw translator.unsupported(node, "it combines nothing") }
    func sum(_ a: Stack, _ b: Stack) -> Stack { Stack([Layer(.residual(body: a, shortcut: b), name: name)]) }
    // a + b + c is a + (b + c).
    for branch in branches.dropLast().reversed() {
      switch operation {
      case .difference: result = sum(branch, scaled(result, -1))
      // max(a, b) = b + max(a − b, 0), and min(a, b) = a − max(a − b, 0).
      case .maximum, .minimum:
        var positive = sum(branch, scaled(result, -1))
        positive.layers[0].activation = .relu
        result = operation == .maximum ? sum(positive, result) : sum(branch, scaled(positive, -1))
      default: result = sum(branch, result)
      }
    }
    guard let layer = result.layers.first, result.layers.count == 1 else {
      throw translator.unsupported(node, "it combines nothing")
    }
    return (layer, shape)
  }

  /// The shape that tensors of these shapes are repeated to, axis by axis; nil where they don't fit.
  private static func broadcast(_ shapes: [[Int]]) -> [Int]? {
    guard let first = shapes.first, shapes.allSatisfy({ $0.count == first.count }) else { return nil }
    var result = first
    for shape in shapes.dropFirst() {
      for axis in result.indices where shape[axis] != result[axis] {
        guard shape[axis] == 1 || result[axis] == 1 else { return nil }
        result[axis] = max(shape[axis], result[axis])
      }
    }
    return result
  }
}

extension StackBuilder {
  /// What depends on an input beside x, as a branch that begins at a node of the main path: it takes nothing of what it is
  /// given, and the covariate in its place.
  mutating func branchBeside(
    _ exit: Int, shape: [Int], depth: Int
  ) throws -> (Stack, shape: [Int]) {
    guard let entry = graph.dominatorChain(of: exit).last, graph.nodes[entry].isInput else {
      throw translator.unsupported(exit, "it joins several inputs beside x before they meet x; join them one by one")
    }
    let covariate = covariates[entry] ?? graph.covariate(entry)
    let elements = shape.reduce(1, *)
    let width = covariate.width
    var values = [Float](repeating: 0, count: (elements + width) * width)
    for column in 0..<width { values[(elements + column) * width + column] = 1 }
    var dense = Dense(weight: Tensor(rows: elements + width, columns: width, values), layout: .kernel)
    dense.covariates = [covariate.name]
    let start = (shape.count > 1 ? [Layer(.flatten)] : []) + [Layer(.dense(dense), name: covariate.name)]
    let rest = try stack(from: entry, shape: [width], to: exit, depth: depth)
    return (Stack(start + rest.0.layers), rest.shape)
  }
}

extension [Layer] {
  /// Where a vector is joined to covariates and then goes into a fully connected layer, the covariates are that layer's.
  func joiningCovariates() -> [Layer] {
    var result: [Layer] = []
    for layer in self {
      guard case .dense(var dense) = layer.operation, dense.layout == .kernel, dense.covariates.isEmpty,
        let joined = result.last?.joinedCovariate
      else {
        result.append(layer)
        continue
      }
      let outputs = dense.weight.shape[1]
      if joined.isFirst {
        let rows = joined.width * outputs
        dense.weight.values = [Float](dense.weight.values[rows...] + dense.weight.values[..<rows])
      }
      dense.covariates = [joined.name]
      var replaced = layer
      replaced.operation = .dense(dense)
      result[result.count - 1] = replaced
    }
    return result
  }
}

extension Layer {
  /// The covariate that the layer joins to a vector, and does nothing else.
  fileprivate var joinedCovariate: (name: String, width: Int, isFirst: Bool)? {
    guard case .concatenation(let branches) = operation, activation == .identity, branches.count == 2,
      let own = branches.firstIndex(where: { $0.layers.isEmpty }),
      branches[1 - own].layers.count == 1, case .dense(let dense)? = branches[1 - own].layers.first?.operation,
      let name = dense.covariates.first
    else { return nil }
    return (name, dense.weight.shape[1], own == 1)
  }
}
