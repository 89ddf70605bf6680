import CKernels
import Models

/// A stack compiled for lane matrices: weights packed, shapes settled, nothing left to decide.
struct Program: Sendable {
  private(set) var steps: [Step] = []
  /// Where each step writes, in rows from the start of the program's scratch; nil for in place.
  private(set) var places: [Place?] = []
  /// Rows of scratch that hold intermediate results: no more than the two that are alive at once.
  private(set) var intermediateRows = 0
  /// Where the output of each step begins in a run that keeps all of them, and how many rows such a run takes.
  private(set) var keptStarts: [Int] = []
  private(set) var keptRows = 0
  let inputShape: [Int]
  var shape: [Int]

  init(inputShape: [Int]) {
    self.inputShape = inputShape
    shape = inputShape
  }

  enum Step: Sendable {
    case copy(rows: Int)
    case dense(DenseStep)
    case convolution(ConvolutionStep)
    case gather(GatherStep)
    /// In place, one element at a time.
    case elementwise([Elementwise])
    /// In place; along an axis of `classes` entries that lie `inner` rows apart.
    case softmax(classes: Int, inner: Int)
    /// In place, of all rows: the logarithms of the parts of a whole, whose logarithm is the one number in `level`.
    case logSoftmax(level: AlignedBuffer)
    /// In place.
    case normalize(size: Int, epsilon: Float, scale: AlignedBuffer, offset: AlignedBuffer)
    case residual(body: Program, shortcut: Program)
    case concatenate([Branch], outputRows: Int)
    /// The outputs of both multiplied.
    case product(Program, Program)
  }

  /// A branch of a concatenation, and the row that each of its rows becomes.
  struct Branch: Sendable {
    let program: Program
    let rows: [Int]

    /// Whether the rows stay together, so that the branch can write them where they belong.
    var isContiguous: Bool { rows.last.map { $0 - rows[0] == rows.count - 1 } ?? true }
  }

  /// Where a step's output lies: in the program's own scratch, or in what the caller gave.
  enum Place: Sendable, Equatable {
    case scratch(row: Int)
    case output
  }

  var inputRows: Int { inputShape.reduce(1, *) }
  var outputRows: Int { shape.reduce(1, *) }

  /// Appends a step that writes what it computes to a new place.
  mutating func append(_ step: Step) {
    if step.isInPlace && !steps.contains(where: { !$0.isInPlace }) { steps.append(.copy(rows: outputRows)) }
    steps.append(step)
    place()
  }

  /// Puts another step in the place of the last one, whose rows it has.
  mutating func replaceLast(_ step: Step) { steps[steps.count - 1] = step }

  /// Appends an elementwise function: to the product before it, whose outputs it finds in cache, or as a step.
  mutating func append(_ function: Elementwise) {
    switch steps.last {
    case .dense(var dense)?:
      dense.epilogue.append(function)
      steps[steps.count - 1] = .dense(dense)
      place()
    case .convolution(var convolution)?:
      convolution.epilogue.append(function)
      steps[steps.count - 1] = .convolution(convolution)
      place()
    case .elementwise(let functions)?:
      steps[steps.count - 1] = .elementwise(functions + [function])
      place()
    default:
      append(.elementwise([function]))
    }
  }

  /// Places consecutive outputs at opposite ends of a scratch that holds the largest two neighbours.
  private mutating func place() {
    let writers = steps.indices.filter { !steps[$0].isInPlace }
    let rows = writers.dropLast().map { steps[$0].outputRows ?? 0 }
    intermediateRows = zip(rows, rows.dropFirst()).map { $0 + $1 }.max() ?? rows.first ?? 0
    places = Array(repeating: nil, count: steps.count)
    for (order, index) in writers.enumerated() {
      places[index] =
        order == rows.count
        ? .output : .scratch(row: order.isMultiple(of: 2) ? 0 : intermediateRows - rows[order])
    }
    keptStarts = []
    keptRows = 0
    var current = inputRows
    for step in steps {
      keptStarts.append(keptRows)
      current = step.outputRows ?? current
      keptRows += step.keptRows(output: current)
    }
  }

  /// Rows of arena that a run takes beside its output.
  var scratchRows: Int { intermediateRows + (steps.map(\.scratchRows).max() ?? 0) }

  /// Rows of the output that a run takes from the arena; none for the identity, whose output is its input.
  var ownedRows: Int { steps.isEmpty ? 0 : outputRows }

  /// The same program with other fully connected steps in place of its own, those of programs inside it too.
  func replacingDense(_ replace: (DenseStep) -> DenseStep) -> Program {
    var result = self
    result.steps = steps.map { step in
      switch step {
      case .dense(let dense): .dense(replace(dense))
      case .residual(let body, let shortcut):
        .residual(body: body.replacingDense(replace), shortcut: shortcut.replacingDense(replace))
      case .product(let first, let second):
        .product(first.replacingDense(replace), second.replacingDense(replace))
      case .concatenate(let branches, let rows):
        .concatenate(
          branches.map { Branch(program: $0.program.replacingDense(replace), rows: $0.rows) }, outputRows: rows)
      case .copy, .convolution, .gather, .elementwise, .softmax, .logSoftmax, .normalize: step
      }
    }
    return result
  }

  /// Splits off a last fully connected step, whose outputs can then be computed a block of rows at a time.
  func splittingLastDense() -> (prefix: Program, last: DenseStep)? {
    guard case .dense(let last)? = steps.last, last.positions == 1 else { return nil }
    var prefix = self
    prefix.steps.removeLast()
    prefix.shape = [last.inputs]
    prefix.place()
    return (prefix, last)
  }
}

extension Program.Step {
  /// Whether the step changes its input instead of writing to a new place.
  var isInPlace: Bool { outputRows == nil }

  /// Rows that the step writes to a new place; nil where it works in place.
  var outputRows: Int? {
    switch self {
    case .copy(let rows): rows
    case .dense(let dense): dense.outputs * dense.positions
    case .convolution(let convolution): convolution.outputRows
    case .gather(let gather): gather.rows
    case .residual(let body, _), .product(let body, _): body.outputRows
    case .concatenate(_, let outputRows): outputRows
    case .elementwise, .softmax, .logSoftmax, .normalize: nil
    }
  }

  /// Rows of arena that the programs inside the step take.
  fileprivate var scratchRows: Int {
    switch self {
    case .residual(let body, let shortcut), .product(let body, let shortcut):
      max(body.scratchRows, shortcut.ownedRows + shortcut.scratchRows)
    case .concatenate(let branches, _):
      branches.map { ($0.isContiguous ? 0 : $0.program.outputRows) + $0.program.scratchRows }.max() ?? 0
    default: 0
    }
  }
}

/// A function of one element.
enum Elementwise: Sendable {
  case activation(ck_activation)
  /// One factor and one summand for each row.
  case affine(scale: AlignedBuffer, offset: AlignedBuffer)
}

extension Elementwise {
  /// Applies the function to `rows` of a matrix; `data` is where the first of them lies.
  func apply(rows: Range<Int>, lanes: Int, _ data: UnsafeMutablePointer<Float>, _ k: ck_kernels) {
    switch self {
    case .activation(let activation): k.activate(activation, data, rows.count * lanes)
    case .affine(let scale, let offset):
      k.affine(rows.count, lanes, scale.pointer + rows.lowerBound, offset.pointer + rows.lowerBound, data)
    }
  }
}

extension [Elementwise] {
  /// Applies the functions, one after the other.
  func apply(rows: Range<Int>, lanes: Int, _ data: UnsafeMutablePointer<Float>, _ k: ck_kernels) {
    for function in self { function.apply(rows: rows, lanes: lanes, data, k) }
  }
}
