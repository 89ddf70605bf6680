import CKernels
import Models

extension Compiler {
  /// Elements of one layer's output beyond which a model is refused: a mistyped stride or factor, not a network.
  static let largestLayer = 1 << 26
  /// Pixels of a layer's output beyond which a model is refused likewise: each is looked at when the model is compiled.
  static let mostPixels = 1 << 20
  /// Inputs that the pixels of a convolution's output take altogether, beyond which a model is refused.
  static let mostTaps = 1 << 28

  /// The image that a layer is given; nil after a problem.
  private mutating func image(_ program: Program, _ layer: Layer.Operation, path: String) -> ImageShape? {
    if let image = ImageShape(program.shape, dataFormat) { return image }
    let axes = dataFormat == .channelsLast ? "[height, width, channels]" : "[channels, height, width]"
    report(path, "a \(layer.name) layer takes an image \(axes); found shape \(program.shape)")
    return nil
  }

  /// Whether two numbers are given, each at least `least`.
  private mutating func check(_ name: String, _ values: [Int], least: Int, path: String) -> Bool {
    if values.count == 2, values.allSatisfy({ (least...Self.largestLayer).contains($0) }) { return true }
    report("\(path)/\(name)", "expected two integers, each at least \(least); found \(values)")
    return false
  }

  /// Padding before and after along the two axes; nil inside for the TensorFlow rule, nil after a problem.
  private mutating func amounts(_ padding: Padding, path: String) -> [(before: Int, after: Int)?]? {
    switch padding {
    case .valid: return [(0, 0), (0, 0)]
    case .same: return [nil, nil]
    case .explicit(let top, let bottom, let left, let right):
      guard let sides = sides([top, bottom, left, right], "padding", path: path) else { return nil }
      return [(sides[0], sides[1]), (sides[2], sides[3])]
    }
  }

  /// Four amounts: top, bottom, left, right.
  private mutating func sides(_ values: [Int], _ name: String, path: String) -> [Int]? {
    if values.count == 4, values.allSatisfy({ (0...Self.largestLayer).contains($0) }) { return values }
    report("\(path)/\(name)", "expected [top, bottom, left, right], none negative; found \(values)")
    return nil
  }

  /// Whether an image of this size can be computed.
  private mutating func checkSize(_ height: Int, _ width: Int, _ channels: Int, from: ImageShape, path: String) -> Bool
  {
    if height > 0, width > 0, channels > 0, [height, width, channels].multiply(toAtMost: Self.largestLayer),
      [height, width].multiply(toAtMost: Self.mostPixels)
    {
      return true
    }
    report(path, "an output of \(height) × \(width) from an image of \(from.height) × \(from.width)")
    return false
  }

  /// Whether a window is such that all its places over an image can be listed. `taps` is how many elements of it, along
  /// each axis, an output takes; `channels` how many inputs each of these is.
  private mutating func checkWindow(
    _ window: [Int], taps: [Int], channels: Int, over output: ImageShape, limit: Int, path: String
  ) -> Bool {
    if [output.height, window[0]].multiply(toAtMost: Self.largestLayer),
      [output.width, window[1]].multiply(toAtMost: Self.largestLayer),
      [output.height, output.width, taps[0], taps[1], channels].multiply(toAtMost: limit)
    {
      return true
    }
    report(path, "a window of \(window[0]) × \(window[1]) over an output of \(output.height) × \(output.width)")
    return false
  }

  mutating func append(_ layer: Convolution, to program: inout Program, path: String) -> Bool {
    guard let input = image(program, .convolution(layer), path: path),
      let weights = weightAxes(layer.weight, layer.layout, "conv2d", transposed: false, path: path),
      check("stride", layer.stride, least: 1, path: path), check("dilation", layer.dilation, least: 1, path: path),
      let padding = amounts(layer.padding, path: path),
      checkChannels(
        input.channels, weights.input * layer.groups, weights.output, layer.groups, layer.bias, weights, path: path)
    else { return false }
    let axes = [input.height, input.width].enumerated().map { axis, extent in
      WindowAxis(
        input: extent, size: weights.window[axis], stride: layer.stride[axis], dilation: layer.dilation[axis],
        padding: padding[axis])
    }
    let output = ImageShape(
      height: axes[0].output, width: axes[1].output, channels: weights.output, dataFormat)
    guard checkSize(output.height, output.width, output.channels, from: input, path: path),
      checkWindow(
        weights.window, taps: weights.window, channels: weights.input, over: output, limit: Self.mostTaps, path: path)
    else { return false }
    let groupOutputs = weights.output / layer.groups
    let (height, width) = (weights.window[0], weights.window[1])
    let inputs = weights.input
    let builder = ConvolutionBuilder(
      input: input, output: output, groups: layer.groups,
      vertical: (0..<output.height).map { axes[0].taps($0) },
      horizontal: (0..<output.width).map { axes[1].taps($0) },
      weight: layer.weight.values, bias: layer.bias?.values,
      steps: layer.layout == .kernel
        ? (width * inputs * weights.output, inputs * weights.output, weights.output, 1, groupOutputs)
        : (width, 1, height * width, inputs * height * width, groupOutputs * inputs * height * width))
    program.append(.convolution(builder.build()))
    program.shape = output.shape
    return true
  }

  mutating func append(_ layer: TransposedConvolution, to program: inout Program, path: String) -> Bool {
    guard let input = image(program, .transposedConvolution(layer), path: path),
      let weights = weightAxes(layer.weight, layer.layout, "conv2d-transpose", transposed: true, path: path),
      check("stride", layer.stride, least: 1, path: path), check("dilation", layer.dilation, least: 1, path: path),
      check("output_padding", layer.outputPadding, least: 0, path: path),
      let padding = amounts(layer.padding, path: path)
    else { return false }
    if layer.padding == .same, layer.outputPadding != [0, 0] {
      report(
        "\(path)/output_padding", "padding \"same\" settles the output's size: expected [0, 0] or explicit padding")
      return false
    }
    if layer.layout == .kernel, layer.groups != 1 {
      report("\(path)/groups", "a conv2d-transpose with groups needs its weights as `weight`, found `kernel`")
      return false
    }
    let outputs = weights.output * layer.groups
    guard checkChannels(input.channels, weights.input, outputs, layer.groups, layer.bias, weights, path: path) else {
      return false
    }
    let axes = [input.height, input.width].enumerated().map { axis, extent in
      WindowAxis(
        transposing: extent, size: weights.window[axis], stride: layer.stride[axis], dilation: layer.dilation[axis],
        padding: padding[axis], added: layer.outputPadding[axis])
    }
    let output = ImageShape(height: axes[0].output, width: axes[1].output, channels: outputs, dataFormat)
    // Of a transposed window, an output takes every stride-th element.
    let taps = [0, 1].map { (weights.window[$0] - 1) / layer.stride[$0] + 1 }
    guard checkSize(output.height, output.width, output.channels, from: input, path: path),
      checkWindow(
        weights.window, taps: taps, channels: input.channels / layer.groups, over: output, limit: Self.mostTaps,
        path: path)
    else { return false }
    let (height, width) = (weights.window[0], weights.window[1])
    let builder = ConvolutionBuilder(
      input: input, output: output, groups: layer.groups,
      vertical: (0..<output.height).map { axes[0].transposedTaps($0) },
      horizontal: (0..<output.width).map { axes[1].transposedTaps($0) },
      weight: layer.weight.values, bias: layer.bias?.values,
      steps: layer.layout == .kernel
        ? (width * outputs * weights.input, outputs * weights.input, 1, weights.input, 0)
        : (
          width, 1, weights.output * height * width, height * width,
          input.channels / layer.groups * weights.output * height * width
        ))
    program.append(.convolution(builder.build()))
    program.shape = output.shape
    return true
  }

  /// The axes of a convolution's weight.
  private struct WeightAxes {
    let name: String
    let shape: [Int]
    let window: [Int]
    /// As stored: either may be the number in one group.
    let input: Int
    let output: Int
  }

  private mutating func weightAxes(
    _ weight: Tensor, _ layout: WeightLayout, _ layer: String, transposed: Bool, path: String
  ) -> WeightAxes? {
    let name = layout == .kernel ? "kernel" : "weight"
    let shape = weight.shape
    guard shape.count == 4, shape.allSatisfy({ $0 > 0 }) else {
      report("\(path)/\(name)", "a \(layer) layer's \(name) has 4 axes; found shape \(shape)")
      return nil
    }
    let channels = layout == .kernel ? Array(shape[2...]) : Array(shape[..<2])
    // [in, out] of a Keras convolution, and of a transposed one in PyTorch; the others are [out, in].
    let inputComesFirst = (layout == .kernel) != transposed
    return WeightAxes(
      name: name, shape: shape, window: Array(layout == .kernel ? shape[..<2] : shape[2...]),
      input: channels[inputComesFirst ? 0 : 1], output: channels[inputComesFirst ? 1 : 0])
  }

  private mutating func checkChannels(
    _ found: Int, _ inputs: Int, _ outputs: Int, _ groups: Int, _ bias: Tensor?, _ weights: WeightAxes, path: String
  ) -> Bool {
    guard groups > 0, inputs.isMultiple(of: groups), outputs.isMultiple(of: groups) else {
      report("\(path)/groups", "\(groups) groups don't part \(inputs) inputs and \(outputs) outputs evenly")
      return false
    }
    guard found == inputs else {
      let other = dataFormat == .channelsLast ? "channels_first" : "channels_last"
      let hint = groups == 1 && found == outputs ? " (are its axes swapped, or is the data_format \(other)?)" : ""
      report(
        "\(path)/\(weights.name)", "expected \(found) input channels, found \(inputs): shape \(weights.shape)\(hint)")
      return false
    }
    if let bias, bias.count != outputs {
      report("\(path)/bias", "expected \(outputs) elements, found \(bias.count)")
      return false
    }
    return true
  }

  mutating func append(_ layer: Pooling, to program: inout Program, path: String) -> Bool {
    guard let input = image(program, .pooling(layer), path: path), check("size", layer.size, least: 1, path: path),
      check("stride", layer.stride, least: 1, path: path), let padding = amounts(layer.padding, path: path)
    else { return false }
    let axes = [input.height, input.width].enumerated().map { axis, extent in
      WindowAxis(
        input: extent, size: layer.size[axis], stride: layer.stride[axis], dilation: 1, padding: padding[axis])
    }
    let output = ImageShape(height: axes[0].output, width: axes[1].output, channels: input.channels, dataFormat)
    guard checkSize(output.height, output.width, output.channels, from: input, path: path),
      checkWindow(
        layer.size, taps: layer.size, channels: input.channels, over: output, limit: Self.largestLayer, path: path)
    else { return false }
    let vertical = (0..<output.height).map { axes[0].taps($0).map(\.input) }
    let horizontal = (0..<output.width).map { axes[1].taps($0).map(\.input) }
    guard (vertical + horizontal).allSatisfy({ $0.contains { $0 != nil } }) else {
      report("\(path)/padding", "a window lies wholly in the padding: padding is smaller than the window")
      return false
    }
    append(input, output, to: &program, isSum: layer.kind == .average) { y, x in
      let places = vertical[y].flatMap { y in horizontal[x].map { x in (y, x) } }
      let inside = places.filter { $0.0 != nil && $0.1 != nil }.count
      return places.map { y, x in
        if let y, let x { (place: (y: y, x: x), weight: 1 / Double(inside)) } else { (place: nil, weight: 0) }
      }
    }
    return true
  }

  mutating func append(_ layer: Upsampling, to program: inout Program, path: String) -> Bool {
    guard let input = image(program, .upsampling(layer), path: path),
      check("factor", layer.factor, least: 1, path: path)
    else { return false }
    let (height, isTall) = input.height.multipliedReportingOverflow(by: layer.factor[0])
    let (width, isWide) = input.width.multipliedReportingOverflow(by: layer.factor[1])
    guard !isTall, !isWide, checkSize(height, width, input.channels, from: input, path: path) else { return false }
    let output = ImageShape(height: height, width: width, channels: input.channels, dataFormat)
    switch layer.mode {
    case .nearest:
      append(input, output, to: &program, isSum: false) { y, x in
        [(place: (y: y / layer.factor[0], x: x / layer.factor[1]), weight: 1)]
      }
    case .bilinear:
      append(input, output, to: &program, isSum: true) { y, x in
        bilinear(y, layer.factor[0], input.height).flatMap { v in
          bilinear(x, layer.factor[1], input.width).map { h in
            (place: (y: v.place, x: h.place), weight: v.weight * h.weight)
          }
        }
      }
    }
    return true
  }

  mutating func appendCrop(_ amounts: [Int], to program: inout Program, path: String) -> Bool {
    guard let input = image(program, .crop(amounts), path: path), let sides = sides(amounts, "cropping", path: path)
    else { return false }
    let output = ImageShape(
      height: input.height - sides[0] - sides[1], width: input.width - sides[2] - sides[3], channels: input.channels,
      dataFormat)
    guard checkSize(output.height, output.width, output.channels, from: input, path: path) else { return false }
    append(input, output, to: &program, isSum: false) { y, x in
      [(place: (y: y + sides[0], x: x + sides[2]), weight: 1)]
    }
    return true
  }

  mutating func appendPad(_ amounts: [Int], to program: inout Program, path: String) -> Bool {
    guard let input = image(program, .pad(amounts), path: path), let sides = sides(amounts, "padding", path: path)
    else {
      return false
    }
    let output = ImageShape(
      height: input.height + sides[0] + sides[1], width: input.width + sides[2] + sides[3], channels: input.channels,
      dataFormat)
    guard checkSize(output.height, output.width, output.channels, from: input, path: path) else { return false }
    append(input, output, to: &program, isSum: true) { y, x in
      let place = (y: y - sides[0], x: x - sides[2])
      let isInside = (0..<input.height).contains(place.y) && (0..<input.width).contains(place.x)
      return [(place: isInside ? place : nil, weight: 1)]
    }
    return true
  }

  /// Appends a step that picks or sums pixels, the same for every channel. The largest of one element is that element:
  /// so what is only moved needs no weights.
  private func append(
    _ input: ImageShape, _ output: ImageShape, to program: inout Program, isSum: Bool,
    taps: (Int, Int) -> [(place: (y: Int, x: Int)?, weight: Double)]
  ) {
    let rows = output.height * output.width * output.channels
    var index: [Int32] = []
    var weights: [Float] = []
    var count = 0
    for y in 0..<output.height {
      for x in 0..<output.width {
        let taps = taps(y, x)
        if index.isEmpty {
          count = taps.count
          index = Array(repeating: -1, count: rows * count)
          weights = isSum ? Array(repeating: 0, count: rows * count) : []
        }
        for channel in 0..<output.channels {
          let first = output.row(y, x, channel) * count
          for (offset, tap) in taps.enumerated() {
            if let place = tap.place { index[first + offset] = Int32(input.row(place.y, place.x, channel)) }
            if isSum { weights[first + offset] = Float(tap.weight) }
          }
        }
      }
    }
    program.append(.gather(GatherStep(rows: rows, taps: count, index: index, weights: weights)))
    program.shape = output.shape
  }

  /// The two inputs nearest to an output with half-pixel centres; both are the border's beyond it.
  private func bilinear(_ position: Int, _ factor: Int, _ input: Int) -> [(place: Int, weight: Double)] {
    let place = max(0, (Double(position) + 0.5) / Double(factor) - 0.5)
    let lower = min(Int(place), input - 1)
    let share = place - Double(lower)
    return [(lower, 1 - share), (min(lower + 1, input - 1), share)]
  }
}

extension [Int] {
  /// Whether the product of positive numbers is at most `limit`, however large it is.
  func multiply(toAtMost limit: Int) -> Bool {
    var left = limit
    for factor in self {
      left /= factor
      if left == 0 { return false }
    }
    return true
  }
}
