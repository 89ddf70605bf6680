import JSON
import Models

extension LayerTranslator {
  mutating func convolution(_ node: Int, _ shape: [Int]) throws -> Translation {
    let layer = graph.nodes[node].layer
    var image = try imageShape(node, shape)
    let tensors = try tensors(node)
    let groups = layer.config["groups"]?.integer ?? 1
    guard groups > 0, image.channels % groups == 0 else {
      throw unsupported(node, "its groups do not divide the channels", found: "\(groups) of \(image.channels)")
    }
    let filters = (layer.config["filters"] ?? layer.config["nb_filter"])?.integer ?? tensors["kernel"]?.shape.last ?? 0
    let size = try kernelSize(node, tensors["kernel"])
    let kernel = try require(
      firstGeneration(tensors["kernel"], filters: filters, size: size), "kernel",
      size + [image.channels / groups, filters], node)
    var result = Convolution(
      weight: turned(kernel), layout: .kernel,
      bias: try tensors["bias"].map { try require($0, "bias", [filters], node) })
    result.stride = try pair(node, "strides", "subsample", otherwise: [1, 1])
    result.dilation = try pair(node, "dilation_rate", otherwise: [1, 1])
    result.groups = groups
    let same = try isSame(node)
    result.padding = same ? .same : .valid
    image = try slide(image, node, size, result.stride, result.dilation, same: same)
    image.channels = filters
    return Translation(
      layers: [Layer(.convolution(result), activation: try activation(node), name: layer.name)], shape: image.shape)
  }

  /// A depthwise convolution is one of as many groups as channels; a separable one has a pointwise one after it.
  mutating func depthwise(_ node: Int, _ shape: [Int]) throws -> Translation {
    let layer = graph.nodes[node].layer
    var image = try imageShape(node, shape)
    let tensors = try tensors(node)
    let multiplier = min(layer.config["depth_multiplier"]?.integer ?? 1, 1 << 16)
    let size = try kernelSize(node, tensors["depthwise_kernel"])
    let stored = try require(
      tensors["depthwise_kernel"], "depthwise kernel", size + [image.channels, multiplier], node)
    let middle = image.channels * multiplier
    let isSeparable = layer.className.hasPrefix("Separable")
    let bias = tensors["bias"]
    var spatial = Convolution(
      weight: turned(Tensor(shape: size + [1, middle], values: stored.values)), layout: .kernel,
      bias: isSeparable ? nil : try bias.map { try require($0, "bias", [middle], node) })
    spatial.stride = try pair(node, "strides", otherwise: [1, 1])
    spatial.dilation = try pair(node, "dilation_rate", otherwise: [1, 1])
    spatial.groups = image.channels
    let same = try isSame(node)
    spatial.padding = same ? .same : .valid
    image = try slide(image, node, size, spatial.stride, spatial.dilation, same: same)
    image.channels = middle
    let activation = try activation(node)
    guard isSeparable else {
      return Translation(
        layers: [Layer(.convolution(spatial), activation: activation, name: layer.name)], shape: image.shape)
    }
    guard let filters = layer.config["filters"]?.integer ?? tensors["pointwise_kernel"]?.shape.last else {
      throw unsupported(node, "the number of filters is not known")
    }
    let pointwise = Convolution(
      weight: try require(tensors["pointwise_kernel"], "pointwise kernel", [1, 1, middle, filters], node),
      layout: .kernel, bias: try bias.map { try require($0, "bias", [filters], node) })
    image.channels = filters
    return Translation(
      layers: [
        Layer(.convolution(spatial), name: layer.name),
        Layer(.convolution(pointwise), activation: activation, name: layer.name),
      ], shape: image.shape)
  }

  mutating func transposedConvolution(_ node: Int, _ shape: [Int]) throws -> Translation {
    let layer = graph.nodes[node].layer
    var image = try imageShape(node, shape)
    let tensors = try tensors(node)
    let named = (layer.config["filters"] ?? layer.config["nb_filter"])?.integer
    let filters = named ?? tensors["kernel"]?.shape.dropFirst(2).first ?? 0
    let size = try kernelSize(node, tensors["kernel"])
    let kernel = try require(
      firstGenerationTransposed(tensors["kernel"], layer), "kernel", size + [filters, image.channels], node)
    var result = TransposedConvolution(
      weight: turned(kernel), layout: .kernel,
      bias: try tensors["bias"].map { try require($0, "bias", [filters], node) })
    result.stride = try pair(node, "strides", "subsample", otherwise: [1, 1])
    result.dilation = try pair(node, "dilation_rate", otherwise: [1, 1])
    let same = try isSame(node)
    result.padding = same ? .same : .valid
    let added = layer.config["output_padding"]?.integers
    var extents = [image.height, image.width]
    var cut = [0, 0]
    for axis in 0..<2 {
      let stride = result.stride[axis]
      let span = (size[axis] - 1) * result.dilation[axis] + 1
      let full = (extents[axis] - 1) * stride + span
      if let added, let extra = added.count == 1 ? added[0] : added.count == 2 ? added[axis] : nil,
        (0..<1 << 16).contains(extra)
      {
        // Keras cuts half of the window on both sides, then adds at the end; TensorFlow splits what is left to cut.
        let total = (same ? 2 * (span / 2) : 0) - extra
        cut[axis] = max(0, total)
        result.outputPadding[axis] = max(0, -total)
        extents[axis] = full - total
      } else if same {
        extents[axis] *= stride
      } else {
        // Where windows do not meet, Keras' output ends with the last stride, not with the last window.
        result.outputPadding[axis] = max(0, stride - span)
        extents[axis] = full + result.outputPadding[axis]
      }
    }
    if added != nil {
      result.padding = .explicit(
        top: cut[0] / 2, bottom: cut[0] - cut[0] / 2, left: cut[1] / 2, right: cut[1] - cut[1] / 2)
    }
    guard extents.allSatisfy({ $0 > 0 }) else { throw unsupported(node, "nothing is left of the image") }
    image.height = extents[0]
    image.width = extents[1]
    image.channels = filters
    return Translation(
      layers: [Layer(.transposedConvolution(result), activation: try activation(node), name: layer.name)],
      shape: image.shape)
  }

  private func slide(
    _ image: ImageShape, _ node: Int, _ size: [Int], _ stride: [Int], _ dilation: [Int], same: Bool
  ) throws -> ImageShape {
    var image = image
    let spans = zip(size, dilation).map { ($0 - 1) * $1 + 1 }
    image.height = try extent(node, image.height, kernel: spans[0], stride: stride[0], same: same)
    image.width = try extent(node, image.width, kernel: spans[1], stride: stride[1], same: same)
    return image
  }

  private func kernelSize(_ node: Int, _ kernel: Tensor?) throws -> [Int] {
    let config = graph.nodes[node].layer.config
    if let rows = config["nb_row"]?.integer, let columns = config["nb_col"]?.integer { return [rows, columns] }
    return try pair(node, "kernel_size", otherwise: Array((kernel?.shape ?? [1, 1]).prefix(2)))
  }

  /// Keras 1 with Theano's order of axes: [filters, channels, rows, columns].
  private func firstGeneration(_ kernel: Tensor?, filters: Int, size: [Int]) -> Tensor? {
    guard let kernel, kernel.shape.count == 4, kernel.shape[0] == filters, Array(kernel.shape[2...]) == size,
      Array(kernel.shape[..<2]) != size || kernel.shape[3] != filters
    else { return kernel }
    return kernel.permuted([2, 3, 1, 0])
  }

  /// Keras 1 kept the channels of transposed kernels the other way round.
  private func firstGenerationTransposed(_ kernel: Tensor?, _ layer: KerasLayer) -> Tensor? {
    guard let kernel, layer.config["nb_filter"] != nil, kernel.shape.count == 4 else { return kernel }
    let isFirst = layer.config["dim_ordering"]?.string == "th"
    return kernel.permuted(isFirst ? [2, 3, 0, 1] : [0, 1, 3, 2])
  }

  /// Kernels trained by Theano, which turns them by 180° where everyone else does not.
  private func turned(_ kernel: Tensor) -> Tensor {
    guard turnsKernels else { return kernel }
    let block = kernel.shape.dropFirst(2).reduce(1, *)
    let positions = kernel.count / max(1, block)
    return Tensor(
      shape: kernel.shape,
      values: (0..<positions).reversed().flatMap { kernel.values[$0 * block..<($0 + 1) * block] })
  }
}

extension Tensor {
  /// The same elements with the axes in another order: axis i of the result is axis `order[i]` of this one.
  func permuted(_ order: [Int]) -> Tensor {
    let newShape = order.map { shape[$0] }
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
    var result: [Float] = []
    result.reserveCapacity(count)
    for flat in 0..<count {
      var rest = flat
      var source = 0
      for axis in newShape.indices.reversed() {
        source += rest % newShape[axis] * strides[order[axis]]
        rest /= newShape[axis]
      }
      result.append(values[source])
    }
    return Tensor(shape: newShape, values: result)
  }
}
