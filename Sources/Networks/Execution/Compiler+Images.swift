import CKernels
import Models

extension Compiler {
  func append(_ layer: Convolution, _ plan: ConvolutionPlan, to program: inout Program, path: String) {
    let (input, output) = (plan.window.input, plan.window.output)
    let (height, width) = (plan.weight.window[0], plan.weight.window[1])
    let (inputs, outputs) = (plan.weight.input, plan.weight.output)
    let groupOutputs = outputs / layer.groups
    let builder = ConvolutionBuilder(
      input: input, output: output, groups: layer.groups,
      vertical: (0..<output.height).map { plan.window.vertical.taps($0) },
      horizontal: (0..<output.width).map { plan.window.horizontal.taps($0) },
      weight: layer.weight.values, bias: layer.bias?.values,
      steps: layer.layout == .kernel
        ? (width * inputs * outputs, inputs * outputs, outputs, 1, groupOutputs)
        : (width, 1, height * width, inputs * height * width, groupOutputs * inputs * height * width))
    var step = builder.build()
    step.path = path
    program.append(.convolution(step))
  }

  func append(_ layer: TransposedConvolution, _ plan: ConvolutionPlan, to program: inout Program, path: String) {
    let (input, output) = (plan.window.input, plan.window.output)
    let (height, width) = (plan.weight.window[0], plan.weight.window[1])
    let builder = ConvolutionBuilder(
      input: input, output: output, groups: layer.groups,
      vertical: (0..<output.height).map { plan.window.vertical.transposedTaps($0) },
      horizontal: (0..<output.width).map { plan.window.horizontal.transposedTaps($0) },
      weight: layer.weight.values, bias: layer.bias?.values,
      steps: layer.layout == .kernel
        ? (width * output.channels * plan.weight.input, output.channels * plan.weight.input, 1, plan.weight.input, 0)
        : (
          width, 1, plan.weight.output * height * width, height * width,
          input.channels / layer.groups * plan.weight.output * height * width
        ))
    var step = builder.build()
    step.path = path
    program.append(.convolution(step))
  }

  func append(_ layer: Pooling, _ window: WindowPlan, to program: inout Program) {
    let vertical = (0..<window.output.height).map { window.vertical.taps($0).map(\.input) }
    let horizontal = (0..<window.output.width).map { window.horizontal.taps($0).map(\.input) }
    append(window.input, window.output, to: &program, isSum: layer.kind == .average) { y, x in
      let places = vertical[y].flatMap { y in horizontal[x].map { x in (y, x) } }
      let inside = places.filter { $0.0 != nil && $0.1 != nil }.count
      return places.map { y, x in
        if let y, let x { (place: (y: y, x: x), weight: 1 / Double(inside)) } else { (place: nil, weight: 0) }
      }
    }
  }

  func append(_ layer: Upsampling, _ input: ImageShape, _ output: ImageShape, to program: inout Program) {
    switch layer.mode {
    case .nearest:
      append(input, output, to: &program, isSum: false) { y, x in
        [(place: (y: y / layer.factor[0], x: x / layer.factor[1]), weight: 1)]
      }
    case .bilinear:
      append(input, output, to: &program, isSum: true) { y, x in
        bilinear(y, layer.factor[0], input.height, layer.alignsCorners).flatMap { v in
          bilinear(x, layer.factor[1], input.width, layer.alignsCorners).map { h in
            (place: (y: v.place, x: h.place), weight: v.weight * h.weight)
          }
        }
      }
    }
  }

  func appendCrop(_ sides: [Int], _ input: ImageShape, _ output: ImageShape, to program: inout Program) {
    append(input, output, to: &program, isSum: false) { y, x in
      [(place: (y: y + sides[0], x: x + sides[2]), weight: 1)]
    }
  }

  func appendPad(_ sides: [Int], _ input: ImageShape, _ output: ImageShape, to program: inout Program) {
    append(input, output, to: &program, isSum: true) { y, x in
      let place = (y: y - sides[0], x: x - sides[2])
      let isInside = (0..<input.height).contains(place.y) && (0..<input.width).contains(place.x)
      return [(place: isInside ? place : nil, weight: 1)]
    }
  }

  /// Appends a step that picks or sums pixels, the same for every channel. The largest of one element is that element:
  /// so what is only moved needs no weights.
  private func append(
    _ input: ImageShape, _ output: ImageShape, to program: inout Program, isSum: Bool,
    taps: (Int, Int) -> [(place: (y: Int, x: Int)?, weight: Double)]
  ) {
    let rows = output.count
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
  }

  /// The two inputs nearest to an output, with half-pixel centres unless corners are aligned; both are the border's
  /// beyond it.
  private func bilinear(
    _ position: Int, _ factor: Int, _ input: Int, _ alignsCorners: Bool
  ) -> [(place: Int, weight: Double)] {
    let place =
      alignsCorners
      ? Double(position * (input - 1)) / Double(max(1, input * factor - 1))
      : max(0, (Double(position) + 0.5) / Double(factor) - 0.5)
    let lower = min(Int(place), input - 1)
    let share = place - Double(lower)
    return [(lower, 1 - share), (min(lower + 1, input - 1), share)]
  }
}
