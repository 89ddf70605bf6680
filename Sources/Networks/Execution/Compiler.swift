import CKernels
import Models

/// Turns stacks into programs and collects every problem met on the way, each with its path in the model file.
struct Compiler {
  let dataFormat: DataFormat
  private(set) var problems: [ModelProblem] = []
  /// The output shape of each layer that was compiled, by its path in the model file.
  private(set) var layerShapes: [String: [Int]] = [:]

  init(dataFormat: DataFormat) { self.dataFormat = dataFormat }

  mutating func report(_ path: String, _ message: String) { problems.append(ModelProblem(path: path, message)) }

  /// Compiles a stack; nil after a problem.
  mutating func compile(_ stack: Stack, input: [Int], path: String) -> Program? {
    var program = Program(inputShape: input)
    for (index, layer) in stack.layers.enumerated() {
      let path = "\(path)/\(index)"
      guard append(layer.operation, to: &program, path: path),
        append(layer.activation, to: &program, path: path)
      else { return nil }
      layerShapes[path] = program.shape
    }
    return program
  }

  private mutating func append(_ operation: Layer.Operation, to program: inout Program, path: String) -> Bool {
    let shape = program.shape
    switch operation {
    case .dense(let layer): return append(layer, to: &program, path: path)
    case .convolution(let layer): return append(layer, to: &program, path: path)
    case .transposedConvolution(let layer): return append(layer, to: &program, path: path)
    case .pooling(let layer): return append(layer, to: &program, path: path)
    case .upsampling(let layer): return append(layer, to: &program, path: path)
    case .crop(let sides): return appendCrop(sides, to: &program, path: path)
    case .pad(let sides): return appendPad(sides, to: &program, path: path)
    case .batchNormalization(let layer): return append(layer, to: &program, path: path)
    case .layerNormalization(let layer): return append(layer, to: &program, path: path)
    case .activation: return true
    case .flatten:
      program.shape = [shape.reduce(1, *)]
      return true
    case .reshape(let target):
      let elements = shape.reduce(1, *)
      guard !target.isEmpty, target.allSatisfy({ $0 > 0 }), elementCount(target) == elements else {
        report("\(path)/shape", "expected a shape of \(elements) elements for \(shape), found \(target)")
        return false
      }
      program.shape = target
      return true
    case .residual(let body, let shortcut):
      guard let body = compile(body, input: shape, path: path + "/body"),
        let shortcut = compile(shortcut, input: shape, path: path + "/shortcut")
      else { return false }
      guard body.shape == shortcut.shape else {
        report(path, "a residual adds equal shapes; the body gives \(body.shape), the shortcut \(shortcut.shape)")
        return false
      }
      program.append(.residual(body: body, shortcut: shortcut))
      program.shape = body.shape
      return true
    case .concatenation(let stacks):
      var branches: [Program] = []
      for (index, stack) in stacks.enumerated() {
        guard let branch = compile(stack, input: shape, path: path + "/branches/\(index)") else { return false }
        branches.append(branch)
      }
      return append(branches, to: &program, path: path)
    }
  }

  private mutating func append(_ dense: Dense, to program: inout Program, path: String) -> Bool {
    let name = dense.layout == .weight ? "weight" : "kernel"
    guard dense.weight.shape.count == 2, dense.weight.count > 0 else {
      report("\(path)/\(name)", "a dense layer's \(name) has 2 axes; found shape \(dense.weight.shape)")
      return false
    }
    let inputs = dense.layout == .weight ? dense.weight.shape[1] : dense.weight.shape[0]
    let outputs = dense.layout == .weight ? dense.weight.shape[0] : dense.weight.shape[1]
    let last = program.shape.last ?? 1
    guard inputs == last else {
      let elements = program.shape.reduce(1, *)
      let hint =
        elements == inputs && program.shape.count > 1
        ? " (a flatten layer before it would give \(elements))"
        : outputs == last ? " (its transpose would: is it stored under the other name, kernel or weight?)" : ""
      report("\(path)/\(name)", "expected \(last) inputs, found \(inputs): shape \(dense.weight.shape)\(hint)")
      return false
    }
    if let bias = dense.bias, bias.count != outputs {
      report("\(path)/bias", "expected \(outputs) elements, found \(bias.count)")
      return false
    }
    let positions = program.shape.dropLast().reduce(1, *)
    program.append(.dense(DenseStep(dense, inputs: inputs, outputs: outputs, positions: positions)))
    program.shape = Array(program.shape.dropLast()) + [outputs]
    return true
  }

  private mutating func append(_ layer: BatchNormalization, to program: inout Program, path: String) -> Bool {
    let shape = program.shape
    let axis = layer.axis.map { $0 < 0 ? shape.count + $0 : $0 } ?? channelAxis(shape)
    guard shape.indices.contains(axis) else {
      report(path, "batch-norm axis \(axis) is not one of the \(shape.count) axes of \(shape)")
      return false
    }
    let channels = shape[axis]
    let ones = Tensor([Float](repeating: 1, count: channels))
    let zeros = Tensor([Float](repeating: 0, count: channels))
    let parts = [
      ("mean", layer.mean), ("variance", layer.variance), ("scale", layer.scale ?? ones),
      ("offset", layer.offset ?? zeros),
    ]
    for (name, tensor) in parts where tensor.count != channels {
      report("\(path)/\(name)", "expected \(channels) elements for the channels of \(shape), found \(tensor.count)")
      return false
    }
    let inner = shape[(axis + 1)...].reduce(1, *)
    var scale: [Float] = []
    var offset: [Float] = []
    for row in 0..<shape.reduce(1, *) {
      let channel = row / inner % channels
      // In Double: what is left is one rounding of each factor.
      let factor =
        Double(parts[2].1.values[channel]) / (Double(layer.variance.values[channel]) + layer.epsilon).squareRoot()
      scale.append(Float(factor))
      offset.append(Float(Double(parts[3].1.values[channel]) - Double(layer.mean.values[channel]) * factor))
    }
    program.append(Elementwise.affine(scale: AlignedBuffer(scale), offset: AlignedBuffer(offset)))
    return true
  }

  private mutating func append(_ layer: LayerNormalization, to program: inout Program, path: String) -> Bool {
    let size = program.shape.last ?? 1
    let scale = layer.scale?.values ?? [Float](repeating: 1, count: size)
    let offset = layer.offset?.values ?? [Float](repeating: 0, count: size)
    for (name, values) in [("scale", scale), ("offset", offset)] where values.count != size {
      report("\(path)/\(name)", "expected \(size) elements for the last axis, found \(values.count)")
      return false
    }
    program.append(
      .normalize(
        size: size, epsilon: Float(layer.epsilon), scale: AlignedBuffer(scale), offset: AlignedBuffer(offset)))
    return true
  }

  private mutating func append(_ branches: [Program], to program: inout Program, path: String) -> Bool {
    guard let first = branches.first else {
      report(path, "a concat layer needs at least one branch")
      return false
    }
    let axis = channelAxis(first.shape)
    for branch in branches {
      var expected = first.shape
      guard branch.shape.count == expected.count else {
        report(path, "branches of different rank: \(first.shape) and \(branch.shape)")
        return false
      }
      expected[axis] = branch.shape[axis]
      guard branch.shape == expected else {
        report(path, "branches differ beside their channels: \(first.shape) and \(branch.shape)")
        return false
      }
    }
    var shape = first.shape
    shape[axis] = branches.reduce(0) { $0 + $1.shape[axis] }
    let inner = shape[(axis + 1)...].reduce(1, *)
    var offset = 0
    var placed: [Program.Branch] = []
    for branch in branches {
      let width = branch.shape[axis] * inner
      let rows = (0..<branch.outputRows).map { $0 / width * shape[axis] * inner + offset + $0 % width }
      placed.append(.init(program: branch, rows: rows))
      offset += width
    }
    program.append(.concatenate(placed, outputRows: shape.reduce(1, *)))
    program.shape = shape
    return true
  }

  private mutating func append(_ activation: Activation, to program: inout Program, path: String) -> Bool {
    guard activation != .identity else { return true }
    guard let kernel = activation.kernel else {
      let axis = channelAxis(program.shape)
      program.append(
        .softmax(classes: program.shape[axis], inner: program.shape[(axis + 1)...].reduce(1, *)))
      return true
    }
    program.append(Elementwise.activation(kernel))
    return true
  }

  /// Channels are the last axis, or the first of a channels-first image.
  private func channelAxis(_ shape: [Int]) -> Int {
    dataFormat == .channelsFirst && shape.count == 3 ? 0 : shape.count - 1
  }
}

/// The product of the extents; nil where it is more than any layer may have.
func elementCount(_ shape: [Int]) -> Int? {
  var count = 1
  for extent in shape {
    let (product, isOverflow) = count.multipliedReportingOverflow(by: extent)
    guard !isOverflow, product <= Compiler.largestLayer else { return nil }
    count = product
  }
  return count
}

extension Activation {
  /// The kernel of an elementwise activation; nil for softmax.
  var kernel: ck_activation? {
    switch self {
    case .identity: ck_activation(kind: CK_IDENTITY, a: 0, b: 0)
    case .relu: ck_activation(kind: CK_RELU, a: 0, b: 0)
    case .leakyReLU(let alpha): ck_activation(kind: CK_LEAKY_RELU, a: alpha, b: 0)
    case .elu(let alpha): ck_activation(kind: CK_ELU, a: alpha, b: 0)
    case .selu: ck_activation(kind: CK_SELU, a: 0, b: 0)
    case .tanh: ck_activation(kind: CK_TANH, a: 0, b: 0)
    case .sigmoid: ck_activation(kind: CK_SIGMOID, a: 0, b: 0)
    case .softplus: ck_activation(kind: CK_SOFTPLUS, a: 0, b: 0)
    case .gelu: ck_activation(kind: CK_GELU, a: 0, b: 0)
    case .geluTanh: ck_activation(kind: CK_GELU_TANH, a: 0, b: 0)
    case .silu: ck_activation(kind: CK_SILU, a: 0, b: 0)
    case .exp: ck_activation(kind: CK_EXP, a: 0, b: 0)
    case .hardTanh(let min, let max): ck_activation(kind: CK_HARD_TANH, a: min, b: max)
    case .softmax: nil
    }
  }
}
