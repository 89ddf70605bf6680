/// Follows shapes through stacks and collects every problem met on the way, each with its path in the model file.
package struct Planner {
  package let dataFormat: DataFormat
  /// What is known of an example besides x.
  package var layout = CovariateLayout()
  package private(set) var problems: [ModelProblem] = []
  /// The output shape of each layer that fits, by its path in the model file.
  private(set) var layerShapes: [String: [Int]] = [:]

  package init(dataFormat: DataFormat) { self.dataFormat = dataFormat }

  mutating func report(_ path: String, _ message: String) { problems.append(ModelProblem(path: path, message)) }

  /// Plans a stack; nil after a problem.
  ///
  /// `covariates`: what is joined to the input.
  package mutating func plan(
    _ stack: Stack, input: [Int], joining covariates: [String] = [], path: String
  ) -> StackPlan? {
    var plan = StackPlan(input: input)
    var stack = stack
    if !covariates.isEmpty, !stack.joinToFirstDense(covariates) {
      guard let joined = self.plan(joinLayer(covariates, input), input: input, path: path) else { return nil }
      plan.layers.append(joined)
    }
    for (index, layer) in stack.layers.enumerated() {
      let path = "\(path)/\(index)"
      guard let planned = self.plan(layer, input: plan.output, path: path) else { return nil }
      plan.layers.append(planned)
      layerShapes[path] = planned.output
    }
    return plan
  }

  private mutating func plan(_ layer: Layer, input shape: [Int], path: String) -> LayerPlan? {
    let planned: (operation: PlannedOperation, output: [Int], multiplyAdds: Int)?
    switch layer.operation {
    case .dense(let dense): planned = plan(dense, shape, path: path)
    case .convolution(let convolution): planned = plan(convolution, shape, path: path)
    case .transposedConvolution(let convolution): planned = plan(convolution, shape, path: path)
    case .pooling(let pooling): planned = plan(pooling, shape, path: path)
    case .upsampling(let upsampling): planned = plan(upsampling, shape, path: path)
    case .crop(let sides): planned = planCrop(sides, shape, path: path)
    case .pad(let sides): planned = planPad(sides, shape, path: path)
    case .batchNormalization(let layer): planned = plan(layer, shape, path: path)
    case .layerNormalization(let layer): planned = plan(layer, shape, path: path)
    case .activation: planned = (.rearrangement, shape, 0)
    case .flatten: planned = (.rearrangement, [shape.reduce(1, *)], 0)
    case .reshape(let target): planned = planReshape(target, shape, path: path)
    case .residual(let body, let shortcut): planned = planResidual(body, shortcut, shape, path: path)
    case .concatenation(let branches): planned = planConcatenation(branches, shape, path: path)
    case .product(let factors): planned = planProduct(factors, shape, path: path)
    case .permute(let order): planned = planPermute(order, shape, path: path)
    case .padBorder(let sides, let mode): planned = planBorder(sides, mode, shape, path: path)
    case .convolution1D, .transposedConvolution1D, .groupNormalization, .pixelShuffle:
      planned = lower(layer.operation, shape, path: path).flatMap { planLowered($0, shape, path: path) }
    }
    guard let planned, check(layer.activation, planned.output, path: path) else { return nil }
    return LayerPlan(
      operation: planned.operation, activation: layer.activation, output: planned.output,
      multiplyAdds: planned.multiplyAdds, path: path)
  }
}

extension Planner {
  /// An operation, the shape of its output, and its multiply-adds; nil after a problem.
  typealias Planned = (operation: PlannedOperation, output: [Int], multiplyAdds: Int)

  /// Elements of one layer's output beyond which a model is refused: a mistyped stride or factor, not a network.
  static let largestLayer = 1 << 26

  private mutating func plan(_ dense: Dense, _ shape: [Int], path: String) -> Planned? {
    let name = dense.layout == .weight ? "weight" : "kernel"
    guard dense.weight.shape.count == 2, dense.weight.count > 0 else {
      report("\(path)/\(name)", "a dense layer's \(name) has 2 axes; found shape \(dense.weight.shape)")
      return nil
    }
    let inputs = dense.layout == .weight ? dense.weight.shape[1] : dense.weight.shape[0]
    let outputs = dense.layout == .weight ? dense.weight.shape[0] : dense.weight.shape[1]
    let last = shape.last ?? 1
    guard let columns = columns(dense.covariates, path: path) else { return nil }
    guard inputs == last + columns.count else {
      if !columns.isEmpty {
        let parts = dense.covariates.map { "\(layout.columns($0)?.count ?? 0) of \($0)" }.joined(separator: " and ")
        report("\(path)/\(name)", "expected \(last) inputs and \(parts), found \(inputs): shape \(dense.weight.shape)")
        return nil
      }
      let elements = shape.reduce(1, *)
      let hint =
        elements == inputs && shape.count > 1
        ? " (a flatten layer before it would give \(elements))"
        : outputs == last ? " (its transpose would: is it stored under the other name, kernel or weight?)" : ""
      report("\(path)/\(name)", "expected \(last) inputs, found \(inputs): shape \(dense.weight.shape)\(hint)")
      return nil
    }
    if let bias = dense.bias, bias.count != outputs {
      report("\(path)/bias", "expected \(outputs) elements, found \(bias.count)")
      return nil
    }
    let positions = shape.dropLast().reduce(1, *)
    return (
      .dense(dense, inputs: last, outputs: outputs, positions: positions, covariates: columns),
      Array(shape.dropLast()) + [outputs], last * outputs * positions
    )
  }

  private mutating func plan(_ layer: BatchNormalization, _ shape: [Int], path: String) -> Planned? {
    let axis = layer.axis.map { $0 < 0 ? shape.count + $0 : $0 } ?? dataFormat.channelAxis(of: shape)
    guard shape.indices.contains(axis) else {
      report(path, "batch-norm axis \(axis) is not one of the \(shape.count) axes of \(shape)")
      return nil
    }
    let channels = shape[axis]
    let parts = [
      ("mean", layer.mean), ("variance", layer.variance), ("scale", layer.scale), ("offset", layer.offset),
    ]
    for case (let name, let tensor?) in parts where tensor.count != channels {
      report("\(path)/\(name)", "expected \(channels) elements for the channels of \(shape), found \(tensor.count)")
      return nil
    }
    return (.batchNormalization(layer, axis: axis), shape, 0)
  }

  private mutating func plan(_ layer: LayerNormalization, _ shape: [Int], path: String) -> Planned? {
    if layer.axes != nil {
      return lower(.layerNormalization(layer), shape, path: path).flatMap { planLowered($0, shape, path: path) }
    }
    let size = shape.last ?? 1
    for case (let name, let tensor?) in [("scale", layer.scale), ("offset", layer.offset)] where tensor.count != size {
      report("\(path)/\(name)", "expected \(size) elements for the last axis, found \(tensor.count)")
      return nil
    }
    return (.layerNormalization(layer), shape, 0)
  }

  /// Whether an activation fits what it is applied to.
  private mutating func check(_ activation: Activation, _ shape: [Int], path: String) -> Bool {
    guard case .prelu(let slope) = activation else { return true }
    let channels = shape[dataFormat.channelAxis(of: shape)]
    if slope.count == 1 || slope.count == channels { return true }
    report("\(path)/slope", "expected one element, or \(channels) for the channels of \(shape); found \(slope.count)")
    return false
  }

  private mutating func planReshape(_ target: [Int], _ shape: [Int], path: String) -> Planned? {
    let elements = shape.reduce(1, *)
    guard !target.isEmpty, target.allSatisfy({ $0 > 0 }), target.elementCount(atMost: Self.largestLayer) == elements
    else {
      report("\(path)/shape", "expected a shape of \(elements) elements for \(shape), found \(target)")
      return nil
    }
    return (.rearrangement, target, 0)
  }

  private mutating func planResidual(_ body: Stack, _ shortcut: Stack, _ shape: [Int], path: String) -> Planned? {
    guard let body = plan(body, input: shape, path: path + "/body"),
      let shortcut = plan(shortcut, input: shape, path: path + "/shortcut")
    else { return nil }
    guard body.output == shortcut.output else {
      report(path, "a residual adds equal shapes; the body gives \(body.output), the shortcut \(shortcut.output)")
      return nil
    }
    return (.residual(body: body, shortcut: shortcut), body.output, body.multiplyAdds + shortcut.multiplyAdds)
  }

  private mutating func planConcatenation(_ stacks: [Stack], _ input: [Int], path: String) -> Planned? {
    var branches: [StackPlan] = []
    for (index, stack) in stacks.enumerated() {
      guard let branch = plan(stack, input: input, path: path + "/branches/\(index)") else { return nil }
      branches.append(branch)
    }
    guard let first = branches.first else {
      report(path, "a concat layer needs at least one branch")
      return nil
    }
    let axis = dataFormat.channelAxis(of: first.output)
    for branch in branches {
      var expected = first.output
      guard branch.output.count == expected.count else {
        report(path, "branches of different rank: \(first.output) and \(branch.output)")
        return nil
      }
      expected[axis] = branch.output[axis]
      guard branch.output == expected else {
        report(path, "branches differ beside their channels: \(first.output) and \(branch.output)")
        return nil
      }
    }
    var shape = first.output
    shape[axis] = branches.reduce(0) { $0 + $1.output[axis] }
    return (.concatenation(branches, axis: axis), shape, branches.reduce(0) { $0 + $1.multiplyAdds })
  }
}

extension DataFormat {
  /// Channels are the last axis, or the first of a channels-first image.
  package func channelAxis(of shape: [Int]) -> Int {
    self == .channelsFirst && shape.count == 3 ? 0 : shape.count - 1
  }
}
