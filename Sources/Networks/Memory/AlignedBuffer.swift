import CKernels

/// Zeroed floats on a cache-line boundary.
///
/// Sendable because it is either written once before it is shared (packed weights) or owned by one worker (scratch).
final class AlignedBuffer: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Float>
  let count: Int

  init(count: Int) {
    self.count = count
    let raw = UnsafeMutableRawPointer.allocate(byteCount: max(count, 16) * MemoryLayout<Float>.stride, alignment: 64)
    pointer = raw.bindMemory(to: Float.self, capacity: max(count, 16))
    pointer.initialize(repeating: 0, count: max(count, 16))
  }

  convenience init(_ values: [Float]) {
    self.init(count: values.count)
    pointer.update(from: values, count: values.count)
  }

  deinit { pointer.deallocate() }
}

/// Rows of features, each a run of lanes: a view of memory that somebody else owns.
struct Lanes {
  let data: UnsafeMutablePointer<Float>
  let rows: Int
  let lanes: Int

  /// Takes over the elements of a matrix of the same size.
  func copy(_ other: Lanes) { data.update(from: other.data, count: rows * lanes) }

  /// Puts zeros everywhere.
  func clear() { data.update(repeating: 0, count: rows * lanes) }

  /// Puts zeros into the rows that have a value.
  func clear(_ rows: [Float?]) {
    for (row, value) in rows.enumerated() where value != nil { part(firstRow: row, rows: 1).clear() }
  }

  /// Some of the rows.
  func part(firstRow: Int, rows: Int) -> Lanes { Lanes(data: data + firstRow * lanes, rows: rows, lanes: lanes) }

  /// Copies some rows into a matrix of the same size whose other rows become zero.
  func copy(rows: [Int], toClear other: Lanes) {
    other.clear()
    for row in rows { (other.data + row * lanes).update(from: data + row * lanes, count: lanes) }
  }

  /// The matrix as a parameter of a density or of a posterior.
  func operand(_ form: ck_form, firstRow: Int = 0) -> ck_operand {
    ck_operand(data: data + firstRow * lanes, row_step: lanes, lane_step: 1, form: form)
  }
}

/// A worker's memory for intermediate results: taken in order, released in bulk, allocated once.
struct Arena {
  private let buffer: AlignedBuffer
  private(set) var used = 0

  var capacity: Int { buffer.count }

  init(capacity: Int) { buffer = AlignedBuffer(count: capacity) }

  /// `rows` × `lanes` floats, not cleared.
  mutating func take(rows: Int, lanes: Int) -> Lanes {
    let start = used
    used += rows * lanes
    precondition(used <= buffer.count, "the arena is smaller than the plan said")
    return Lanes(data: buffer.pointer + start, rows: rows, lanes: lanes)
  }

  /// `rows` × `lanes` doubles, not cleared, in the room of twice as many floats.
  mutating func takeDoubles(rows: Int, lanes: Int) -> UnsafeMutablePointer<Double> {
    UnsafeMutableRawPointer(take(rows: 2 * rows, lanes: lanes).data)
      .bindMemory(to: Double.self, capacity: rows * lanes)
  }

  /// Gives back all that was taken since `used` had this value.
  mutating func release(to mark: Int) { used = mark }
}

/// The smallest number of lanes that the kernels take and that holds `count`.
func paddedLanes(_ count: Int) -> Int {
  let multiple = Int(CK_LANE_MULTIPLE)
  return max(multiple, (count + multiple - 1) / multiple * multiple)
}
