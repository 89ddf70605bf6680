import CKernels
import Models

/// Turns planned stacks into programs: weights packed, steps placed. What a plan allows can be compiled, so nothing fails.
struct Compiler {
  let dataFormat: DataFormat

  /// `isNormalized`: whether the logarithm of the output's softmax is wanted, as parts of 1.
  func compile(_ stack: StackPlan, isNormalized: Bool = false) -> Program {
    var program = Program(inputShape: stack.input)
    append(stack, to: &program)
    if isNormalized { program.append(.logSoftmax(level: AlignedBuffer(count: 1))) }
    return program
  }

  /// Layers in place of one are found under that one's path.
  private func append(_ stack: StackPlan, to program: inout Program, path: String? = nil) {
    for layer in stack.layers {
      append(layer.operation, to: &program, path: path ?? layer.path)
      program.shape = layer.output
      append(layer.activation, to: &program)
    }
  }

  private func append(_ operation: PlannedOperation, to program: inout Program, path: String) {
    switch operation {
    case .dense(let layer, let inputs, let outputs, let positions, let covariates):
      program.append(
        .dense(
          DenseStep(
            layer, inputs: inputs, outputs: outputs, positions: positions, covariates: covariates, path: path)))
    case .convolution(let layer, let plan): append(layer, plan, to: &program, path: path)
    case .transposedConvolution(let layer, let plan): append(layer, plan, to: &program, path: path)
    case .pooling(let layer, let window): append(layer, window, to: &program)
    case .upsampling(let layer, let input, let output): append(layer, input, output, to: &program)
    case .crop(let sides, let input, let output): appendCrop(sides, input, output, to: &program)
    case .pad(let sides, let input, let output): appendPad(sides, input, output, to: &program)
    case .batchNormalization(let layer, let axis): append(layer, axis: axis, to: &program)
    case .layerNormalization(let layer): append(layer, to: &program)
    case .rearrangement: break
    case .residual(let body, let shortcut):
      program.append(.residual(body: compile(body), shortcut: compile(shortcut)))
    case .concatenation(let branches, let axis): append(branches, axis: axis, to: &program)
    case .product(let first, let second): program.append(.product(compile(first), compile(second)))
    case .selection(let index):
      program.append(.gather(GatherStep(rows: index.count, taps: 1, index: index, weights: [])))
    case .sequence(let stack): append(stack, to: &program, path: path)
    }
  }

  private func append(_ layer: BatchNormalization, axis: Int, to program: inout Program) {
    let shape = program.shape
    let channels = shape[axis]
    let inner = shape[(axis + 1)...].reduce(1, *)
    var scale: [Float] = []
    var offset: [Float] = []
    for row in 0..<shape.reduce(1, *) {
      let channel = row / inner % channels
      // In Double: what is left is one rounding of each factor.
      let factor =
        Double(layer.scale?.values[channel] ?? 1)
        / (Double(layer.variance.values[channel]) + layer.epsilon).squareRoot()
      scale.append(Float(factor))
      offset.append(
        Float(Double(layer.offset?.values[channel] ?? 0) - Double(layer.mean.values[channel]) * factor))
    }
    program.append(Elementwise.affine(scale: AlignedBuffer(scale), offset: AlignedBuffer(offset)))
  }

  private func append(_ layer: LayerNormalization, to program: inout Program) {
    let size = program.shape.last ?? 1
    let scale = layer.scale?.values ?? [Float](repeating: 1, count: size)
    let offset = layer.offset?.values ?? [Float](repeating: 0, count: size)
    program.append(
      .normalize(
        size: size, epsilon: Float(layer.epsilon), scale: AlignedBuffer(scale), offset: AlignedBuffer(offset)))
  }

  private func append(_ branches: [StackPlan], axis: Int, to program: inout Program) {
    let width = branches.reduce(0) { $0 + $1.output[axis] }
    let inner = branches.first.map { $0.output[(axis + 1)...].reduce(1, *) } ?? 1
    var offset = 0
    var placed: [Program.Branch] = []
    for branch in branches {
      let own = branch.output[axis] * inner
      let rows = (0..<branch.outputCount).map { $0 / own * width * inner + offset + $0 % own }
      placed.append(.init(program: compile(branch), rows: rows))
      offset += own
    }
    program.append(.concatenate(placed, outputRows: branches.reduce(0) { $0 + $1.outputCount }))
  }

  private func append(_ activation: Activation, to program: inout Program) {
    switch activation {
    case .identity: return
    case .softmax:
      let axis = dataFormat.channelAxis(of: program.shape)
      program.append(
        .softmax(classes: program.shape[axis], inner: program.shape[(axis + 1)...].reduce(1, *)))
    case .prelu(let slope): append(slopes: slope, to: &program)
    default: for function in activation.functions(rows: program.outputRows) { program.append(function) }
    }
  }

  /// max(x, 0) − slope · max(−x, 0).
  private func append(slopes: Tensor, to program: inout Program) {
    let shape = program.shape
    let axis = dataFormat.channelAxis(of: shape)
    let inner = shape[(axis + 1)...].reduce(1, *)
    let rows = program.outputRows
    let scale = (0..<rows).map { row in -slopes.values[slopes.count == 1 ? 0 : row / inner % shape[axis]] }
    var positive = Program(inputShape: shape)
    for function in Activation.relu.functions(rows: rows) { positive.append(function) }
    var negative = Program(inputShape: shape)
    negative.append(Elementwise.affine(-1, 0, rows: rows))
    for function in Activation.relu.functions(rows: rows) { negative.append(function) }
    negative.append(
      Elementwise.affine(
        scale: AlignedBuffer(scale), offset: AlignedBuffer([Float](repeating: 0, count: rows))))
    program.append(.residual(body: positive, shortcut: negative))
  }
}

extension Elementwise {
  /// The same factor and the same summand for each row.
  static func affine(_ scale: Float, _ offset: Float, rows: Int) -> Elementwise {
    .affine(
      scale: AlignedBuffer([Float](repeating: scale, count: rows)),
      offset: AlignedBuffer([Float](repeating: offset, count: rows)))
  }
}

extension Activation {
  /// The elementwise functions, one after the other, that an activation is on so many rows.
  fileprivate func functions(rows: Int) -> [Elementwise] {
    switch self {
    case .celu(let alpha) where alpha != 1:
      [.affine(1 / alpha, 0, rows: rows)] + Activation.elu().functions(rows: rows) + [.affine(alpha, 0, rows: rows)]
    case .hardSigmoid:
      [.affine(1 / 6, 0.5, rows: rows)] + Activation.hardTanh(min: 0, max: 1).functions(rows: rows)
    default: kernel.map { [.activation($0)] } ?? []
    }
  }
}

extension Activation {
  /// The kernel of an elementwise activation; nil for those that are none, or are made of others.
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
    case .abs: ck_activation(kind: CK_LEAKY_RELU, a: -1, b: 0)
    case .square: ck_activation(kind: CK_SQUARED, a: 0, b: 0)
    case .sqrt: ck_activation(kind: CK_SQRT, a: 0, b: 0)
    case .log: ck_activation(kind: CK_LOGARITHM, a: 0, b: 0)
    case .log1p: ck_activation(kind: CK_LOG1P, a: 0, b: 0)
    case .hardSwish: ck_activation(kind: CK_HARD_SWISH, a: 0, b: 0)
    case .mish: ck_activation(kind: CK_MISH, a: 0, b: 0)
    case .softsign: ck_activation(kind: CK_SOFTSIGN, a: 0, b: 0)
    case .celu: ck_activation(kind: CK_ELU, a: 1, b: 0)
    case .hardSigmoid, .prelu, .softmax: nil
    }
  }
}
