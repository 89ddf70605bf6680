import JSON
import Models

/// Layers over sequences [length, channels]: those over images of height 1, but for convolutions, which the model format
/// has by themselves.
extension LayerTranslator {
  private func sequence(_ node: Int, _ shape: [Int]) throws -> (length: Int, channels: Int) {
    if graph.nodes[node].layer.config["data_format"]?.string == "channels_first" {
      throw unsupported(node, "sequences with their channels first", expected: "data_format = channels_last")
    }
    guard shape.count == 2 else {
      throw unsupported(node, "a sequence was expected", expected: "two axes", found: "\(shape)")
    }
    return (shape[0], shape[1])
  }

  /// One positive number.
  private func number(_ node: Int, _ keys: String..., otherwise: Int) throws -> Int {
    guard let value = keys.lazy.compactMap({ graph.nodes[node].layer.config[$0] }).first else { return otherwise }
    guard let numbers = value.integers, numbers.count == 1, numbers[0] > 0, numbers[0] < 1 << 16 else {
      throw unsupported(node, "a positive number was expected for \(keys[0])", found: value.summary)
    }
    return numbers[0]
  }

  mutating func convolution1D(_ node: Int, _ shape: [Int]) throws -> Translation {
    let layer = graph.nodes[node].layer
    let (length, channels) = try sequence(node, shape)
    let tensors = try tensors(node)
    let groups = layer.config["groups"]?.integer ?? 1
    let filters = layer.config["filters"]?.integer ?? tensors["kernel"]?.shape.last ?? 0
    guard groups > 0, channels % groups == 0, filters % groups == 0 else {
      throw unsupported(node, "its groups do not divide the channels", found: "\(groups) of \(channels)")
    }
    let size = try number(node, "kernel_size", otherwise: tensors["kernel"]?.shape.first ?? 1)
    let kernel = try require(tensors["kernel"], "kernel", [size, channels / groups, filters], node)
    var result = Convolution(
      weight: kernel, layout: .kernel, bias: try tensors["bias"].map { try require($0, "bias", [filters], node) })
    result.stride = [try number(node, "strides", otherwise: 1)]
    result.dilation = [try number(node, "dilation_rate", otherwise: 1)]
    result.groups = groups
    let span = (size - 1) * result.dilation[0] + 1
    var covered = length
    var same = false
    switch layer.config["padding"]?.string {
    case "causal"?:
      result.padding = .explicit(top: 0, bottom: 0, left: span - 1, right: 0)
      covered += span - 1
    default:
      same = try isSame(node)
      result.padding = same ? .same : .valid
    }
    let output = try extent(node, covered, kernel: span, stride: result.stride[0], same: same)
    return Translation(
      layers: [Layer(.convolution1D(result), activation: try activation(node), name: layer.name)],
      shape: [output, filters])
  }

  mutating func transposedConvolution1D(_ node: Int, _ shape: [Int]) throws -> Translation {
    let layer = graph.nodes[node].layer
    let (length, channels) = try sequence(node, shape)
    let tensors = try tensors(node)
    let filters = layer.config["filters"]?.integer ?? tensors["kernel"]?.shape.dropFirst().first ?? 0
    let size = try number(node, "kernel_size", otherwise: tensors["kernel"]?.shape.first ?? 1)
    let kernel = try require(tensors["kernel"], "kernel", [size, filters, channels], node)
    var result = TransposedConvolution(
      weight: kernel, layout: .kernel, bias: try tensors["bias"].map { try require($0, "bias", [filters], node) })
    let stride = try number(node, "strides", otherwise: 1)
    result.stride = [stride]
    result.dilation = [try number(node, "dilation_rate", otherwise: 1)]
    result.outputPadding = [0]
    guard layer.config["output_padding"] == nil else {
      throw unsupported(node, "output_padding", expected: "none")
    }
    let span = (size - 1) * result.dilation[0] + 1
    var output = length * stride
    if try isSame(node) {
      result.padding = .same
    } else {
      result.outputPadding = [max(0, stride - span)]
      output = (length - 1) * stride + span + result.outputPadding[0]
    }
    return Translation(
      layers: [Layer(.transposedConvolution1D(result), activation: try activation(node), name: layer.name)],
      shape: [output, filters])
  }

  /// Pooling, upsampling, padding and cropping along a sequence.
  mutating func along(_ node: Int, _ shape: [Int]) throws -> Translation {
    let layer = graph.nodes[node].layer
    let (length, channels) = try sequence(node, shape)
    let operation: Layer.Operation
    var output = length
    switch layer.className {
    case "MaxPooling1D", "MaxPool1D", "AveragePooling1D", "AvgPool1D":
      let size = try number(node, "pool_size", "pool_length", otherwise: 2)
      let stride = try number(node, "strides", "stride", otherwise: size)
      let same = try isSame(node)
      output = try extent(node, length, kernel: size, stride: stride, same: same)
      operation = .pooling(
        Pooling(
          layer.className.hasPrefix("Max") ? .maximum : .average, size: [1, size], stride: [1, stride],
          padding: same ? .same : .valid))
    case "GlobalAveragePooling1D", "GlobalAvgPool1D", "GlobalMaxPooling1D", "GlobalMaxPool1D":
      operation = .pooling(Pooling(layer.className.contains("Max") ? .maximum : .average, size: [1, length]))
      output = 1
      if layer.config["keepdims"]?.bool != true {
        return Translation(
          layers: [Layer(.reshape([1, length, channels])), Layer(operation, name: layer.name), Layer(.flatten)],
          shape: [channels])
      }
    case "UpSampling1D":
      let factor = try number(node, "size", "length", otherwise: 2)
      operation = .upsampling(Upsampling(factor: [1, factor]))
      output = length * factor
    case "ZeroPadding1D", "Cropping1D":
      let isPadding = layer.className == "ZeroPadding1D"
      let value = layer.config[isPadding ? "padding" : "cropping"] ?? .number(1)
      guard let sides = value.integers, (1...2).contains(sides.count),
        sides.allSatisfy({ $0 >= 0 && $0 < 1 << 16 })
      else { throw unsupported(node, "one or two numbers were expected", found: value.summary) }
      let (left, right) = (sides[0], sides[sides.count - 1])
      operation = isPadding ? .pad([0, 0, left, right]) : .crop([0, 0, left, right])
      output += isPadding ? left + right : -(left + right)
      guard output > 0 else { throw unsupported(node, "nothing is left of the sequence") }
    default: throw unsupported(node, "no layer of the model format does this")
    }
    return Translation(
      layers: [
        Layer(.reshape([1, length, channels])), Layer(operation, name: layer.name),
        Layer(.reshape([output, channels])),
      ], shape: [output, channels])
  }

  /// A vector n times.
  func repeated(_ node: Int, _ shape: [Int]) throws -> Translation {
    let layer = graph.nodes[node].layer
    guard shape.count == 1, let count = layer.config["n"]?.integer, count > 0, count < 1 << 20 else {
      throw unsupported(node, "a vector and a number were expected", found: "\(shape)")
    }
    return Translation(
      layers: [
        Layer(.reshape([1, 1, shape[0]])), Layer(.upsampling(Upsampling(factor: [count, 1])), name: layer.name),
        Layer(.reshape([count, shape[0]])),
      ], shape: [count, shape[0]])
  }
}
