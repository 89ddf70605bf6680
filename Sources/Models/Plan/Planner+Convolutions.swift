extension Planner {
  /// Inputs that the pixels of a convolution's output take altogether, beyond which a model is refused.
  static let mostTaps = 1 << 28

  mutating func plan(_ layer: Convolution, _ shape: [Int], path: String) -> Planned? {
    guard let input = image(shape, .convolution(layer), path: path),
      let weight = weight(layer.weight, layer.layout, "conv2d", transposed: false, path: path),
      check("stride", layer.stride, least: 1, path: path), check("dilation", layer.dilation, least: 1, path: path),
      let padding = amounts(layer.padding, path: path),
      checkChannels(
        input.channels, weight.input * layer.groups, weight.output, layer.groups, layer.bias, weight, path: path)
    else { return nil }
    let axes = [input.height, input.width].enumerated().map { axis, extent in
      WindowAxis(
        input: extent, size: weight.window[axis], stride: layer.stride[axis], dilation: layer.dilation[axis],
        padding: padding[axis])
    }
    guard let output = output(axes[0].output, axes[1].output, weight.output, from: input, path: path),
      checkWindow(
        weight.window, taps: weight.window, channels: weight.input, over: output, limit: Self.mostTaps, path: path)
    else { return nil }
    let window = WindowPlan(input: input, output: output, vertical: axes[0], horizontal: axes[1])
    let taps = axes.reduce(1) { $0 * $1.count(of: $1.taps) }
    return (
      .convolution(layer, ConvolutionPlan(window: window, weight: weight)), output.shape,
      taps * weight.input * output.channels
    )
  }

  mutating func plan(_ layer: TransposedConvolution, _ shape: [Int], path: String) -> Planned? {
    guard let input = image(shape, .transposedConvolution(layer), path: path),
      let weight = weight(layer.weight, layer.layout, "conv2d-transpose", transposed: true, path: path),
      check("stride", layer.stride, least: 1, path: path), check("dilation", layer.dilation, least: 1, path: path),
      check("output_padding", layer.outputPadding, least: 0, path: path),
      let padding = amounts(layer.padding, path: path)
    else { return nil }
    if layer.padding == .same, layer.outputPadding != [0, 0] {
      report(
        "\(path)/output_padding", "padding \"same\" settles the output's size: expected [0, 0] or explicit padding")
      return nil
    }
    if layer.layout == .kernel, layer.groups != 1 {
      report("\(path)/groups", "a conv2d-transpose with groups needs its weights as `weight`, found `kernel`")
      return nil
    }
    let outputs = weight.output * layer.groups
    guard checkChannels(input.channels, weight.input, outputs, layer.groups, layer.bias, weight, path: path) else {
      return nil
    }
    let axes = [input.height, input.width].enumerated().map { axis, extent in
      WindowAxis(
        transposing: extent, size: weight.window[axis], stride: layer.stride[axis], dilation: layer.dilation[axis],
        padding: padding[axis], added: layer.outputPadding[axis])
    }
    // Of a transposed window, an output takes every stride-th element.
    let elements = [0, 1].map { (weight.window[$0] - 1) / layer.stride[$0] + 1 }
    guard let output = output(axes[0].output, axes[1].output, outputs, from: input, path: path),
      checkWindow(
        weight.window, taps: elements, channels: input.channels / layer.groups, over: output, limit: Self.mostTaps,
        path: path)
    else { return nil }
    let window = WindowPlan(input: input, output: output, vertical: axes[0], horizontal: axes[1])
    let taps = axes.reduce(1) { $0 * $1.count(of: $1.transposedTaps) }
    return (
      .transposedConvolution(layer, ConvolutionPlan(window: window, weight: weight)), output.shape,
      taps * (input.channels / layer.groups) * output.channels
    )
  }

  private mutating func weight(
    _ weight: Tensor, _ layout: WeightLayout, _ layer: String, transposed: Bool, path: String
  ) -> ConvolutionWeight? {
    let name = layout == .kernel ? "kernel" : "weight"
    let shape = weight.shape
    guard shape.count == 4, shape.allSatisfy({ $0 > 0 }) else {
      report("\(path)/\(name)", "a \(layer) layer's \(name) has 4 axes; found shape \(shape)")
      return nil
    }
    let channels = layout == .kernel ? Array(shape[2...]) : Array(shape[..<2])
    // [in, out] of a Keras convolution, and of a transposed one in PyTorch; the others are [out, in].
    let inputComesFirst = (layout == .kernel) != transposed
    return ConvolutionWeight(
      name: name, shape: shape, window: Array(layout == .kernel ? shape[..<2] : shape[2...]),
      input: channels[inputComesFirst ? 0 : 1], output: channels[inputComesFirst ? 1 : 0])
  }

  private mutating func checkChannels(
    _ found: Int, _ inputs: Int, _ outputs: Int, _ groups: Int, _ bias: Tensor?, _ weight: ConvolutionWeight,
    path: String
  ) -> Bool {
    guard groups > 0, inputs.isMultiple(of: groups), outputs.isMultiple(of: groups) else {
      report("\(path)/groups", "\(groups) groups don't part \(inputs) inputs and \(outputs) outputs evenly")
      return false
    }
    guard found == inputs else {
      let other = dataFormat == .channelsLast ? "channels_first" : "channels_last"
      let hint = groups == 1 && found == outputs ? " (are its axes swapped, or is the data_format \(other)?)" : ""
      report(
        "\(path)/\(weight.name)", "expected \(found) input channels, found \(inputs): shape \(weight.shape)\(hint)")
      return false
    }
    if let bias, bias.count != outputs {
      report("\(path)/bias", "expected \(outputs) elements, found \(bias.count)")
      return false
    }
    return true
  }
}

extension WindowAxis {
  /// How many elements of the window lie over an input, over all outputs.
  fileprivate func count(of taps: (Int) -> [Tap]) -> Int {
    (0..<output).reduce(0) { total, position in
      total + taps(position).reduce(0) { $0 + ($1.input == nil ? 0 : 1) }
    }
  }
}
