import JSON
import Models

extension LayerTranslator {
  /// Dense: on the last axis, as Keras does it.
  /// TimeDistributed around it changes nothing.
  mutating func dense(_ node: Int, _ shape: [Int]) throws -> Translation {
    let layer = graph.nodes[node].layer.distributed
    let tensors = try tensors(node)
    let inputs = shape.last ?? 1
    let units = (layer.config["units"] ?? layer.config["output_dim"])?.integer ?? tensors["bias"]?.count
    guard let units = units ?? tensors["kernel"]?.shape.last else {
      throw unsupported(node, "the number of units is not known")
    }
    let kernel = try require(tensors["kernel"], "kernel", [inputs, units], node)
    let bias = try tensors["bias"].map { try require($0, "bias", [units], node) }
    return Translation(
      layers: [
        Layer(
          .dense(Dense(weight: kernel, layout: .kernel, bias: bias)), activation: try activation(node, of: layer),
          name: graph.nodes[node].layer.name)
      ], shape: shape.dropLast() + [units])
  }

  /// Embedding of a category, which comes in one-hot.
  func embedding(_ node: Int, _ shape: [Int]) throws -> Translation {
    let layer = graph.nodes[node].layer
    guard graph.isBeside[node], shape.count == 1, let input = graph.nodes[node].inputs.first else {
      throw unsupported(node, "what is embedded has to be a category that is given beside x")
    }
    let table = try tensors(node)["embeddings"]
    let units = table?.shape.last ?? 0
    let kernel = try require(table, "embeddings", [shape[0], units], node)
    let isScalar = InputShape(graph.nodes[input.node].layer).extents?.isEmpty == true
    let output = isScalar ? [units] : [1, units]
    let dense = Layer(.dense(Dense(weight: kernel, layout: .kernel)), name: layer.name)
    return Translation(layers: [dense] + (isScalar ? [] : [Layer(.reshape(output))]), shape: output)
  }

  mutating func batchNormalization(_ node: Int, _ shape: [Int]) throws -> Translation {
    let layer = graph.nodes[node].layer
    // Keras 1: mode 1 normalizes each example by itself.
    if let mode = layer.config["mode"]?.integer, mode == 1 {
      throw unsupported(node, "batch normalization of mode 1", expected: "mode 0 or 2")
    }
    let axis = try axis(node, layer.config["axis"] ?? .number(-1), rank: shape.count)
    let channels = [shape[axis]]
    let tensors = try tensors(node)
    var result = BatchNormalization(
      mean: try require(tensors["moving_mean"], "moving mean", channels, node),
      variance: try require(tensors["moving_variance"], "moving variance", channels, node),
      scale: try tensors["gamma"].map { try require($0, "gamma", channels, node) },
      offset: try tensors["beta"].map { try require($0, "beta", channels, node) })
    result.epsilon = layer.config["epsilon"]?.double ?? 1e-3
    result.axis = axis
    return Translation(layers: [Layer(.batchNormalization(result), name: layer.name)], shape: shape)
  }

  /// An axis over one example's shape. Keras counts the batch as axis 0.
  func axis(_ node: Int, _ value: JSONValue, rank: Int) throws -> Int {
    guard let axes = value.integers, axes.count == 1, let axis = axes.first else {
      throw unsupported(node, "one axis was expected", found: value.summary)
    }
    let index = axis < 0 ? rank + axis : axis - 1
    guard (0..<rank).contains(index) else {
      throw unsupported(node, "there is no such axis", expected: "one of \(rank)", found: "axis \(axis)")
    }
    return index
  }

  /// A new shape for the same elements; one extent may be left open.
  func reshape(_ node: Int, _ shape: [Int], _ target: [Int]) throws -> Translation {
    var target = target
    let count = shape.reduce(1, *)
    if let open = target.firstIndex(where: { $0 < 0 }),
      let known = LayerTranslator.elements(target.filter { $0 >= 0 }), count % known == 0
    {
      target[open] = count / known
    }
    guard LayerTranslator.elements(target) == count else {
      throw unsupported(
        node, "the shapes have different numbers of elements", expected: "\(count) elements", found: "\(target)")
    }
    return Translation(layers: [Layer(.reshape(target), name: graph.nodes[node].layer.name)], shape: target)
  }

  /// Layers that only move elements: flatten, reshape, pooling, and what else has no weights.
  mutating func reshaping(_ node: Int, _ shape: [Int]) throws -> Translation {
    let layer = graph.nodes[node].layer
    switch layer.className {
    case "Flatten":
      if layer.config["data_format"]?.string == "channels_first", shape.count > 1 {
        // Keras moves the channels last before it flattens.
        let order = Array(1..<shape.count) + [0]
        return Translation(
          layers: [Layer(.permute(order)), Layer(.flatten, name: layer.name)], shape: [shape.reduce(1, *)])
      }
      return Translation(layers: [Layer(.flatten, name: layer.name)], shape: [shape.reduce(1, *)])
    case "Reshape":
      guard let target = layer.config["target_shape"]?.integers else {
        throw unsupported(node, "the target shape is missing")
      }
      return try reshape(node, shape, target)
    default: return try image(node, shape)
    }
  }
}
