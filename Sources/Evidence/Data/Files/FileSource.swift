/// Examples in a file.
public protocol FileSource: ExampleSource {
  /// The file's path.
  var file: String { get }
  /// The dataset's path inside the file.
  var path: String { get }
  /// What was found out about how the data are stored and was done about it, in words; for people.
  var notes: [String] { get }
  /// Whether the elements are stored as integers, and mean what they say: no factor stands beside them.
  var storesIntegers: Bool { get }
}

/// An array in a file, of which a range along any axis can be read.
protocol StoredArray: Sendable {
  /// The extent of each axis.
  var shape: [Int] { get }
  /// Reads the elements whose index along an axis is in a range, in the order of the file.
  func read(_ range: Range<Int>, axis: Int, into buffer: UnsafeMutableBufferPointer<Float>) throws
}

/// An array with its axes in another order: the first of them counts examples.
struct OrderedArray: Sendable {
  let base: any StoredArray
  /// Axis i of this array is axis `order[i]` of the stored one.
  let order: [Int]
  /// The extents in this order.
  let shape: [Int]

  /// `order`: a permutation of the stored array's axes.
  init(_ base: any StoredArray, order: [Int]? = nil) {
    self.base = base
    let stored = base.shape
    self.order = order ?? Array(stored.indices)
    shape = self.order.map { stored[$0] }
  }

  func read(_ rows: Range<Int>, into target: UnsafeMutableBufferPointer<Float>) throws {
    guard let axis = order.first else { return }
    if order == Array(order.indices) { return try base.read(rows, axis: 0, into: target) }
    var extents = base.shape
    extents[axis] = rows.count
    let count = extents.reduce(1, *)
    // Not on the stack, which may be small.
    var block = [Float](repeating: 0, count: count)
    try block.withUnsafeMutableBufferPointer { try base.read(rows, axis: axis, into: $0) }
    var strides = [Int](repeating: 1, count: extents.count)
    for index in extents.indices.dropLast().reversed() { strides[index] = strides[index + 1] * extents[index + 1] }
    let ordered = order.map { (extent: extents[$0], stride: strides[$0]) }
    var place = [Int](repeating: 0, count: ordered.count)
    var offset = 0
    for element in 0..<count {
      target[element] = block[offset]
      // The next place, last axis fastest.
      for index in ordered.indices.reversed() {
        place[index] += 1
        offset += ordered[index].stride
        if place[index] < ordered[index].extent { break }
        offset -= ordered[index].stride * ordered[index].extent
        place[index] = 0
      }
    }
  }
}
