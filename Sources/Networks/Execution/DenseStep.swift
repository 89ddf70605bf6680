import CKernels
import Models

/// A fully connected layer with the elementwise functions that follow it.
struct DenseStep: Sendable {
  private(set) var packed: AlignedBuffer
  let inputs: Int
  /// Inputs that are packed: all, or, in a copy of which only the biases count, none.
  private(set) var packedInputs: Int
  let outputs: Int
  /// The layer is applied to this many consecutive runs of `inputs` rows.
  let positions: Int
  var epilogue: [Elementwise] = []
  /// The layer's path in the model file.
  let path: String
  /// What covariates add to the bias; nil where there are none.
  let columns: CovariateColumns?
  /// For the reverse.
  let transposed: Lazily<AlignedBuffer>

  init(_ dense: Dense, inputs: Int, outputs: Int, positions: Int, covariates: [Int] = [], path: String = "") {
    self.path = path
    self.inputs = inputs
    packedInputs = inputs
    self.outputs = outputs
    self.positions = positions
    packed = AlignedBuffer(count: ck_packed_count(outputs, inputs))
    let outputStep = dense.layout == .weight ? inputs + covariates.count : 1
    let inputStep = dense.layout == .weight ? 1 : outputs
    ck_pack(outputs, inputs, dense.weight.values, outputStep, inputStep, dense.bias?.values, packed.pointer)
    columns =
      covariates.isEmpty ? nil : CovariateColumns(dense, inputs: inputs, outputs: outputs, columns: covariates)
    transposed = Self.transposed(packed, inputs: inputs, outputs: outputs)
  }

  /// The same step with weights of its own, for biases that change. Where nothing but covariates is taken (a label that is
  /// made a channel of an image), the inputs need not be gone through.
  func withOwnWeights() -> DenseStep {
    var result = self
    if isOfBiases {
      result.packedInputs = 0
      result.packed = AlignedBuffer(count: ck_packed_count(outputs, 0))
    } else {
      result.packed = AlignedBuffer(count: packed.count)
      result.packed.pointer.update(from: packed.pointer, count: packed.count)
    }
    return result
  }

  /// Whether all weights are zero.
  private var isOfBiases: Bool {
    let packing = Int(CK_PACK)
    let block = (inputs + 1) * packing
    return (0..<packed.count).allSatisfy { $0 % block < packing || packed.pointer[$0] == 0 }
  }

  /// Rows that are computed before what follows them, so that it finds them in cache.
  static let rowsAtOnce = 32

  /// Computes every output of every position.
  func run(_ input: Lanes, into output: Lanes, saved: UnsafeMutablePointer<Float>? = nil, _ k: ck_kernels) {
    for position in 0..<positions {
      run(
        rows: 0..<outputs, position: position, input: input.data + position * inputs * input.lanes,
        lanes: input.lanes, output: output.data + position * outputs * input.lanes, saved: saved, k)
    }
  }

  /// Computes the outputs in `rows` of one position, which begin at a multiple of the packing, into `output`. What the
  /// reverse needs is saved in matrices of the size of the whole output.
  func run(
    rows: Range<Int>, position: Int = 0, input: UnsafePointer<Float>, lanes: Int,
    output: UnsafeMutablePointer<Float>, saved: UnsafeMutablePointer<Float>? = nil, _ k: ck_kernels
  ) {
    let packing = Int(CK_PACK)
    var first = rows.lowerBound
    while first < rows.upperBound {
      let count = min(epilogue.isEmpty ? rows.count : Self.rowsAtOnce, rows.upperBound - first)
      let target = output + (first - rows.lowerBound) * lanes
      k.product(
        count, packedInputs, packed.pointer + first / packing * (packedInputs + 1) * packing, input, nil, lanes, target,
        1
      )
      let row = position * outputs + first
      epilogue.apply(
        rows: row..<row + count, lanes: lanes, target, saved: saved.map { $0 + row * lanes },
        stride: outputs * positions * lanes, k)
      first += count
    }
  }
}
