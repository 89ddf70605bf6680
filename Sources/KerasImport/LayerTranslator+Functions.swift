import Models

extension LayerTranslator {
  /// An operation on one tensor as layers.
  mutating func translate(_ function: TensorFunction, _ node: Int, _ shape: [Int]) throws -> Translation {
    let name = graph.nodes[node].layer.name
    switch function {
    case .identity: return Translation(layers: [], shape: shape)
    case .affine(let operation): return Translation(layers: [affine(operation, name: name, shape)], shape: shape)
    case .activation(let activation):
      return Translation(layers: [Layer(.activation, activation: activation, name: name)], shape: shape)
    case .flatten: return Translation(layers: [Layer(.flatten, name: name)], shape: [shape.reduce(1, *)])
    case .reshape(let target):
      return try reshape(node, shape, target)
    case .part(let index, let count, let axis):
      guard axis == -1 || axis == shape.count, let size = shape.last, size % count == 0 else {
        throw unsupported(node, "only the last axis can be parted, evenly", found: "\(count) parts of axis \(axis)")
      }
      return columns(index * (size / count)..<(index + 1) * (size / count), name, shape)
    case .columns(let from, let to, let axes):
      let size = shape.last ?? 0
      func position(_ value: Int) -> Int { value < 0 ? size + value : value }
      let (first, last) = (position(from ?? 0), min(size, position(to ?? size)))
      guard axes ?? shape.count + 1 == shape.count + 1, first >= 0, first < last else {
        throw unsupported(node, "only the last axis can be sliced", found: "\(shape)")
      }
      return columns(first..<last, name, shape)
    }
  }

  /// Some elements of the last axis: a fully connected layer of zeros and ones.
  private func columns(_ columns: Range<Int>, _ name: String, _ shape: [Int]) -> Translation {
    let size = shape.last ?? 1
    var weight = [Float](repeating: 0, count: size * columns.count)
    for (output, input) in columns.enumerated() { weight[input * columns.count + output] = 1 }
    let dense = Dense(weight: Tensor(rows: size, columns: columns.count, weight), layout: .kernel)
    return Translation(
      layers: [Layer(.dense(dense), name: name)], shape: shape.dropLast() + [columns.count], columns: columns)
  }
}

extension [Layer] {
  /// Appends a translation; columns of a fully connected layer are that layer with fewer outputs.
  mutating func append(_ translation: LayerTranslator.Translation) {
    if let columns = translation.columns, let narrowed = last?.narrowed(to: columns) {
      self[count - 1] = narrowed
    } else {
      self += translation.layers
    }
  }
}

extension Layer {
  /// The layer with some of its outputs; nil for layers that are not fully connected, and for activations that look at
  /// all outputs.
  func narrowed(to columns: Range<Int>) -> Layer? {
    guard case .dense(var dense) = operation, activation != .softmax, dense.layout == .kernel,
      dense.weight.shape.count == 2, columns.upperBound <= dense.weight.shape[1]
    else { return nil }
    let (rows, size) = (dense.weight.shape[0], dense.weight.shape[1])
    dense.weight = Tensor(
      rows: rows, columns: columns.count,
      (0..<rows).flatMap { row in columns.map { dense.weight.values[row * size + $0] } })
    dense.bias = dense.bias.map { Tensor(Array($0.values[columns])) }
    return Layer(.dense(dense), activation: activation, name: name)
  }
}
