import CKernels

/// A matrix of `rows` features, each a run of `lanes` floats, in memory of its own: what log-weights are evaluated at, and
/// what chains and minimisers keep. Row r of lane i is at `data[r * lanes + i]`.
///
/// Owned by one worker.
public final class LaneMatrix {
  /// Features.
  public let rows: Int
  /// Columns, a multiple of 16.
  public let lanes: Int
  private let buffer: AlignedBuffer

  /// A matrix of zeros.
  public init(rows: Int, lanes: Int) {
    precondition(lanes % Int(CK_LANE_MULTIPLE) == 0, "lanes come in multiples of \(CK_LANE_MULTIPLE)")
    self.rows = rows
    self.lanes = lanes
    buffer = AlignedBuffer(count: rows * lanes)
  }

  /// The elements, row after row.
  public var data: UnsafeMutablePointer<Float> { buffer.pointer }

  /// One lane.
  public func column(_ lane: Int) -> [Float] { (0..<rows).map { data[$0 * lanes + lane] } }

  /// Writes one lane.
  public func setColumn(_ lane: Int, _ values: some Collection<Float>) {
    for (row, value) in values.enumerated() { data[row * lanes + lane] = value }
  }

  /// Writes the same in every lane.
  public func setColumns(_ values: [Float]) { ck_spread(rows, lanes, values, data) }

  /// Takes over the elements of a matrix of the same size.
  public func copy(_ other: LaneMatrix) { data.update(from: other.data, count: rows * lanes) }

  /// Makes every element zero.
  public func clear() { data.update(repeating: 0, count: rows * lanes) }
}

/// A constant affine map in the layout that the product kernel reads.
public final class PackedMap {
  /// Elements of a result.
  public let outputs: Int
  /// Elements of an argument.
  public let inputs: Int
  let packed: AlignedBuffer

  /// The map x ↦ matrix · x + offset, rounded to single precision.
  ///
  /// - Parameters:
  ///   - matrix: `outputs` × `inputs` elements by rows.
  ///   - offset: `outputs` elements; nil for none.
  ///   - transposed: Takes the matrix, then of `inputs` × `outputs` elements, for its transpose.
  public init(_ matrix: [Double], outputs: Int, inputs: Int, offset: [Double]? = nil, transposed: Bool = false) {
    self.outputs = outputs
    self.inputs = inputs
    packed = AlignedBuffer(count: ck_packed_count(outputs, inputs))
    let single = matrix.map(Float.init)
    let (outputStep, inputStep) = transposed ? (1, outputs) : (inputs, 1)
    if let offset = offset?.map(Float.init) {
      ck_pack(outputs, inputs, single, outputStep, inputStep, offset, packed.pointer)
    } else {
      ck_pack(outputs, inputs, single, outputStep, inputStep, nil, packed.pointer)
    }
  }
}
