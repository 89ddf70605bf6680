import CKernels
import Models

/// A convolution, plain or transposed, as one indirect product for each output pixel (or a few) and group.
///
/// Nothing is copied: a table names the input row of each weight. Pixels whose taps lie alike around them share a table
/// of rows relative to the first of them, and the weights of those taps (docs/decisions/convolutions.md).
struct ConvolutionStep: Sendable {
  /// Neighbouring output pixels, mostly one, of one group.
  struct Patch: Sendable {
    /// The input row that the table counts from.
    let inputRow: Int
    /// The row of the first output.
    let outputRow: Int
    /// Outputs: the channels of the group for each pixel.
    let outputs: Int
    /// Which table of rows, and which weights.
    let table: Int
    let weights: Int
  }

  /// The input rows of a patch's weights, counted from its first; negative for padding.
  struct Table: Sendable {
    let rows: [Int32]
    /// Whether the rows follow each other, so that no table is needed.
    let isRun: Bool

    init(_ rows: [Int32]) {
      self.rows = rows
      isRun = rows.enumerated().allSatisfy { $0 == Int($1) }
    }
  }

  /// The patches, one image row after the other.
  let patches: [Patch]
  let tables: [Table]
  /// Weights of a set of taps and a group.
  let packed: [AlignedBuffer]
  /// How many rows lie between two outputs of a patch.
  let outputStep: Int
  /// Runs of output rows that an image row consists of, for each image row.
  let imageRows: [[Range<Int>]]
  let inputRows: Int
  let outputRows: Int
  /// For the reverse.
  let transposed: Lazily<ConvolutionStep>
  var epilogue: [Elementwise] = []
  /// The layer's path in the model file.
  var path = ""
  /// Where each packed weight comes from, for training.
  let origins: Lazily<[WeightOrigins]>

  /// The places that the packed weights of a set of taps and a group have in the layer's weight and bias.
  struct WeightOrigins: Sendable {
    let inputs: Int
    let outputs: Int
    /// Of each input's weights, the outputs after each other; negative for a zero.
    let weights: [Int32]
    /// Of each output.
    let biases: [Int32]
  }

  /// Computes the output. What the reverse needs is saved in matrices of its size.
  func run(_ input: Lanes, into output: Lanes, saved: UnsafeMutablePointer<Float>? = nil, _ k: ck_kernels) {
    let lanes = input.lanes
    guard !imageRows.isEmpty else { return }
    let patchesPerRow = patches.count / imageRows.count
    for (y, runs) in imageRows.enumerated() {
      for patch in patches[y * patchesPerRow..<(y + 1) * patchesPerRow] {
        let table = tables[patch.table]
        table.rows.withUnsafeBufferPointer { rows in
          k.product(
            patch.outputs, rows.count, packed[patch.weights].pointer, input.data + patch.inputRow * lanes,
            table.isRun ? nil : rows.baseAddress, lanes, output.data + patch.outputRow * lanes, outputStep)
        }
      }
      if epilogue.isEmpty { continue }
      for run in runs {
        epilogue.apply(
          rows: run, lanes: lanes, output.data + run.lowerBound * lanes,
          saved: saved.map { $0 + run.lowerBound * lanes }, stride: outputRows * lanes, k)
      }
    }
  }
}

/// Rows of the input picked or summed: pooling, upsampling, crops and pads.
struct GatherStep: Sendable {
  let rows: Int
  /// Input rows for each output row; negative for none.
  let taps: Int
  let index: [Int32]
  /// A weight for each; empty for the largest element instead of a sum.
  let weights: [Float]

  func run(_ input: Lanes, into output: Lanes, _ k: ck_kernels) {
    if weights.isEmpty {
      k.gather_max(rows, taps, index, input.data, input.lanes, output.data)
    } else {
      k.gather_sum(rows, taps, index, weights, input.data, input.lanes, output.data)
    }
  }
}
