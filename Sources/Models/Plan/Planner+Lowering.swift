/// Layers that are sequences of simpler ones, with their weights under other shapes.
extension Planner {
  /// Plans layers in place of one; what is wrong with them is reported as that one's.
  mutating func planLowered(_ layers: [Layer], _ shape: [Int], path: String) -> Planned? {
    var inner = Planner(dataFormat: dataFormat)
    inner.layout = layout
    guard let plan = inner.plan(Stack(layers), input: shape, path: path) else {
      for problem in inner.problems {
        let rest = problem.path.dropFirst(path.count + 1).drop { $0 != "/" }
        report(path + rest, problem.message)
      }
      return nil
    }
    return (.sequence(plan), plan.output, plan.multiplyAdds)
  }

  /// The layers that a layer stands for; nil after a problem.
  mutating func lower(_ operation: Layer.Operation, _ shape: [Int], path: String) -> [Layer]? {
    switch operation {
    case .convolution1D(let layer): lower(layer, shape, path: path)
    case .transposedConvolution1D(let layer): lower(layer, shape, path: path)
    case .groupNormalization(let layer): lower(layer, shape, path: path)
    case .layerNormalization(let layer): lower(layer, shape, path: path)
    case .pixelShuffle(let layer): lower(layer, shape, path: path)
    default: [Layer(operation)]
    }
  }

  // MARK: One dimension is an image of height 1

  private mutating func lower(_ layer: Convolution, _ shape: [Int], path: String) -> [Layer]? {
    guard let row = row(shape, "conv1d", path: path),
      let weight = raised(layer.weight, layer.layout, "conv1d", path: path),
      let numbers = raised(layer.stride, layer.dilation, [0], path: path),
      let padding = raised(layer.padding, path: path)
    else { return nil }
    var result = layer
    result.weight = weight
    (result.stride, result.dilation, result.padding) = (numbers.stride, numbers.dilation, padding)
    return flattened(.convolution(result), row)
  }

  private mutating func lower(_ layer: TransposedConvolution, _ shape: [Int], path: String) -> [Layer]? {
    guard let row = row(shape, "conv1d-transpose", path: path),
      let weight = raised(layer.weight, layer.layout, "conv1d-transpose", path: path),
      let numbers = raised(layer.stride, layer.dilation, layer.outputPadding, path: path),
      let padding = raised(layer.padding, path: path)
    else { return nil }
    var result = layer
    result.weight = weight
    (result.stride, result.dilation, result.padding) = (numbers.stride, numbers.dilation, padding)
    result.outputPadding = numbers.added
    return flattened(.transposedConvolution(result), row)
  }

  /// The image that a sequence [length, channels] (channels-first: [channels, length]) is.
  private mutating func row(_ shape: [Int], _ layer: String, path: String) -> [Int]? {
    guard shape.count == 2 else {
      let axes = dataFormat == .channelsLast ? "[length, channels]" : "[channels, length]"
      report(path, "a \(layer) layer takes a sequence \(axes); found shape \(shape)")
      return nil
    }
    return dataFormat == .channelsLast ? [1] + shape : [shape[0], 1, shape[1]]
  }

  /// A window [k, a, b] or [a, b, k] as one of height 1.
  private mutating func raised(_ weight: Tensor, _ layout: WeightLayout, _ layer: String, path: String) -> Tensor? {
    guard weight.shape.count == 3 else {
      report("\(path)/\(layout.name)", "a \(layer) layer's \(layout.name) has 3 axes; found shape \(weight.shape)")
      return nil
    }
    var shape = weight.shape
    shape.insert(1, at: layout == .kernel ? 0 : 2)
    return Tensor(shape: shape, values: weight.values)
  }

  private mutating func raised(
    _ stride: [Int], _ dilation: [Int], _ added: [Int], path: String
  ) -> (stride: [Int], dilation: [Int], added: [Int])? {
    for (name, values) in [("stride", stride), ("dilation", dilation), ("output_padding", added)]
    where values.count != 1 {
      report("\(path)/\(name)", "expected one integer; found \(values)")
      return nil
    }
    return ([1] + stride, [1] + dilation, [0] + added)
  }

  private mutating func raised(_ padding: Padding, path: String) -> Padding? {
    guard case .explicit(let top, let bottom, _, _) = padding, top != 0 || bottom != 0 else { return padding }
    report("\(path)/padding", "a sequence has no rows above and below; found \(top) and \(bottom)")
    return nil
  }

  /// The layer between the image of height 1 and the sequence that its output is.
  private func flattened(_ operation: Layer.Operation, _ row: [Int]) -> [Layer] {
    var probe = Planner(dataFormat: dataFormat)
    let layers = [Layer(.reshape(row)), Layer(operation)]
    // Where it does not fit, planning says why.
    guard let output = probe.plan(Stack(layers), input: row, path: "")?.output else { return layers }
    var sequence = output
    sequence.remove(at: dataFormat == .channelsLast ? 0 : 1)
    return layers + [Layer(.reshape(sequence))]
  }

  // MARK: Normalizations bring what they normalize together

  private mutating func lower(_ layer: GroupNormalization, _ shape: [Int], path: String) -> [Layer]? {
    let axis = dataFormat == .channelsFirst && shape.count > 1 ? 0 : shape.count - 1
    let channels = shape[axis]
    let groups = layer.groups ?? channels
    guard groups > 0, channels % groups == 0 else {
      report("\(path)/groups", "\(groups) groups don't part \(channels) channels evenly")
      return nil
    }
    for case (let name, let tensor?) in [("scale", layer.scale), ("offset", layer.offset)]
    where tensor.count != channels {
      report("\(path)/\(name)", "expected \(channels) elements for the channels of \(shape), found \(tensor.count)")
      return nil
    }
    let positions = shape.reduce(1, *) / channels
    var normalization = LayerNormalization()
    normalization.epsilon = layer.epsilon
    var layers: [Layer] = []
    // Channels first, so that those of a group lie together.
    let moves = axis != 0
    if moves { layers += [Layer(.reshape([positions, channels])), Layer(.permute([1, 0]))] }
    layers += [Layer(.reshape([groups, channels / groups * positions])), Layer(.layerNormalization(normalization))]
    if moves { layers += [Layer(.reshape([channels, positions])), Layer(.permute([1, 0]))] }
    layers.append(Layer(.reshape(shape)))
    if layer.scale != nil || layer.offset != nil {
      var affine = BatchNormalization(
        mean: Tensor([Float](repeating: 0, count: channels)), variance: Tensor([Float](repeating: 1, count: channels)),
        scale: layer.scale, offset: layer.offset)
      affine.epsilon = 0
      affine.axis = axis
      layers.append(Layer(.batchNormalization(affine)))
    }
    return layers
  }

  private mutating func lower(_ layer: LayerNormalization, _ shape: [Int], path: String) -> [Layer]? {
    let axes = (layer.axes ?? [shape.count - 1]).sorted()
    guard !axes.isEmpty, Set(axes).count == axes.count, axes.allSatisfy(shape.indices.contains) else {
      report("\(path)/axes", "expected different axes of \(shape), counted from 0; found \(layer.axes ?? [])")
      return nil
    }
    let kept = shape.indices.filter { !axes.contains($0) }
    let order = kept + axes
    let size = axes.reduce(1) { $0 * shape[$1] }
    for case (let name, let tensor?) in [("scale", layer.scale), ("offset", layer.offset)] where tensor.count != size {
      report("\(path)/\(name)", "expected \(size) elements for axes \(axes) of \(shape), found \(tensor.count)")
      return nil
    }
    var normalization = layer
    normalization.axes = nil
    normalization.scale = layer.scale.map { Tensor($0.values) }
    normalization.offset = layer.offset.map { Tensor($0.values) }
    let moved = order.map { shape[$0] }
    let inside = [
      Layer(.reshape(kept.map { shape[$0] } + [size])), Layer(.layerNormalization(normalization)),
      Layer(.reshape(moved)),
    ]
    guard order != Array(shape.indices) else { return inside }
    let back = shape.indices.compactMap { order.firstIndex(of: $0) }
    return [Layer(.permute(order))] + inside + [Layer(.permute(back))]
  }

  // MARK: Pixel shuffle

  private mutating func lower(_ layer: PixelShuffle, _ shape: [Int], path: String) -> [Layer]? {
    guard let input = image(shape, .pixelShuffle(layer), path: path),
      check("factor", layer.factor, least: 1, path: path)
    else { return nil }
    let (rows, columns) = (layer.factor[0], layer.factor[1])
    guard [rows, columns].elementCount(atMost: input.channels) != nil, input.channels % (rows * columns) == 0 else {
      report(path, "blocks of \(rows) × \(columns) pixels don't part \(input.channels) channels evenly")
      return nil
    }
    let channels = input.channels / (rows * columns)
    let output = ImageShape(
      height: input.height * rows, width: input.width * columns, channels: channels, dataFormat)
    let isPyTorch = layer.order == .pytorch
    let parted = isPyTorch ? [channels, rows, columns] : [rows, columns, channels]
    let around = [input.height, input.width]
    // Towards [height, rows, width, columns, channels], or the same with the channels first.
    let steps: (shape: [Int], order: [Int]) =
      switch dataFormat {
      case .channelsLast: (around + parted, isPyTorch ? [0, 3, 1, 4, 2] : [0, 2, 1, 3, 4])
      case .channelsFirst: (parted + around, isPyTorch ? [0, 3, 1, 4, 2] : [2, 3, 0, 4, 1])
      }
    return [Layer(.reshape(steps.shape)), Layer(.permute(steps.order)), Layer(.reshape(output.shape))]
  }
}
