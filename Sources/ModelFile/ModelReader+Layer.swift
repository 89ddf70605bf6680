import HDF5
import Models

extension ModelReader {
  /// The layers of a stack; those with problems are left out, and the log says so.
  func stack(_ node: Node, depth: Int) -> Stack {
    guard log.admitsNesting(depth, node.path) else { return Stack() }
    return Stack(
      node.numbered(from: 0, "layers").compactMap { child in
        log.admitsLayer(child.path) ? layer(child, depth: depth) : nil
      })
  }

  private func layer(_ node: Node, depth: Int) -> Layer? {
    guard let kind = node.requiredWord("layer", Words.layers) else { return nil }
    let isPReLU = node.isWord("activation", "prelu")
    let operation = operation(kind, node, depth: depth, besides: isPReLU ? ["slope"] : [])
    let activation = activation(node, isRequired: kind == .activation)
    guard let operation, let activation else { return nil }
    return Layer(operation, activation: activation, name: node.string("name"))
  }

  private func activation(_ node: Node, isRequired: Bool) -> Activation? {
    let before = log.problems.count
    let word =
      isRequired
      ? node.requiredWord("activation", Words.activations) : node.word("activation", Words.activations) ?? .identity
    guard let word, log.problems.count == before else { return nil }
    switch word {
    case .leakyReLU(let alpha): return .leakyReLU(alpha: node.double("alpha").map { Float($0) } ?? alpha)
    case .celu(let alpha):
      let alpha = node.double("alpha").map { Float($0) } ?? alpha
      if alpha <= 0 { node.report("attribute alpha is \(alpha); expected more than 0") }
      return .celu(alpha: alpha)
    case .prelu:
      let slope = node.requiredTensor("slope")
      return slope.map { .prelu(slope: $0) }
    case .elu(let alpha): return .elu(alpha: node.double("alpha").map { Float($0) } ?? alpha)
    case .hardTanh(let least, let most):
      let least = node.double("min").map { Float($0) } ?? least
      let most = node.double("max").map { Float($0) } ?? most
      if least > most { node.report("attribute min is \(least) and max is \(most); expected min below max") }
      return .hardTanh(min: least, max: most)
    default: return word
    }
  }

  private func operation(
    _ kind: Words.LayerKind, _ node: Node, depth: Int, besides others: [String]
  ) -> Layer.Operation? {
    node.allow(only: datasets(of: kind) + others, in: "a layer \"\(kind.rawValue)\"")
    switch kind {
    case .dense: return dense(node).map(Layer.Operation.dense)
    case .convolution: return convolution(node).map(Layer.Operation.convolution)
    case .transposedConvolution: return transposedConvolution(node).map(Layer.Operation.transposedConvolution)
    case .batchNormalization: return batchNormalization(node).map(Layer.Operation.batchNormalization)
    case .layerNormalization: return layerNormalization(node).map(Layer.Operation.layerNormalization)
    case .activation: return .activation
    case .flatten: return .flatten
    case .reshape:
      guard let shape = required("shape", node, { node.integers("shape") }) else { return nil }
      if shape.isEmpty || !isReasonable(shape) {
        node.report("attribute shape is \(Wording.shape(shape)); expected positive numbers")
      }
      return .reshape(shape)
    case .maximumPooling: return pooling(.maximum, node).map(Layer.Operation.pooling)
    case .averagePooling: return pooling(.average, node).map(Layer.Operation.pooling)
    case .upsampling:
      let factor = required("factor", node) { node.integers("factor", count: 2, least: 1) }
      let mode = node.word("mode", Words.upsamplingModes) ?? .nearest
      let alignsCorners = node.boolean("align_corners") ?? false
      if alignsCorners, mode == .nearest { node.report("attribute align_corners goes with mode \"bilinear\"") }
      return factor.map {
        var layer = Upsampling(factor: $0, mode: mode)
        layer.alignsCorners = alignsCorners
        return .upsampling(layer)
      }
    case .crop: return required("cropping", node) { node.integers("cropping", count: 4, least: 0) }.map { .crop($0) }
    case .pad:
      let mode = node.word("mode", Words.paddingModes) ?? nil
      return required("padding", node) { node.integers("padding", count: 4, least: 0) }.map { sides in
        mode.map { .padBorder(sides, $0) } ?? .pad(sides)
      }
    case .convolution1D: return convolution(node, dimensions: 1).map(Layer.Operation.convolution1D)
    case .transposedConvolution1D:
      return transposedConvolution(node, dimensions: 1).map(Layer.Operation.transposedConvolution1D)
    case .groupNormalization:
      guard let groups = required("groups", node, { node.integers("groups", count: 1, least: 1) })?.first else {
        return nil
      }
      return .groupNormalization(groupNormalization(node, groups: groups))
    case .instanceNormalization: return .groupNormalization(groupNormalization(node, groups: nil))
    case .permute:
      guard let axes = required("axes", node, { node.integers("axes") }) else { return nil }
      if axes.sorted() != Array(axes.indices) || axes.isEmpty {
        node.report("attribute axes is \(Wording.shape(axes)); expected each axis of one example once, counted from 0")
      }
      return .permute(axes)
    case .pixelShuffle:
      let order = node.word("order", Words.shuffleOrders) ?? .pytorch
      return required("factor", node) { node.integers("factor", count: 2, least: 1) }.map {
        .pixelShuffle(PixelShuffle(factor: $0, order: order))
      }
    case .product:
      guard let factors = node.required("factors")?.numbered(from: 0, "factors") else { return nil }
      if factors.count < 2 { log.report(node.path(of: "factors"), "a product has two factors or more") }
      return .product(factors.map { stack($0, depth: depth + 1) })
    case .residual:
      let body = node.required("body").map { stack($0, depth: depth + 1) }
      let shortcut = node.optional("shortcut").map { stack($0, depth: depth + 1) }
      return body.map { .residual(body: $0, shortcut: shortcut ?? Stack()) }
    case .concat:
      guard let branches = node.required("branches")?.numbered(from: 0, "branches") else { return nil }
      if branches.isEmpty { log.report(node.path(of: "branches"), "there are no branches to join") }
      return .concatenation(branches.map { stack($0, depth: depth + 1) })
    }
  }

  private func datasets(of kind: Words.LayerKind) -> [String] {
    switch kind {
    case .dense, .convolution, .transposedConvolution, .convolution1D, .transposedConvolution1D:
      ["kernel", "weight", "bias"]
    case .batchNormalization: ["mean", "variance", "scale", "offset"]
    case .layerNormalization, .groupNormalization, .instanceNormalization: ["scale", "offset"]
    case .product: ["factors"]
    case .residual: ["body", "shortcut"]
    case .concat: ["branches"]
    case .activation, .flatten, .reshape, .maximumPooling, .averagePooling, .upsampling, .crop, .pad, .permute,
      .pixelShuffle:
      []
    }
  }

  /// An attribute that must be there.
  private func required<Value>(_ name: String, _ node: Node, _ read: () -> Value?) -> Value? {
    let before = log.problems.count
    let value = read()
    if value == nil, log.problems.count == before { node.report("attribute \(name) is missing") }
    return value
  }

  private func pooling(_ kind: Pooling.Kind, _ node: Node) -> Pooling? {
    let size = required("size", node) { node.integers("size", count: 2, least: 1) }
    let stride = node.integers("stride", count: 2, least: 1)
    let padding = padding(node)
    return size.map { Pooling(kind, size: $0, stride: stride, padding: padding) }
  }

  func padding(_ node: Node, dimensions: Int = 2) -> Padding {
    guard let type = log.attempt(node.path, { try node.group.attributeType("padding") }) else { return .valid }
    if type == .string { return node.word("padding", [("valid", .valid), ("same", .same)]) ?? .valid }
    guard let sides = node.integers("padding", count: 2 * dimensions, least: 0) else { return .valid }
    if dimensions == 1 { return .explicit(top: 0, bottom: 0, left: sides[0], right: sides[1]) }
    return .explicit(top: sides[0], bottom: sides[1], left: sides[2], right: sides[3])
  }

  private func batchNormalization(_ node: Node) -> BatchNormalization? {
    let mean = node.requiredTensor("mean", rank: 1)
    let variance = node.requiredTensor("variance", rank: 1)
    let scale = node.tensor("scale", rank: 1)
    let offset = node.tensor("offset", rank: 1)
    let epsilon = epsilon(node)
    let axis = node.integer("axis")
    if let axis, axis < 0 {
      node.report("attribute axis is \(axis); expected an axis of one example, counted from 0")
    }
    guard let mean, let variance else { return nil }
    node.expect("variance", variance, shape: mean.shape, because: "as mean has")
    node.expect("scale", scale, shape: mean.shape, because: "as mean has")
    node.expect("offset", offset, shape: mean.shape, because: "as mean has")
    node.expect("variance", variance, "0 or more") { $0 >= 0 }
    var layer = BatchNormalization(mean: mean, variance: variance, scale: scale, offset: offset)
    if let epsilon { layer.epsilon = epsilon }
    layer.axis = axis
    return layer
  }

  private func groupNormalization(_ node: Node, groups: Int?) -> GroupNormalization {
    let scale = node.tensor("scale", rank: 1)
    let offset = node.tensor("offset", rank: 1)
    if let scale { node.expect("offset", offset, shape: scale.shape, because: "as scale has") }
    var layer = GroupNormalization(groups: groups, scale: scale, offset: offset)
    if let epsilon = epsilon(node) { layer.epsilon = epsilon }
    return layer
  }

  private func layerNormalization(_ node: Node) -> LayerNormalization? {
    let axes = node.integers("axes")
    if let axes, axes.isEmpty || axes.contains(where: { $0 < 0 }) || Set(axes).count != axes.count {
      node.report("attribute axes is \(Wording.shape(axes)); expected different axes of one example, counted from 0")
    }
    let scale = node.tensor("scale", rank: axes == nil ? 1 : nil)
    let offset = node.tensor("offset", rank: axes == nil ? 1 : nil)
    if let scale { node.expect("offset", offset, shape: scale.shape, because: "as scale has") }
    var layer = LayerNormalization(scale: scale, offset: offset)
    if let epsilon = epsilon(node) { layer.epsilon = epsilon }
    layer.axes = axes
    return layer
  }

  private func epsilon(_ node: Node) -> Double? {
    guard let epsilon = node.double("epsilon") else { return nil }
    if epsilon < 0 { node.report("attribute epsilon is \(epsilon); expected 0 or more") }
    return epsilon
  }
}
