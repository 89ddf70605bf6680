extension Planner {
  /// Pixels of a layer's output beyond which a model is refused: each is looked at when the model is compiled.
  static let mostPixels = 1 << 20

  /// The image that a layer is given; nil after a problem.
  mutating func image(_ shape: [Int], _ layer: Layer.Operation, path: String) -> ImageShape? {
    if let image = ImageShape(shape, dataFormat) { return image }
    let axes = dataFormat == .channelsLast ? "[height, width, channels]" : "[channels, height, width]"
    report(path, "a \(layer.name) layer takes an image \(axes); found shape \(shape)")
    return nil
  }

  /// Whether two numbers are given, each at least `least`.
  mutating func check(_ name: String, _ values: [Int], least: Int, path: String) -> Bool {
    if values.count == 2, values.allSatisfy({ (least...Self.largestLayer).contains($0) }) { return true }
    report("\(path)/\(name)", "expected two integers, each at least \(least); found \(values)")
    return false
  }

  /// Padding before and after along the two axes; nil inside for the TensorFlow rule, nil after a problem.
  mutating func amounts(_ padding: Padding, path: String) -> [(before: Int, after: Int)?]? {
    switch padding {
    case .valid: return [(0, 0), (0, 0)]
    case .same: return [nil, nil]
    case .explicit(let top, let bottom, let left, let right):
      guard let sides = sides([top, bottom, left, right], "padding", path: path) else { return nil }
      return [(sides[0], sides[1]), (sides[2], sides[3])]
    }
  }

  /// Four amounts: top, bottom, left, right.
  mutating func sides(_ values: [Int], _ name: String, path: String) -> [Int]? {
    if values.count == 4, values.allSatisfy({ (0...Self.largestLayer).contains($0) }) { return values }
    report("\(path)/\(name)", "expected [top, bottom, left, right], none negative; found \(values)")
    return nil
  }

  /// Whether an image of this size can be computed.
  private mutating func checkSize(_ height: Int, _ width: Int, _ channels: Int, from: ImageShape, path: String) -> Bool
  {
    if height > 0, width > 0, channels > 0, [height, width, channels].elementCount(atMost: Self.largestLayer) != nil,
      [height, width].elementCount(atMost: Self.mostPixels) != nil
    {
      return true
    }
    report(path, "an output of \(height) × \(width) from an image of \(from.height) × \(from.width)")
    return false
  }

  /// The image that a layer gives; nil after a problem.
  mutating func output(
    _ height: Int, _ width: Int, _ channels: Int, from input: ImageShape, path: String
  ) -> ImageShape? {
    guard checkSize(height, width, channels, from: input, path: path) else { return nil }
    return ImageShape(height: height, width: width, channels: channels, dataFormat)
  }

  /// Whether a window is such that all its places over an image can be listed. `taps` is how many elements of it, along
  /// each axis, an output takes; `channels` how many inputs each of these is.
  mutating func checkWindow(
    _ window: [Int], taps: [Int], channels: Int, over output: ImageShape, limit: Int, path: String
  ) -> Bool {
    if [output.height, window[0]].elementCount(atMost: Self.largestLayer) != nil,
      [output.width, window[1]].elementCount(atMost: Self.largestLayer) != nil,
      [output.height, output.width, taps[0], taps[1], channels].elementCount(atMost: limit) != nil
    {
      return true
    }
    report(path, "a window of \(window[0]) × \(window[1]) over an output of \(output.height) × \(output.width)")
    return false
  }

  mutating func plan(_ layer: Pooling, _ shape: [Int], path: String) -> Planned? {
    guard let input = image(shape, .pooling(layer), path: path), check("size", layer.size, least: 1, path: path),
      check("stride", layer.stride, least: 1, path: path), let padding = amounts(layer.padding, path: path)
    else { return nil }
    let axes = [input.height, input.width].enumerated().map { axis, extent in
      WindowAxis(
        input: extent, size: layer.size[axis], stride: layer.stride[axis], dilation: 1, padding: padding[axis])
    }
    guard let output = output(axes[0].output, axes[1].output, input.channels, from: input, path: path),
      checkWindow(
        layer.size, taps: layer.size, channels: input.channels, over: output, limit: Self.largestLayer, path: path)
    else { return nil }
    let isPadding = axes.contains { axis in
      (0..<axis.output).contains { place in axis.taps(place).allSatisfy { $0.input == nil } }
    }
    guard !isPadding else {
      report("\(path)/padding", "a window lies wholly in the padding: padding is smaller than the window")
      return nil
    }
    let window = WindowPlan(input: input, output: output, vertical: axes[0], horizontal: axes[1])
    let sums = layer.kind == .average ? output.count * layer.size[0] * layer.size[1] : 0
    return (.pooling(layer, window), output.shape, sums)
  }

  mutating func plan(_ layer: Upsampling, _ shape: [Int], path: String) -> Planned? {
    guard let input = image(shape, .upsampling(layer), path: path),
      check("factor", layer.factor, least: 1, path: path)
    else { return nil }
    let (height, isTall) = input.height.multipliedReportingOverflow(by: layer.factor[0])
    let (width, isWide) = input.width.multipliedReportingOverflow(by: layer.factor[1])
    guard !isTall, !isWide, let output = output(height, width, input.channels, from: input, path: path) else {
      return nil
    }
    let sums = layer.mode == .bilinear ? 4 * output.count : 0
    return (.upsampling(layer, from: input, to: output), output.shape, sums)
  }

  mutating func planCrop(_ amounts: [Int], _ shape: [Int], path: String) -> Planned? {
    guard let input = image(shape, .crop(amounts), path: path), let sides = sides(amounts, "cropping", path: path),
      let output = output(
        input.height - sides[0] - sides[1], input.width - sides[2] - sides[3], input.channels, from: input, path: path)
    else { return nil }
    return (.crop(sides: sides, from: input, to: output), output.shape, 0)
  }

  mutating func planPad(_ amounts: [Int], _ shape: [Int], path: String) -> Planned? {
    guard let input = image(shape, .pad(amounts), path: path), let sides = sides(amounts, "padding", path: path),
      let output = output(
        input.height + sides[0] + sides[1], input.width + sides[2] + sides[3], input.channels, from: input, path: path)
    else { return nil }
    return (.pad(sides: sides, from: input, to: output), output.shape, output.count)
  }
}
