import CKernels
import Models

/// Turns planned stacks into programs: weights packed, steps placed. What a plan allows can be compiled, so nothing fails.
struct Compiler {
  let dataFormat: DataFormat

  func compile(_ stack: StackPlan) -> Program {
    var program = Program(inputShape: stack.input)
    for layer in stack.layers {
      append(layer.operation, to: &program)
      program.shape = layer.output
      append(layer.activation, to: &program)
    }
    return program
  }

  private func append(_ operation: PlannedOperation, to program: inout Program) {
    switch operation {
    case .dense(let layer, let inputs, let outputs, let positions):
      program.append(.dense(DenseStep(layer, inputs: inputs, outputs: outputs, positions: positions)))
    case .convolution(let layer, let plan): append(layer, plan, to: &program)
    case .transposedConvolution(let layer, let plan): append(layer, plan, to: &program)
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
    guard activation != .identity else { return }
    guard let kernel = activation.kernel else {
      let axis = dataFormat.channelAxis(of: program.shape)
      program.append(
        .softmax(classes: program.shape[axis], inner: program.shape[(axis + 1)...].reduce(1, *)))
      return
    }
    program.append(Elementwise.activation(kernel))
  }
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
