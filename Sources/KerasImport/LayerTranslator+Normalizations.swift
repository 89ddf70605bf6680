import JSON
import Models

extension LayerTranslator {
  mutating func groupNormalization(_ node: Int, _ shape: [Int]) throws -> Translation {
    let layer = graph.nodes[node].layer
    let axis = try axis(node, layer.config["axis"] ?? .number(-1), rank: shape.count)
    // The model format normalizes channels, which are first in an image of that kind.
    let isFirst = shape.count > 1 && dataFormat == .channelsFirst
    guard axis == (isFirst ? 0 : shape.count - 1) else {
      throw unsupported(node, "only channels can be normalized in groups", found: "axis \(axis + 1)")
    }
    let channels = shape[axis]
    var groups = layer.config["groups"]?.integer ?? 32
    if groups == -1 { groups = channels }
    guard groups > 0, channels % groups == 0 else {
      throw unsupported(node, "its groups do not divide the channels", found: "\(groups) of \(channels)")
    }
    let tensors = try tensors(node)
    var result = GroupNormalization(
      groups: groups, scale: try tensors["gamma"].map { try require($0, "gamma", [channels], node) },
      offset: try tensors["beta"].map { try require($0, "beta", [channels], node) })
    result.epsilon = layer.config["epsilon"]?.double ?? 1e-3
    return Translation(layers: [Layer(.groupNormalization(result), name: layer.name)], shape: shape)
  }

  mutating func layerNormalization(_ node: Int, _ shape: [Int]) throws -> Translation {
    let layer = graph.nodes[node].layer
    if layer.config["rms_scaling"]?.bool == true { throw unsupported(node, "rms_scaling") }
    let value = layer.config["axis"] ?? .number(-1)
    guard let given = value.integers, !given.isEmpty else {
      throw unsupported(node, "axes were expected", found: value.summary)
    }
    let axes = try given.map { try axis(node, .number(Double($0)), rank: shape.count) }
    guard Set(axes).count == axes.count, axes == axes.sorted() else {
      throw unsupported(node, "axes were expected in their order", found: value.summary)
    }
    let size = axes.map { shape[$0] }
    let tensors = try tensors(node)
    var result = LayerNormalization(
      scale: try tensors["gamma"].map { try require($0, "gamma", size, node) },
      offset: try tensors["beta"].map { try require($0, "beta", size, node) })
    result.epsilon = layer.config["epsilon"]?.double ?? 1e-3
    if axes != [shape.count - 1] { result.axes = axes }
    return Translation(layers: [Layer(.layerNormalization(result), name: layer.name)], shape: shape)
  }

  /// (x − mean) / max(√variance, 1e-7) with moments that were adapted to data, or given.
  mutating func adaptedNormalization(_ node: Int, _ shape: [Int]) throws -> Translation {
    let layer = graph.nodes[node].layer
    let value = layer.config["axis"]
    guard let given = value == nil ? [] : value?.integers, given.count <= 1 else {
      throw unsupported(node, "only one axis can be normalized", found: value?.summary)
    }
    let axis = try given.first.map { try self.axis(node, .number(Double($0)), rank: shape.count) } ?? shape.count - 1
    let channels = shape[axis]
    func moment(_ name: String) throws -> [Double] {
      let stored = try? tensors(node)[name]?.values.map(Double.init)
      let numbers = layer.config[name].map { JSONValue.numbers(in: $0) }
      guard let values = numbers ?? stored, values.count == 1 || values.count == channels else {
        throw unsupported(node, "its \(name) is not known, or of another size than the axis", expected: "\(channels)")
      }
      return values.count == channels ? values : Array(repeating: values[0], count: channels)
    }
    let (mean, variance) = (try moment("mean"), try moment("variance"))
    let deviation = variance.map { max($0.squareRoot(), 1e-7) }
    let isInverse = layer.config["invert"]?.bool == true
    func tensor(_ values: [Double]) -> Tensor { Tensor(values.map { Float($0) }) }
    var result: BatchNormalization
    if isInverse {
      result = BatchNormalization(
        mean: tensor(mean.map { _ in 0 }), variance: tensor(mean.map { _ in 1 }), scale: tensor(deviation),
        offset: tensor(mean))
    } else {
      result = BatchNormalization(mean: tensor(mean), variance: tensor(deviation.map { $0 * $0 }))
    }
    result.epsilon = 0
    result.axis = axis
    return Translation(layers: [Layer(.batchNormalization(result), name: layer.name)], shape: shape)
  }

  /// A factor and an offset for each channel.
  func rescaling(_ node: Int, _ shape: [Int]) throws -> Translation {
    let layer = graph.nodes[node].layer
    let channels = shape.last ?? 1
    func numbers(_ name: String, _ otherwise: Double) throws -> Tensor {
      let values = layer.config[name].map { JSONValue.numbers(in: $0) } ?? [otherwise]
      guard values.count == 1 || values.count == channels, values.allSatisfy(\.isFinite) else {
        throw unsupported(node, "one \(name) was expected, or one for each of \(channels) channels")
      }
      return Tensor((0..<channels).map { Float(values[values.count == 1 ? 0 : $0]) })
    }
    let same = [Float](repeating: 0, count: channels)
    var result = BatchNormalization(
      mean: Tensor(same), variance: Tensor(same.map { _ in 1 }), scale: try numbers("scale", 1),
      offset: try numbers("offset", 0))
    result.epsilon = 0
    result.axis = shape.count - 1
    return Translation(layers: [Layer(.batchNormalization(result), name: layer.name)], shape: shape)
  }

  /// PReLU: one slope for all, one a channel, or one an element.
  mutating func parametricReLU(_ node: Int, _ shape: [Int]) throws -> Translation {
    let name = graph.nodes[node].layer.name
    guard let alpha = try tensors(node)["alpha"], let first = alpha.values.first else {
      throw unsupported(node, "its slopes are missing")
    }
    if alpha.values.allSatisfy({ $0 == first }) {
      return Translation(
        layers: [Layer(.activation, activation: .leakyReLU(alpha: first), name: name)], shape: shape)
    }
    let isFirst = shape.count == 3 && dataFormat == .channelsFirst
    let channelAxis = isFirst ? 0 : shape.count - 1
    let flat = Tensor(alpha.values)
    guard alpha.shape.count == shape.count, zip(alpha.shape, shape).allSatisfy({ $0 == $1 || $0 == 1 }) else {
      throw unsupported(node, "its slopes are of another shape", expected: "\(shape)", found: "\(alpha.shape)")
    }
    if alpha.count == shape[channelAxis], alpha.shape[channelAxis] == shape[channelAxis] {
      return Translation(layers: [Layer(.activation, activation: .prelu(slope: flat), name: name)], shape: shape)
    }
    guard alpha.shape == shape else {
      throw unsupported(node, "its slopes are shared along some axes", expected: "one a channel, or one an element")
    }
    return Translation(
      layers: [
        Layer(.flatten), Layer(.activation, activation: .prelu(slope: flat), name: name), Layer(.reshape(shape)),
      ], shape: shape)
  }

  /// Softmax along any one axis.
  func softmax(_ node: Int, _ shape: [Int]) throws -> Translation {
    let layer = graph.nodes[node].layer
    let axis = try axis(node, layer.config["axis"] ?? .number(-1), rank: shape.count)
    // An image that is channels-first is normalized along its channels by the model format.
    let usual = shape.count == 3 && dataFormat == .channelsFirst ? 0 : shape.count - 1
    let softmax = Layer(.activation, activation: .softmax, name: layer.name)
    if axis == usual { return Translation(layers: [softmax], shape: shape) }
    guard shape.count != 3 || dataFormat != .channelsFirst else {
      throw unsupported(node, "only channels can be normalized", found: "axis \(axis + 1)")
    }
    var order = shape.indices.filter { $0 != axis }
    order.append(axis)
    let back = shape.indices.compactMap { order.firstIndex(of: $0) }
    return Translation(layers: [Layer(.permute(order)), softmax, Layer(.permute(back))], shape: shape)
  }
}

extension JSONValue {
  /// All numbers in a value, however nested.
  static func numbers(in value: JSONValue) -> [Double] {
    if let number = value.double { return [number] }
    return (value.array ?? []).flatMap { numbers(in: $0) }
  }
}
