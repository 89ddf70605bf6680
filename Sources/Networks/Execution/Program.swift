import CKernels

/// A stack compiled for lane matrices: weights packed, shapes settled, nothing left to decide.
struct Program: Sendable {
  var steps: [Step] = []
  let inputShape: [Int]
  var shape: [Int]

  init(inputShape: [Int]) {
    self.inputShape = inputShape
    shape = inputShape
  }

  enum Step: Sendable {
    case dense(DenseStep)
    case activate([ck_activation])
    case softmax(classes: Int)
    case affine(scale: AlignedBuffer, offset: AlignedBuffer)
    case normalize(size: Int, epsilon: Float, scale: AlignedBuffer, offset: AlignedBuffer)
    case residual(body: Program, shortcut: Program)
    /// Each branch's rows go to the rows named: one index for each row of the branch.
    case concatenate([(program: Program, rows: [Int])], outputRows: Int)
  }

  var inputRows: Int { inputShape.reduce(1, *) }
  var outputRows: Int { shape.reduce(1, *) }

  /// Rows of arena that a run takes, its output included.
  var arenaRows: Int {
    var rows = 0
    var ownsBuffer = false
    var current = inputRows
    for step in steps {
      switch step {
      case .dense(let dense):
        current = dense.outputs * dense.positions
        rows += current
      case .activate, .softmax, .affine, .normalize:
        rows += ownsBuffer ? 0 : current
      case .residual(let body, let shortcut):
        rows += body.arenaRows + shortcut.arenaRows + body.outputRows
        current = body.outputRows
      case .concatenate(let branches, let outputRows):
        rows += outputRows + branches.reduce(0) { $0 + $1.program.arenaRows }
        current = outputRows
      }
      ownsBuffer = true
    }
    return rows
  }

  /// Multiply-adds for one lane.
  var multiplyAdds: Int {
    steps.reduce(0) { sum, step in
      switch step {
      case .dense(let dense): sum + dense.inputs * dense.outputs * dense.positions
      case .residual(let body, let shortcut): sum + body.multiplyAdds + shortcut.multiplyAdds
      case .concatenate(let branches, _): sum + branches.reduce(0) { $0 + $1.program.multiplyAdds }
      case .activate, .softmax, .affine, .normalize: sum
      }
    }
  }

  /// Splits off a last fully connected step, whose outputs can then be computed a block of rows at a time.
  func splittingLastDense() -> (prefix: Program, last: DenseStep)? {
    guard case .dense(let last)? = steps.last, last.positions == 1 else { return nil }
    var prefix = self
    prefix.steps.removeLast()
    prefix.shape = [last.inputs]
    return (prefix, last)
  }
}

/// A fully connected layer with its activations.
struct DenseStep: Sendable {
  let packed: AlignedBuffer
  let inputs: Int
  let outputs: Int
  /// The layer is applied to this many consecutive runs of `inputs` rows.
  let positions: Int
  var activations: [ck_activation]

  init(_ dense: Dense, inputs: Int, outputs: Int, positions: Int) {
    self.inputs = inputs
    self.outputs = outputs
    self.positions = positions
    activations = []
    packed = AlignedBuffer(count: ck_packed_count(outputs, inputs))
    let outputStep = dense.layout == .weight ? inputs : 1
    let inputStep = dense.layout == .weight ? 1 : outputs
    dense.weight.values.withUnsafeBufferPointer { weight in
      if let bias = dense.bias {
        ck_pack(outputs, inputs, weight.baseAddress, outputStep, inputStep, bias.values, packed.pointer)
      } else {
        ck_pack(outputs, inputs, weight.baseAddress, outputStep, inputStep, nil, packed.pointer)
      }
    }
  }

  /// Rows that are computed before their activation, so that it finds them in cache.
  static let rowsAtOnce = 32

  /// Computes the outputs in `rows`, which begin at a multiple of the packing, into `output`.
  func run(
    rows: Range<Int>, input: UnsafePointer<Float>, lanes: Int, output: UnsafeMutablePointer<Float>, _ k: ck_kernels
  ) {
    let packing = Int(CK_PACK)
    var first = rows.lowerBound
    while first < rows.upperBound {
      let count = min(activations.isEmpty ? rows.count : Self.rowsAtOnce, rows.upperBound - first)
      let target = output + (first - rows.lowerBound) * lanes
      k.product(
        count, inputs, packed.pointer + first / packing * (inputs + 1) * packing, input, nil, lanes, target, 1)
      for activation in activations { k.activate(activation, target, count * lanes) }
      first += count
    }
  }
}
